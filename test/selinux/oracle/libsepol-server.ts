/** libsepol's security server (libsepol-server.c) as an oracle. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compile } from './compiled.ts';
import { type Answer, hex, type Question, type Step } from './question.ts';

/** A rule as the policy has it: values of types (or attributes) and class, and the kind of the rule (AVTAB_*). */
export interface RuleKey {
  readonly source: number;
  readonly target: number;
  readonly class: number;
  readonly kind: number;
}

export class LibsepolServer {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-libsepol-'));
  readonly #program = path.join(this.folder, 'server');

  constructor() {
    compile(['libsepol-server.c', 'libsepol-xperms.c'], this.#program, ['-l:libsepol.a']);
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** One answer per question; steps are done in their places. */
  ask(policy: string, asked: readonly (Question | Step)[]): Answer[] {
    const answers = this.#run([`@load ${policy}`, ...asked.map(lineOf)]);
    return answers.slice(1);
  }

  /** Writes `policy` in another version of the format, perhaps with some roles dominating others. */
  convert(
    policy: string,
    target: string,
    version: number,
    dominance: readonly (readonly [string, string])[] = [],
  ): void {
    const changes = dominance.map(([upper, lower]) => `@dominate ${upper} ${lower}`);
    this.#run([`@load ${policy}`, ...changes, `@write ${target} ${version}`]);
  }

  rules(policy: string): RuleKey[] {
    const [, text] = this.#run([`@load ${policy}`, '@rules']);
    return (text ?? '')
      .split(';')
      .filter((rule) => rule !== '')
      .map((rule) => {
        const [source = 0, target = 0, ruleClass = 0, kind = 0] = rule.split(' ').map(Number);
        return { source, target, class: ruleClass, kind };
      });
  }

  #run(lines: readonly string[]): string[] {
    const run = spawnSync(this.#program, {
      input: Buffer.from(`${lines.join('\n')}\n`, 'latin1'),
      maxBuffer: 1 << 30,
      timeout: 300_000,
    });
    const answers = run.stdout.toString('latin1').split('\n').slice(0, -1);
    if (run.status !== 0 || answers.length !== lines.length) {
      throw new Error(`libsepol's server ended with ${run.status ?? run.signal} at: ${lines[answers.length]}`);
    }
    lines.forEach((line, i) => {
      if (line.startsWith('@') && answers[i] === '-1') throw new Error(`libsepol's server refuses ${line}`);
    });
    return answers;
  }
}

function lineOf(asked: Question | Step): string {
  switch (asked.kind) {
    case 'load':
      return `@load ${asked.file}`;
    case 'boolean':
      return `@bool ${asked.name} ${asked.value}`;
    case 'context':
      return `context ${asked.text}`;
    case 'user':
      return `user ${asked.source} ${asked.user}`;
    case 'validatetrans':
      return `validatetrans ${asked.old} ${asked.new} ${asked.class} ${asked.task}`;
    case 'access':
    case 'create':
    case 'member':
    case 'relabel':
      return `${asked.kind} ${asked.source} ${asked.target} ${asked.class}`;
    case 'xperms':
      return `xperms ${asked.source} ${asked.target} ${asked.class} ${asked.driver} ${asked.base}`;
    case 'genfs':
      return `genfs ${asked.type} ${asked.path} ${asked.class}`;
    case 'fsuse':
      return `fsuse ${asked.type}`;
    case 'port':
      return `port ${asked.protocol} ${asked.port}`;
    case 'node':
      return `node ${hex(asked.address)}`;
    case 'netif':
      return `netif ${asked.name}`;
    case 'pkey':
      return `pkey ${hex(asked.subnetPrefix)} ${asked.key}`;
    case 'endport':
      return `endport ${asked.device} ${asked.port}`;
    case 'isid':
      return `isid ${asked.sid}`;
  }
}
