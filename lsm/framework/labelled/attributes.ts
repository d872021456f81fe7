/**
 * Extended attributes of files of a labelled tree, and what follows a change of their metadata (files/metadata.ts).
 *
 * Model: fs/xattr.c. A module gives the value that is read and says whether one may be set; what is set is stored with the
 * file under the name that the module stores it by. All other attributes follow the kernel's own rules.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { type LabelledObject, xattrChangeRefused } from '../../../vfs/labelled/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { InodeFacts } from '../files/inode.ts';
import { metadataOf } from '../files/metadata.ts';
import type { Stack } from '../stack.ts';
import { fileFacts, type TreeSuperblock } from './facts.ts';

export class TreeXattrs {
  readonly #stack: Stack;
  readonly #superblock: TreeSuperblock;

  constructor(stack: Stack, superblock: TreeSuperblock) {
    this.#stack = stack;
    this.#superblock = superblock;
  }

  get(object: LabelledObject, name: string, caller: Caller): Result<Uint8Array> | undefined {
    const { files, access } = this.#stack;
    const file = fileFacts(object, this.#superblock);
    if (!this.isDecided(name)) return access.decide([{ hook: 'inodeGetxattr', about: { file } }], caller).refused;
    const given = files.getXattr(file.inode, name, caller);
    return given === E.EOPNOTSUPP ? undefined : given;
  }

  list(object: LabelledObject, stored: readonly string[], caller: Caller): Result<readonly string[]> {
    const { files, access } = this.#stack;
    const file = fileFacts(object, this.#superblock);
    const { refused } = access.decide([{ hook: 'inodeListxattr', about: { file } }], caller);
    return refused ?? [...new Set([...files.visibleNames(stored, caller), ...files.listXattr(caller)])];
  }

  set(object: LabelledObject, name: string, value: Uint8Array, flags: number, caller: Caller): Errno | undefined {
    const { files } = this.#stack;
    return this.#change(object, name, caller, {
      decide: (inode) => files.setXattr(inode, name, value, caller),
      store: (stored) => object.store(stored, files.storedValue(name, value, caller), flags),
    });
  }

  remove(object: LabelledObject, name: string, caller: Caller): Errno | undefined {
    const { files } = this.#stack;
    return this.#change(object, name, caller, {
      decide: (inode) => files.removeXattr(inode, name, caller),
      store: (stored) => object.store(stored, undefined),
    });
  }

  /** @param change how modules decide, of a name that concerns them, and what is done with the stored name then. */
  #change(
    object: LabelledObject,
    name: string,
    caller: Caller,
    change: { decide(inode: InodeFacts): Errno | undefined; store(stored: string): Errno | undefined },
  ): Errno | undefined {
    const decides = this.isDecided(name) || this.#isGuarded(name);
    const { inode } = fileFacts(object, this.#superblock);
    const stored = this.#stack.files.storedName(name, caller);
    const refused =
      this.#changeRefused(object, name, caller) ?? (decides ? change.decide(inode) : undefined) ?? change.store(stored);
    if (refused === undefined) this.follow(object, inode, stored);
    return refused;
  }

  /** Metadata were changed: what follows them does so. @param attribute stored name of the one that was. */
  follow(object: LabelledObject, before: InodeFacts, attribute?: string): void {
    const { metadata } = this.#stack;
    if (!metadata.watch.active) return;
    const made = { before: metadataOf(before), ...(attribute !== undefined && { attribute }) };
    for (const { name, value } of metadata.changed(metadataOf(fileFacts(object, this.#superblock).inode), made))
      if (name !== attribute) object.store(name, value === undefined ? undefined : bytesOf(value));
  }

  /** What the kernel and the hooks say of names that no module decides about. */
  #changeRefused(object: LabelledObject, name: string, caller: Caller): Errno | undefined {
    if (this.isDecided(name)) return undefined;
    const file = fileFacts(object, this.#superblock);
    const { refused } = this.#stack.access.decide([{ hook: 'xattrChange', about: { file } }], caller);
    return xattrChangeRefused(name, caller, object.look().attributes) ?? refused;
  }

  /** A name that ends with a dot stands for all that begin like this. */
  isDecided(name: string): boolean {
    return this.#stack.declared.xattrNames.some((own) => (own.endsWith('.') ? name.startsWith(own) : name === own));
  }

  #isGuarded(name: string): boolean {
    return this.#stack.metadata.watch.active && this.#stack.declared.guardedXattrs.includes(name);
  }
}

/** May owner or mode be changed? */
export function metadataRefused(
  stack: Stack,
  object: LabelledObject,
  superblock: TreeSuperblock,
  change: { readonly mode?: number; readonly uid?: number; readonly gid?: number },
  caller: Caller,
): Errno | undefined {
  const { mode, uid, gid } = change;
  if (!stack.metadata.watch.active || (mode ?? uid ?? gid) === undefined) return undefined;
  const asked = {
    ...(mode !== undefined && { mode }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  };
  return stack.metadata.mayChange(metadataOf(fileFacts(object, superblock).inode), asked, caller);
}
