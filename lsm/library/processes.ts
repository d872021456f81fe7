/**
 * Imaginary processes for a stack that is used as a library: a pid allocator and the facts that /proc would give of them.
 */

import { ALL_CAPABILITIES } from '../../linux/capability.ts';
import { type Tgid, type Tid, taskId, tgidOf } from '../../linux/ids.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { TaskId } from '../framework/events.ts';
import type { ProcessFacts, ThreadFacts } from '../framework/facts.ts';
import type { AuditTask } from '../framework/files/file-use.ts';

/**
 * Who an imaginary process runs as; absent fields: root with all capabilities, or the parent's.
 * @public
 */
export type ProcessIdentity = Partial<Omit<Caller, 'tid' | 'tgid'>>;

interface Thread {
  caller: Caller;
  readonly parent?: Tgid | undefined;
  /** Files in /proc/<pid> belong to root after a change of user, until the next exec. */
  dumpable: boolean;
  /** Path of its program; empty before the first exec. */
  readonly exe: string;
}

const FIRST_PID = 100;
/** The first process. */
export const INIT_PID = 1;

export class Processes implements ProcessFacts {
  readonly #threads = new Map<Tid, Thread>();
  #nextPid = FIRST_PID;

  /** A new thread of `tgid`, or of a new process. Root without capabilities must be asked for; other users have none. */
  add(identity: ProcessIdentity, tgid?: Tgid, parent?: Tgid, id?: number): TaskId {
    const number = id ?? this.#nextPid++;
    const task = taskId(number, tgid ?? number);
    const uid = identity.uid ?? 0;
    const capabilities = identity.capabilities ?? (uid === 0 ? ALL_CAPABILITIES : 0n);
    const defaults = { gid: uid, groups: [], comm: 'init' };
    this.#threads.set(task.tid, {
      caller: { ...defaults, ...identity, uid, capabilities, ...task },
      parent,
      dumpable: true,
      exe: parent === undefined ? '' : (this.#threads.get(parent)?.exe ?? ''),
    });
    return task;
  }

  caller(tid: Tid): Caller | undefined {
    return this.#threads.get(tid)?.caller;
  }

  thread(tid: Tid): ThreadFacts | undefined {
    const thread = this.#threads.get(tid);
    if (thread === undefined) return undefined;
    const { tgid, uid, gid } = thread.caller;
    return {
      tgid,
      uid,
      gid,
      comm: thread.caller.comm,
      ...(thread.parent !== undefined && { parent: thread.parent }),
      ...(thread.dumpable ? {} : { fileUid: 0, fileGid: 0 }),
    };
  }

  threads(tgid: Tgid): readonly Tid[] {
    return [...this.#threads.values()].filter(({ caller }) => caller.tgid === tgid).map(({ caller }) => caller.tid);
  }

  /** As setuid(2) and its like: a process that changes its ids is not dumpable. */
  change(tid: Tid, identity: ProcessIdentity): void {
    const thread = this.#threads.get(tid);
    if (thread === undefined) return;
    const uid = identity.uid ?? thread.caller.uid;
    const dropped = uid !== 0 && thread.caller.uid === 0 ? { capabilities: 0n } : {};
    if (identity.uid !== undefined || identity.gid !== undefined) thread.dumpable = false;
    thread.caller = { ...thread.caller, ...dropped, ...identity };
  }

  /** What audit records show of a caller; one that is none of these processes has its ids alone. */
  auditTask({ tid, uid, gid }: Caller): AuditTask {
    const thread = this.#threads.get(tid);
    const ids = { uid, euid: uid, suid: uid, fsuid: uid, gid, egid: gid, sgid: gid, fsgid: gid };
    return { ids, ppid: thread?.parent ?? 0, tty: '(none)', exe: thread?.exe ?? '' };
  }

  /** The thread becomes the only one of its process and takes the leader's id. @returns that id. */
  exec(tid: Tid, exe: string): Tgid {
    const thread = this.#threads.get(tid);
    if (thread === undefined) return tgidOf(tid);
    const { tgid } = thread.caller;
    const comm = exe.slice(exe.lastIndexOf('/') + 1);
    for (const other of this.threads(tgid)) this.#threads.delete(other);
    this.#threads.set(tgid, {
      caller: { ...thread.caller, tid: tgid, comm: comm.slice(0, 15) },
      parent: thread.parent,
      dumpable: true,
      exe,
    });
    return tgid;
  }

  remove(tid: Tid): void {
    this.#threads.delete(tid);
  }
}
