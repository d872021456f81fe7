/**
 * Is anybody on this machine who can make the kernel wait while it holds a process or its memory?
 *
 * Users who serve a filesystem can (host/memory/bounded-access.ts). While there are any, helpers touch the memory of
 * other processes and what /proc shows of them, which takes longer (docs/background/decisions.md). Where fusectl cannot be had
 * (in user namespaces, when the host has not mounted it) users are taken to serve none: there the world is of one user.
 */
import { FuseConnections } from '../fuse-connections.ts';
import { BoundedAccess } from '../memory/bounded-access.ts';

/** One per thread; asked with the thread's own credentials. */
export class ProcessHolders {
  #connections: FuseConnections | undefined;
  #access: BoundedAccess | undefined;
  /** Of the call that is looked at. */
  #any: boolean | undefined;

  /** Asks again. */
  forget(): void {
    this.#any = undefined;
  }

  /** How others are to be looked at; absent = by our own system calls. */
  get access(): BoundedAccess | undefined {
    if (this.#any === undefined) {
      this.#connections ??= new FuseConnections();
      this.#any = this.#connections.ofOthers === true;
    }
    if (!this.#any) return undefined;
    this.#access ??= new BoundedAccess();
    return this.#access.available ? this.#access : undefined;
  }

  close(): void {
    this.#access?.close();
    this.#connections?.close();
  }
}
