/** Who performs a step: a task of the stack, with an identity and open descriptors. */

import { ALL_CAPABILITIES, CAP } from '../../linux/capability.ts';
import { type Tgid, type Tid, taskId, tgidOf, tidOf } from '../../linux/ids.ts';
import type { ProcessFacts, Stack, TaskId, ThreadFacts } from '../../lsm/library/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Identity } from './scenario-step.ts';

export interface Actor {
  caller: Caller;
  /** Process id of the parent. */
  readonly parent: number;
  readonly descriptors: Map<string, number>;
}

const COMM = 'python3';

/** The processes of the pretended machine. */
export class Processes implements ProcessFacts {
  readonly #threads = new Map<Tid, ThreadFacts>([[tidOf(1), { tgid: tgidOf(1), uid: 0, gid: 0 }]]);
  readonly #killed = new Set<number>();
  #nextTid = 100;

  thread(tid: Tid): ThreadFacts | undefined {
    return this.#threads.get(tid);
  }

  threads(tgid: Tgid): readonly Tid[] {
    return [...this.#threads].filter(([, facts]) => facts.tgid === tgid).map(([tid]) => tid);
  }

  caller(): undefined {
    return undefined;
  }

  /** The first process, as root. */
  start(stack: Stack): Actor {
    const task = taskId(this.#nextTid++);
    this.#threads.set(task.tid, { tgid: task.tgid, uid: 0, gid: 0 });
    stack.apply({ kind: 'enter', task });
    stack.apply({ kind: 'exec', tid: task.tgid });
    return { caller: callerOf(task), parent: 1, descriptors: new Map() };
  }

  /** A forked child with the same descriptors, or another thread of the same process. */
  fork(stack: Stack, parent: Actor, kind: 'process' | 'thread'): Actor {
    const number = this.#nextTid++;
    const child = taskId(number, kind === 'thread' ? parent.caller.tgid : number);
    this.#threads.set(child.tid, { tgid: child.tgid, uid: parent.caller.uid, gid: parent.caller.gid });
    stack.apply({ kind: 'fork', parent: parent.caller.tid, child });
    const descriptors = kind === 'thread' ? parent.descriptors : new Map(parent.descriptors);
    return {
      caller: { ...parent.caller, ...child },
      parent: kind === 'thread' ? parent.parent : parent.caller.tgid,
      descriptors,
    };
  }

  /** SIGKILL. */
  kill(tid: number): void {
    this.#killed.add(tid);
  }

  wasKilled({ caller: { tid } }: Actor): boolean {
    return this.#killed.has(tid);
  }

  exit(stack: Stack, { caller: { tid } }: Actor): void {
    stack.apply({ kind: 'exit', tid });
    this.#threads.delete(tid);
  }

  become(actor: Actor, identity: Identity): Actor {
    const caller = changed(actor.caller, identity);
    const { uid, gid } = caller;
    const now = this.#threads.get(caller.tid);
    if (now !== undefined) {
      const dumpable = uid === now.uid;
      this.#threads.set(caller.tid, { ...now, uid, gid, ...(dumpable ? {} : { fileUid: 0, fileGid: 0 }) });
    }
    return { ...actor, caller };
  }
}

function callerOf(task: TaskId): Caller {
  return { ...task, uid: 0, gid: 0, groups: [], capabilities: ALL_CAPABILITIES, comm: COMM };
}

function changed(caller: Caller, identity: Identity): Caller {
  if (typeof identity === 'number') return { ...caller, uid: identity, gid: identity, capabilities: 0n };
  if ('drop' in identity) return { ...caller, capabilities: caller.capabilities & ~mask(identity.drop) };
  const kept = identity.keep === undefined ? 0n : caller.capabilities & mask(identity.keep);
  return { ...caller, uid: identity.uid, gid: identity.gid ?? identity.uid, capabilities: kept };
}

function mask(names: readonly string[]): bigint {
  const numbers: ReadonlyMap<string, number> = new Map(Object.entries(CAP));
  return names.reduce((bits, name) => {
    const number = numbers.get(name.replace('CAP_', ''));
    if (number === undefined) throw new Error(`capability ${name}`);
    return bits | (1n << BigInt(number));
  }, 0n);
}
