/**
 * Nodes without content of their own: devices and symbolic links.
 */

import type { Result } from '../../linux/errno.ts';
import { S_IFCHR, S_IFLNK } from '../../linux/stat.ts';
import type { Caller } from '../tree/caller.ts';
import type { Device, Symlink } from '../tree/node.ts';
import { type InodeInit, SimpleInode } from './inode.ts';

/** A character device, which the kernel opens itself. */
export class DeviceNode extends SimpleInode implements Device {
  readonly kind = 'device';
  constructor(init: InodeInit & { readonly major: number; readonly minor: number }) {
    super(init, S_IFCHR, 'static', { rdev: init.major * 256 + init.minor });
  }
}

/** A link whose target depends on the caller (`self`, securityfs's apparmor/policy). */
export class CallerSymlink extends SimpleInode implements Symlink {
  readonly kind = 'symlink';
  readonly #target: (caller: Caller) => Result<string>;

  /** Of most links the permission bits are all set. */
  constructor(init: Omit<InodeInit, 'mode'> & Partial<InodeInit>, target: (caller: Caller) => Result<string>) {
    super({ cache: 'dynamic', mode: 0o777, ...init }, S_IFLNK, 'dynamic');
    this.#target = target;
  }

  readlink(caller: Caller): Result<string> {
    return this.#target(caller);
  }
}
