/**
 * Is anybody on this machine who can make the kernel wait while it holds the memory of a process?
 *
 * Users who serve a filesystem can (host/memory/bounded-access.ts). While there are any, helpers touch the memory of
 * callers, which takes some 30 us more for each call. Where fusectl cannot be had (in user namespaces, when the host has
 * not mounted it) users are taken to serve none: there the world is of one user.
 */
import { FuseConnections } from '../../../host/fuse-connections.ts';
import { BoundedAccess } from '../../../host/memory/bounded-access.ts';

/** One per thread; asked with the thread's own credentials. */
export class MemoryHolders {
  #connections: FuseConnections | undefined;
  #access: BoundedAccess | undefined;
  /** Of the call that is looked at. */
  #any: boolean | undefined;

  /** Asks again. */
  forget(): void {
    this.#any = undefined;
  }

  /** How memory of others, and files of /proc that tell of it, are to be read and written; absent = by our own system calls. */
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
  }
}
