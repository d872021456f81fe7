/** Steps on one descriptor: read, write, txn, open, fd. */
import { constants } from 'node:fs';
import { E, failed, type Result } from '../../linux/errno.ts';
import { POLLIN, POLLOUT } from '../../linux/poll.ts';
import type { Pending } from '../../vfs/tree/node.ts';
import type { Session } from '../../vfs/user/session.ts';
import type { Actor } from './actor.ts';
import { attributesOutcome, errorName } from './node-steps.ts';
import type { Outcome } from './player.ts';
import type { DescriptorCall, Step } from './scenario-step.ts';
import { type DataSpec, dataOf, normalised, show } from './values.ts';

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const DEFAULT_FLAGS: ReadonlyMap<string, number> = new Map([
  ['read', O_RDONLY],
  ['write', O_WRONLY],
  ['txn', O_RDWR],
  ['open', O_RDONLY],
  ['fd', O_RDONLY],
]);

/** An error after some content. */
const AFTERWARDS = 'then';

/** Marks a call that needs a kernel (mmap): the step then has no outcome. */
const UNSUPPORTED = 'unsupported call';

export function descriptorStep(
  session: Session,
  step: Step,
  actor: Actor,
  folder: string,
): readonly (readonly [string, Outcome])[] | undefined {
  const usual = DEFAULT_FLAGS.get(step.op);
  if (usual === undefined) return undefined;
  const fd = descriptorOf(session, step, actor, usual);
  if (fd === E.ENXIO) return []; // a device: opening it is the kernel's business
  if (failed(fd)) return [['', { err: errorName(fd.code), at: 'open' }]];
  if (step.keep !== undefined) actor.descriptors.set(step.keep, fd);
  const outcome = perform(new DescriptorCalls(session, fd, actor, folder), step);
  if (step.keep === undefined && step.use === undefined) session.close(fd);
  return JSON.stringify(outcome).includes(UNSUPPORTED) ? [] : [['', outcome]];
}

function descriptorOf(session: Session, step: Step, actor: Actor, usual: number): Result<number> {
  if (step.use !== undefined) return actor.descriptors.get(step.use) ?? E.EBADF;
  const flags = step.flags === undefined ? usual : flagsOf(step.flags);
  return session.open(step.path ?? '', flags, 0o644, actor.caller);
}

function flagsOf(text: string): number {
  const known: ReadonlyMap<string, number> = new Map(Object.entries(constants));
  return text.split('|').reduce((bits, name) => bits | (known.get(name.trim()) ?? 0), 0);
}

function perform(calls: DescriptorCalls, step: Step): Outcome {
  const normal = (value: unknown) => (typeof value === 'string' ? normalised(value, step.norm) : value);
  const answer = (value: unknown, name: string, at: string): Outcome =>
    typeof value === 'object' && value !== null && 'err' in value ? { ...value, at } : { [name]: normal(value) };
  switch (step.op) {
    case 'open':
      return { ok: true };
    case 'write':
      return answer(
        calls.call(step.offset === undefined ? ['write', step.data] : ['pwrite', step.data, step.offset]),
        'n',
        'write',
      );
    case 'txn': {
      const written = calls.call(['write', step.data]);
      const read = typeof written === 'number' || step.readanyway === true;
      return { w: written, ...(read ? { r: normal(calls.call(['read', step.size ?? 8192])) } : {}) };
    }
    case 'fd':
      return { r: ((step.do ?? []) as readonly DescriptorCall[]).map((call) => normal(calls.call(call))) };
  }
  const size = step.size ?? 1 << 20;
  const read = answer(
    calls.call(step.offset === undefined ? ['readall', size] : ['pread', size, step.offset]),
    'data',
    'read',
  );
  return step.twice === true && !('err' in read) ? { ...read, again: calls.call(['read', 65536]) } : read;
}

/** The whole file, as a walk reads it: what came before an error counts too. */
export function readAll(session: Session, path: string, actor: Actor): Outcome {
  const fd = session.open(path, O_RDONLY | O_NONBLOCK, 0, actor.caller);
  if (failed(fd)) return { err: errorName(fd.code), at: 'open' };
  const parts: Uint8Array[] = [];
  let outcome: Outcome = {};
  for (;;) {
    const part = session.read(fd, 65536, undefined, actor.caller);
    if (part instanceof Uint8Array && part.length > 0) {
      parts.push(part);
      continue;
    }
    if (failed(part)) {
      const error = errorName(part.code);
      outcome = parts.length === 0 ? { err: error, at: 'read' } : { [AFTERWARDS]: error };
    }
    break;
  }
  session.close(fd);
  return 'err' in outcome ? outcome : { data: show(Buffer.concat(parts)), ...outcome };
}

/** The calls of an `fd` step. Each gives what the probe shows: a number, data, or an error. */
class DescriptorCalls {
  readonly #session: Session;
  readonly #fd: number;
  readonly #actor: Actor;
  readonly #folder: string;

  constructor(session: Session, fd: number, actor: Actor, folder: string) {
    this.#session = session;
    this.#fd = fd;
    this.#actor = actor;
    this.#folder = folder;
  }

  call([name, ...args]: DescriptorCall): unknown {
    const { caller } = this.#actor;
    const number = (index: number, otherwise: number) => (typeof args[index] === 'number' ? args[index] : otherwise);
    const data = (index: number) => dataOf(args[index] as DataSpec, this.#folder);
    switch (name) {
      case 'write':
        return shown(this.#session.write(this.#fd, data(0), undefined, caller));
      case 'pwrite':
        return shown(this.#session.write(this.#fd, data(0), number(1, 0), caller));
      case 'writev':
        return this.#writev(args.map((_, index) => data(index)));
      case 'read':
        return shown(this.#session.read(this.#fd, number(0, 1 << 20), undefined, caller));
      case 'pread':
        return shown(this.#session.read(this.#fd, number(0, 0), number(1, 0), caller));
      case 'readall':
        return this.#readAll(number(0, 65536));
      case 'lseek':
        return this.#seek(number(0, 0), number(1, 0));
      case 'fstat': {
        const stat = this.#session.stat(this.#fd, caller);
        return failed(stat) ? shown(stat) : attributesOutcome(stat.attributes, stat.node.ino, {});
      }
      case 'ftruncate': {
        const refused = this.#session.setAttributes(this.#fd, { size: number(0, 0) }, caller);
        return refused === undefined ? null : shown(refused);
      }
      case 'poll':
        return this.#poll(String(args[0] ?? 'in|out'));
    }
    return { [UNSUPPORTED]: name };
  }

  #poll(events: string): unknown {
    const ready = this.#session.poll(this.#fd, () => {}, this.#actor.caller);
    if (failed(ready)) return shown(ready);
    const bits: Readonly<Record<string, number>> = { in: POLLIN, out: POLLOUT };
    const names = events.split('|').filter((name) => ((bits[name] ?? 0) & ready) !== 0);
    return names.length === 0 ? 'none' : names.join('|');
  }

  /** The pieces one after the other, as the kernel does for a file without write_iter. */
  #writev(pieces: readonly Uint8Array[]): unknown {
    let total = 0;
    for (const piece of pieces) {
      const written = this.#session.write(this.#fd, piece, undefined, this.#actor.caller);
      if (failed(written)) return total > 0 ? total : shown(written);
      total += written;
    }
    return total;
  }

  #readAll(size: number): unknown {
    const parts: Uint8Array[] = [];
    for (;;) {
      const part = this.#session.read(this.#fd, size, undefined, this.#actor.caller);
      if (!(part instanceof Uint8Array)) return shown(part);
      if (part.length === 0) return show(Buffer.concat(parts));
      parts.push(part);
    }
  }

  #seek(offset: number, whence: number): unknown {
    if (whence === 0) return shown(this.#session.seek(this.#fd, offset));
    const stat = this.#session.stat(this.#fd, this.#actor.caller);
    if (whence === 2 && !failed(stat)) return shown(this.#session.seek(this.#fd, stat.attributes.size + offset));
    return whence === 1 && offset === 0 ? 0 : { [UNSUPPORTED]: 'lseek' };
  }
}

function shown(result: Result<number | Uint8Array> | Pending<Uint8Array>): unknown {
  if (typeof result === 'number') return result;
  if (result instanceof Uint8Array) return show(result);
  return failed(result) ? { err: errorName(result.code) } : { [UNSUPPORTED]: 'blocking' };
}
