/**
 * revision: the number of changes of a namespace's policy, and a way to wait for the next one.
 *
 * Model: ns_revision_read() and ns_revision_poll() of security/apparmor/apparmorfs.c. Each open remembers the revision
 * that it has shown. A read that reaches past the end of the text shows it from its start and counts as having seen the
 * revision; a read when there is nothing new waits. The position is the file's own, so one that a transport keeps is
 * only used to notice that somebody moved it.
 */

import { bytesOf, slice } from '../../../linux/bytes.ts';
import type { Result } from '../../../linux/errno.ts';
import { POLLIN } from '../../../linux/poll.ts';
import { type InodeInit, PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { type Handle, Pending, type Position } from '../../../vfs/tree/node.ts';
import type { PolicyNamespace } from '../policy/index.ts';

/** Who waits for a change of which namespace. */
export class RevisionWaiters {
  readonly #waiting = new Map<PolicyNamespace, Set<() => void>>();

  /** `wake` is called once. @returns a function that ends the wait. */
  add(ns: PolicyNamespace, wake: () => void): () => void {
    const waiting = this.#waiting.get(ns) ?? new Set();
    this.#waiting.set(ns, waiting);
    waiting.add(wake);
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(ns) === waiting) this.#waiting.delete(ns);
    };
  }

  changed(ns: PolicyNamespace): void {
    const waiting = this.#waiting.get(ns);
    this.#waiting.delete(ns);
    for (const wake of waiting ?? []) wake();
  }
}

export class RevisionFile extends PseudoFile {
  /** @param namespaceOf decided at open: that of the file, or of who opens it. */
  constructor(init: InodeInit, waiters: RevisionWaiters, namespaceOf: (caller: Caller) => PolicyNamespace) {
    super(init, (_flags, caller) => new RevisionHandle(waiters, namespaceOf(caller)));
  }
}

class RevisionHandle implements Handle {
  readonly writeMovesPosition = false;
  readonly #waiters: RevisionWaiters;
  readonly #ns: PolicyNamespace;
  #lastRead = 0;
  /** Where the transport's position is after our last answer, and where the file's own is. */
  #sequential = { transport: 0, file: 0 };
  #pollWait: (() => void) | undefined;

  constructor(waiters: RevisionWaiters, ns: PolicyNamespace) {
    this.#waiters = waiters;
    this.#ns = ns;
  }

  read(length: number, at: Position): Result<Uint8Array> | Pending<Uint8Array> {
    if (this.#lastRead !== this.#ns.revision) return this.#show(length, at.offset);
    return new Pending((settle) => ({
      cancel: this.#waiters.add(this.#ns, () => settle(this.#show(length, at.offset))),
    }));
  }

  poll(wake: () => void): number {
    this.#pollWait?.();
    this.#pollWait = this.#waiters.add(this.#ns, wake);
    return this.#lastRead < this.#ns.revision ? POLLIN : 0;
  }

  release(): void {
    this.#pollWait?.();
  }

  #show(length: number, offset: number): Uint8Array {
    const text = bytesOf(`${this.#ns.revision}\n`);
    let position = offset === this.#sequential.transport ? this.#sequential.file : offset;
    if (position + length > text.length) {
      this.#lastRead = this.#ns.revision;
      position = 0;
    }
    const shown = slice(text, length, position);
    this.#sequential = { transport: offset + shown.length, file: position + shown.length };
    return shown;
  }
}
