import { type Tgid, type Tid, tgidOf } from '../../../linux/ids.ts';
import type { Caller, UserNamespace } from '../../../vfs/tree/caller.ts';
import type { ThreadStatus } from './thread-status.ts';

/** Where a caller finds out about itself. */
export interface CallerFacts {
  /** Thread group of a thread, where it is known without looking. */
  processOf(tid: Tid): Tgid | undefined;
  userNamespace(tid: Tid): UserNamespace | undefined;
  status(tid: Tid): ThreadStatus | undefined;
}

/** The caller of a FUSE request: thread id, uid and gid are in its header, the rest is read when it is used. */
export class LazyCaller implements Caller {
  readonly tid: Tid;
  readonly uid: number;
  readonly gid: number;
  readonly #facts: CallerFacts;
  #status: ThreadStatus | undefined;
  #known = false;

  constructor(tid: Tid, uid: number, gid: number, facts: CallerFacts) {
    this.tid = tid;
    this.uid = uid;
    this.gid = gid;
    this.#facts = facts;
  }

  get tgid(): Tgid {
    return this.#facts.processOf(this.tid) ?? this.#get()?.tgid ?? tgidOf(this.tid);
  }
  get groups(): readonly number[] {
    return this.#get()?.groups ?? [];
  }
  get capabilities(): bigint {
    return this.#get()?.capabilities ?? 0n;
  }
  get userNamespace(): UserNamespace | undefined {
    return this.#facts.userNamespace(this.tid);
  }
  get comm(): string {
    return this.#get()?.comm ?? '';
  }
  get noNewPrivs(): boolean {
    return this.#get()?.noNewPrivs ?? false;
  }

  /** Events that carry a caller are serialised. */
  toJSON(): Caller {
    const { tid, tgid, uid, gid, groups, userNamespace, capabilities, comm, noNewPrivs } = this;
    return { tid, tgid, uid, gid, groups, userNamespace, capabilities, comm, noNewPrivs };
  }

  #get(): ThreadStatus | undefined {
    if (!this.#known) this.#status = this.#facts.status(this.tid);
    this.#known = true;
    return this.#status;
  }
}
