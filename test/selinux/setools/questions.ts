/** Random questions about a policy, and answers to them as sets of lines: ours, and those of setools (answer.py). */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { WhyProblem } from '../../../lsm/framework/inspection/why.ts';
import type { AnalysisTold, PolicyAnalysis } from '../../../lsm/framework/policy-analysis.ts';
import { valuesOf } from '../../../lsm/selinux/analysis/conditions.ts';
import type { ToldPaths, ToldTransition } from '../../../lsm/selinux/analysis/tell-transitions.ts';
import type { ToldCondition, ToldGrant, ToldRule } from '../../../lsm/selinux/analysis/told.ts';
import type { PolicyDb } from '../../../lsm/selinux/policy/index.ts';
import { conditionText } from '../../../lsm/selinux/why/expression-text.ts';
import type { Random } from '../random.ts';

export interface AccessAsked {
  readonly kind: 'access';
  readonly source?: string;
  readonly target?: string;
  readonly class?: string;
  readonly permissions: readonly string[];
  readonly asWritten: boolean;
}

export interface TransitionsAsked {
  readonly kind: 'transitions';
  readonly source?: string;
  readonly target?: string;
  readonly steps?: number;
}

export type Asked = AccessAsked | TransitionsAsked;

export interface Answered {
  /** Lines. */
  readonly count: number;
  /** Of the lines, sorted. */
  readonly sha256: string;
}

/** A type or attribute at one end or both, most often with a class, and permissions of it. */
export function randomAccess(db: PolicyDb, random: Random): AccessAsked {
  const types = db.types.inValueOrder();
  const attributes = types.filter(({ attribute }) => attribute);
  const named = () => (random.chance(15) ? random.pick(attributes) : random.pick(types)).name;
  const ends = random.pick(['source', 'target', 'target', 'both'] as const);
  const datum = random.chance(75) ? random.pick(db.classes.inValueOrder()) : undefined;
  const usual = random.chance(60) ? db.classes.byName(random.pick(['file', 'dir', 'process'])) : undefined;
  const asked = datum && (usual ?? datum);
  const known = asked?.permissionNames.filter((name) => name !== undefined) ?? [];
  const permissions = known.length > 0 && random.chance(70) ? random.some(known, 100 / known.length + 5) : [];
  return {
    kind: 'access',
    ...(ends !== 'target' && { source: named() }),
    ...(ends !== 'source' && { target: named() }),
    ...(asked !== undefined && { class: asked.name }),
    permissions,
    asWritten: random.chance(50),
  };
}

/** Out of a type, into one, or by paths between two; most often domains. */
export function randomTransitions(db: PolicyDb, random: Random): TransitionsAsked {
  const types = db.types.inValueOrder().filter(({ attribute }) => !attribute);
  const isDomain = (value: number) =>
    [...db.typeAttributes.of(value)].some((name) => db.types.nameOf(name) === 'domain');
  const domains = types.filter(({ value }) => isDomain(value));
  const named = () => random.pick(random.chance(95) ? domains : types).name;
  const source = named();
  const target = named();
  const ends = random.pick(['source', 'target', 'both', 'both'] as const);
  if (ends === 'source') return { kind: 'transitions', source };
  if (ends === 'target') return { kind: 'transitions', target };
  if (source === target) return randomTransitions(db, random);
  return { kind: 'transitions', source, target, ...(random.chance(40) && { steps: 1 + random.below(3) }) };
}

/** Answers of ours in the words of answer.py. */
export class Ours {
  readonly #policy: PolicyAnalysis;
  readonly #conditions: ReadonlyMap<string, string>;

  constructor(policy: PolicyAnalysis, db: PolicyDb) {
    this.#policy = policy;
    this.#conditions = truthTables(db);
  }

  /** @throws where there is a problem, since the questions have names of the policy. */
  lines(asked: Asked): string[] {
    if (asked.kind === 'transitions') return this.#transitions(asked);
    const told = this.#policy.access(asked);
    if (asked.asWritten) return reported<{ rules: readonly ToldRule[] }>(told).rules.map((rule) => this.#rule(rule));
    return reported<{ access: readonly ToldGrant[] }>(told).access.map((grant) => this.#grant(grant));
  }

  #transitions({ source, target, steps }: TransitionsAsked): string[] {
    const ends = { ...(source !== undefined && { from: source }), ...(target !== undefined && { to: target }) };
    const question = { ...ends, ...(steps !== undefined && { steps }), limit: Number.MAX_SAFE_INTEGER };
    const told = this.#policy.transitions({ ...question, withRules: false });
    if (source !== undefined && target !== undefined)
      return reported<ToldPaths>(told).paths.map((path) => path.join(' '));
    return reported<{ transitions: readonly ToldTransition[] }>(told).transitions.flatMap((step) => this.#step(step));
  }

  #step({ source, target, entrypoints, ...step }: ToldTransition): string[] {
    const lines = (what: string, rules: readonly ToldRule[]) =>
      rules.map((rule) => `${source} ${target} ${what}: ${this.#rule(rule)}`);
    return [
      ...(['transition', 'setexec', 'dyntransition', 'setcurrent'] as const).flatMap((kind) => lines(kind, step[kind])),
      ...entrypoints.flatMap(({ type, entrypoint, execute, typeTransitions }) => [
        ...lines(`entrypoint ${type}`, entrypoint),
        ...lines(`execute ${type}`, execute),
        ...lines(`type_transition ${type}`, typeTransitions),
      ]),
    ];
  }

  #grant({ source, target, class: name, permissions, commands, condition }: ToldGrant): string {
    const what = commands === undefined ? sorted(permissions) : commandNumbers(commands);
    const kind = commands === undefined ? 'allow' : 'allowxperm';
    return `${kind} ${source} ${target}:${name} ${what} #${this.#condition(condition)}`;
  }

  /** The permissions of a rule in the order of setools, without braces. */
  #rule({ rule, condition }: ToldRule): string {
    const [, head = '', what = ''] = /^(\w+ \S+ \S+:\w+) (.*);$/.exec(rule) ?? [];
    const inside = head.startsWith('allowxperm') ? commandNumbers(what) : sorted(what.match(/[\w-]+/g) ?? []);
    return `${head} ${inside} #${this.#condition(condition)}`;
  }

  #condition(condition: ToldCondition | undefined): string {
    return condition === undefined ? '' : `${this.#conditions.get(condition.expression)} ${Number(condition.when)}`;
  }
}

/** Of each expression its booleans, and its value for each of their values: setools changes the order of operands. */
function truthTables(db: PolicyDb): ReadonlyMap<string, string> {
  return new Map(
    db.conditionals.map(({ expression }, block) => [conditionText(db, expression), valuesOf(db, block) ?? '?']),
  );
}

export function digest(lines: readonly string[]): Answered {
  const text = lines.toSorted((a, b) => (a < b ? -1 : Number(a > b))).join('\n');
  return { count: lines.length, sha256: createHash('sha256').update(text).digest('hex') };
}

/** One process answers all. */
export function ofSetools(file: string, asked: readonly Asked[]): Answered[] {
  const script = path.join(import.meta.dirname, 'answer.py');
  const input = asked.map((one) => `${JSON.stringify(one)}\n`).join('');
  const ran = spawnSync('/usr/bin/python3', [script, file], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (ran.status !== 0) throw new Error(`answer.py failed: ${ran.stderr}`);
  return ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answered);
}

function reported<T>(told: AnalysisTold | WhyProblem): T {
  if ('problem' in told) throw new Error(told.problem);
  return told.report as T;
}

function sorted(names: readonly string[]): string {
  return names.toSorted().join(' ');
}

/** `ioctl { 0x1-0x3 }` as `ioctl 1,2,3`. */
function commandNumbers(commands: string): string {
  const [word = ''] = commands.split(' ');
  return `${word} ${numbers([...(commands.match(/0x[\da-f]+(?:-0x[\da-f]+)?/g) ?? [])]).join(',')}`;
}

/** `0x1`, `0x3-0x5` as `1`, `3`, `4`, `5`. */
export function numbers(intervals: readonly string[]): string[] {
  return intervals.flatMap((interval) => {
    const [first = 0, last = first] = interval.split('-').map((number) => Number.parseInt(number, 16));
    return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
  });
}
