/**
 * How many files each user may have open below a labelled mount: the server has a descriptor for each, and a limit on all of them.
 *
 * A user may have as many as are left for others, so that nobody uses them up, however many users there are: who is alone gets
 * half, who comes next half of the rest. As with the kernel's own limit (fs.file-max) CAP_SYS_ADMIN may have all, and the errno is ENFILE.
 */
import { CAP } from '../../linux/capability.ts';
import type { Credentials } from '../supervisor/caller/acting-as.ts';

const ADMIN = 1n << BigInt(CAP.SYS_ADMIN);

export class OpenShares {
  readonly #most: number;
  readonly #byUser = new Map<number, number>();
  /** Who has opened it, by descriptor. */
  readonly #owners = new Map<number, number>();
  #all = 0;

  /** @param most files that may be open. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Before a file is opened. @returns may it be? */
  take({ fsuid, capabilities }: Pick<Credentials, 'fsuid' | 'capabilities'>): boolean {
    const left = this.#most - this.#all;
    const own = this.#byUser.get(fsuid) ?? 0;
    if (left <= 0 || ((capabilities & ADMIN) === 0n && own >= left)) return false;
    this.#byUser.set(fsuid, own + 1);
    this.#all++;
    return true;
  }

  /** It has been opened. */
  opened(fd: number, { fsuid }: Pick<Credentials, 'fsuid'>): void {
    this.#owners.set(fd, fsuid);
  }

  /** It has not. */
  give({ fsuid }: Pick<Credentials, 'fsuid'>): void {
    const own = (this.#byUser.get(fsuid) ?? 0) - 1;
    if (own > 0) this.#byUser.set(fsuid, own);
    else this.#byUser.delete(fsuid);
    this.#all--;
  }

  closed(fd: number): void {
    const fsuid = this.#owners.get(fd);
    if (fsuid === undefined) return;
    this.#owners.delete(fd);
    this.give({ fsuid });
  }
}
