/** What was seen of mounts of procfs, which stays as long as they are mounted. */
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';

const REMEMBERED = 64;

/** A procfs that shows the numbers of our pid namespace. */
export interface KnownProc {
  readonly root: FileFacts;
  /** `self` and `thread-self`. */
  readonly links: ReadonlyMap<string, FileFacts>;
}

export class KnownProcs {
  /** By the number of the mount, which is given once; `undefined` = another one. */
  readonly #mounts = new Map<bigint, KnownProc | undefined>();

  find(mount: bigint, look: () => KnownProc | undefined): KnownProc | undefined {
    if (this.#mounts.has(mount)) return this.#mounts.get(mount);
    const known = look();
    if (this.#mounts.size === REMEMBERED) this.#mounts.clear();
    this.#mounts.set(mount, known);
    return known;
  }
}
