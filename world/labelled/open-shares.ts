/**
 * How many files each user may have open below a labelled mount: the server has a descriptor for each, and a limit on all of them.
 *
 * As with the kernel's own limit (fs.file-max) CAP_SYS_ADMIN may have all, and the errno is ENFILE. close(2) may wait for the filesystem
 * of a file: one that is being closed does not count any more, but where a user has many of them.
 */
import { CAP, hasCapability } from '../../linux/capability.ts';
import { type RequestUser, UserShares } from './user-shares.ts';

/** Files of a user that are being closed and do not count. */
const MOST_CLOSING = 16;

/** A file that is being closed. */
export interface Closing {
  /** Who had opened it; `undefined` = nobody knows. */
  readonly user: RequestUser | undefined;
  /** To be called when it is closed. */
  done(): void;
}

export class OpenShares {
  readonly #shares: UserShares;
  /** Who has opened it, by descriptor. */
  readonly #owners = new Map<number, RequestUser>();
  readonly #closing = new Map<RequestUser, number>();

  /** @param most files that may be open. */
  constructor(most: number) {
    this.#shares = new UserShares(most);
  }

  /** Before a file is opened. @returns may it be? */
  take(user: RequestUser, capabilities: bigint): boolean {
    return this.#shares.take(user, 1, hasCapability(capabilities, CAP.SYS_ADMIN));
  }

  /** It has been opened. */
  opened(fd: number, user: RequestUser): void {
    this.#owners.set(fd, user);
  }

  /** It has not. */
  give(user: RequestUser): void {
    this.#shares.give(user);
  }

  ownerOf(fd: number): RequestUser | undefined {
    return this.#owners.get(fd);
  }

  closing(fd: number): Closing {
    const user = this.#owners.get(fd);
    if (user === undefined) return { user, done: () => {} };
    this.#owners.delete(fd);
    const count = (this.#closing.get(user) ?? 0) + 1;
    this.#closing.set(user, count);
    const counts = count > MOST_CLOSING;
    if (!counts) this.give(user);
    return { user, done: () => this.#closed(user, counts) };
  }

  #closed(user: RequestUser, counts: boolean): void {
    const left = (this.#closing.get(user) ?? 0) - 1;
    if (left > 0) this.#closing.set(user, left);
    else this.#closing.delete(user);
    if (counts) this.give(user);
  }
}
