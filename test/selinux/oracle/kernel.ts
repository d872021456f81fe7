/** A booted kernel as an oracle: User-mode Linux with kernel-guest.c as its only program. Permissive; Debian package: user-mode-linux. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errnoFromNumber } from '../../../linux/errno.ts';
import { findUml, umlEnvironment } from '../../conformance/kernel/uml.ts';
import { runInBox } from '../../support/box.ts';
import { compile } from './compiled.ts';
import type { Answer, Question, Step } from './question.ts';

/**
 * Which ioctl commands with this driver byte `source` may use on an object that is labelled `target`. Answer: 256 of
 * `0`, `1`, `-` (not asked).
 */
export interface IoctlQuestion {
  readonly kind: 'ioctl';
  readonly source: string;
  readonly target: string;
  readonly object: 'file' | 'dir' | 'fifo_file' | 'tcp_socket' | 'netlink_route_socket';
  readonly driver: number;
}

/** Files keep their SIDs over loads; `value` is what a boolean's node says. */
export type ReloadStep =
  | { readonly kind: 'enforce'; readonly value: 0 | 1 }
  | { readonly kind: 'file'; readonly name: string; readonly context: string }
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: 'value'; readonly boolean: string };

export type KernelQuestion = Question | IoctlQuestion;

/**
 * Boots once, does the steps and answers the questions in their order. Steps that the kernel refuses have its errno as answer.
 * @param options `partial`: a kernel that dies of a load is no error; there are fewer answers then.
 */
export async function askKernel(
  asked: readonly (KernelQuestion | Step | ReloadStep)[],
  timeoutMs: number,
  options: { readonly partial?: boolean } = {},
): Promise<Answer[]> {
  const kernel = findUml();
  if (kernel === undefined) throw new Error('no User-mode Linux kernel: apt-get install user-mode-linux');
  const work = mkdtempSync(path.join(tmpdir(), 'lsmfs-oracle-'));
  try {
    const root = path.join(work, 'root');
    for (const folder of ['root', 'uml', 'root/proc', 'root/tmp', 'root/selinux']) mkdirSync(path.join(work, folder));
    compile(['kernel-guest.c'], path.join(root, 'guest'), ['-static']);
    const lines = asked.map((question) => lineOf(question, (file) => `/${provide(root, file)}`));
    writeFileSync(path.join(root, 'questions'), `${lines.join('\n')}\n`, 'latin1');
    const argv = [
      ...[kernel, 'mem=512M', 'root=/dev/root', 'rootfstype=hostfs', `rootflags=${root}`, 'rw', 'quiet', 'loglevel=1'],
      ...['umid=oracle', `uml_dir=${work}/uml/`, 'lsm=selinux', 'enforcing=0', 'init=/guest'],
      ...['con=null', 'con0=null,fd:1', 'con1=null'],
    ];
    const box = await runInBox(argv, { timeoutMs, env: umlEnvironment(work) });
    const file = path.join(root, 'answers');
    const answers = existsSync(file) ? readFileSync(file, 'latin1').split('\n').slice(0, -1) : [];
    if (answers.length !== asked.length && options.partial !== true) {
      const last = lines[answers.length];
      throw new Error(`the kernel gave ${answers.length} of ${asked.length} answers, then: ${last}\n${box.stdout}`);
    }
    return answers.map((answer, i) => answerOf(asked[i]?.kind, answer));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Puts a file where the guest sees it. */
function provide(root: string, file: string): string {
  const name = file.replaceAll('/', '+');
  if (!existsSync(path.join(root, name))) copyFileSync(file, path.join(root, name));
  return name;
}

function lineOf(asked: KernelQuestion | Step | ReloadStep, provided: (file: string) => string): string {
  switch (asked.kind) {
    case 'load':
      return `@load ${provided(asked.file)}`;
    case 'boolean':
      return `@bool ${asked.name} ${asked.value}`;
    case 'enforce':
      return `@enforce ${asked.value}`;
    case 'file':
      return `@file ${asked.name} ${asked.context}`;
    case 'label':
      return `@label ${asked.name}`;
    case 'value':
      return `@read booleans/${asked.boolean}`;
    case 'ioctl':
      return `@ioctl ${asked.source} ${asked.target} ${asked.object} ${asked.driver}`;
    case 'context':
      return `context ${asked.text}`;
    case 'user':
      return `user ${asked.source} ${asked.user}`;
    case 'validatetrans':
      return `validatetrans ${asked.old} ${asked.new} ${asked.class} ${asked.task}`;
    case 'access':
    case 'member':
    case 'relabel':
      return `${asked.kind} ${asked.source} ${asked.target} ${asked.class}`;
    case 'create': {
      const name = asked.name === undefined ? '' : ` ${encodeName(asked.name)}`;
      return `create ${asked.source} ${asked.target} ${asked.class}${name}`;
    }
    default:
      throw new Error(`no node of selinuxfs answers ${asked.kind} questions`);
  }
}

/** As libselinux encodes the name of an object. */
function encodeName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, (character) => {
    return character === ' ' ? '+' : `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function answerOf(kind: (KernelQuestion | Step | ReloadStep)['kind'] | undefined, answer: string): Answer {
  if (answer.startsWith('-')) {
    if (kind === 'validatetrans' && answer === '-1') return 'denied';
    return errnoFromNumber(-Number(answer)).code;
  }
  if (answer === 'ok') return answer;
  const text = answer.slice(1).trimEnd();
  if (kind === 'validatetrans') return 'ok';
  if (kind !== 'access') return text;
  const [allowed, , auditallow, auditdeny, , flags] = text.split(' ');
  return [allowed, auditallow, auditdeny, flags].join(' ');
}
