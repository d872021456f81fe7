/** Symbolic links of apparmorfs: computed when they are read, and unlike other links not open to all by mode. */

import type { Result } from '../../../linux/errno.ts';
import { S_IFLNK } from '../../../linux/stat.ts';
import { type InodeInit, SimpleInode } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Symlink } from '../../../vfs/tree/node.ts';

export class ComputedLink extends SimpleInode implements Symlink {
  readonly kind = 'symlink';
  readonly #target: (caller: Caller) => Result<string>;

  constructor(init: InodeInit, target: (caller: Caller) => Result<string>) {
    super(init, S_IFLNK, 'dynamic');
    this.#target = target;
  }

  readlink(caller: Caller): Result<string> {
    return this.#target(caller);
  }
}
