/**
 * The security hooks of a labelled tree: what is asked before an operation on an ordinary file, and what a new file is labelled with.
 *
 * Model: the security_inode_*(), security_path_*() and security_file_*() calls of fs/. Mode bits and existence are
 * checked before by whoever calls the tree (vfs/tree/operations.ts says by whom).
 */

import { CAP, XATTR_NAME_CAPS } from '../../linux/capability.ts';
import { E, type Errno, type Result } from '../../linux/errno.ts';
import { type Caller, capable, capableOver } from '../tree/caller.ts';
import type { AttributeChange, Attributes } from '../tree/node.ts';

/** A file at the moment of a decision. */
export interface LabelledFacts {
  readonly ino: number;
  /** Counts how often its inode number was given away before. */
  readonly generation: number;
  /** From the root of the tree, which is `''`: no leading slash. */
  readonly path: string;
  readonly attributes: Attributes;
  /** Stored attributes, name to value, each byte a character. */
  readonly xattrs: Readonly<Record<string, string>>;
  /** How often it was changed since the tree exists, and at which of these changes its content was. */
  readonly version: number;
  readonly contentVersion: number;
  /** Is it open: for writing; for reading alone? Without the handle that is being opened. */
  readonly writers: boolean;
  readonly openers: boolean;
}

export interface LabelledObject {
  look(): LabelledFacts;
  /** Content of a regular file. */
  content(): Result<Uint8Array>;
  /** Stores an attribute by its stored name, or removes it; asks nobody. */
  store(name: string, value: Uint8Array | undefined, flags?: number): Errno | undefined;
}

/** A name to come. `mode`: of the new object, of which only the type counts. */
export interface LabelledName {
  readonly directory: LabelledObject;
  readonly name: string;
  readonly mode: number;
}

export interface LabelledMove {
  readonly object: LabelledObject;
  readonly directory: LabelledObject;
  readonly newDirectory: LabelledObject;
  readonly newName: string;
  /** What has the new name. */
  readonly target?: LabelledObject | undefined;
}

export interface NewLabel {
  /** Where it is stored. */
  readonly name: string;
  readonly value: Uint8Array;
}

/** Every answer that is an errno refuses the operation. */
export interface TreeSecurity {
  /** `mask`: MAY_*. */
  permission(object: LabelledObject, mask: number, caller: Caller): Errno | undefined;
  /** open(2) of a file or directory. `made`: by this open. */
  open(object: LabelledObject, flags: number, caller: Caller, made?: LabelledName): Errno | undefined;
  /** The last handle that could write was released. @param caller who opened it. */
  written(object: LabelledObject, caller: Caller): void;
  create(made: LabelledName, caller: Caller): Errno | undefined;
  newLabels(made: LabelledName, caller: Caller): readonly NewLabel[];
  link(object: LabelledObject, into: LabelledName, caller: Caller): Errno | undefined;
  remove(object: LabelledObject, directory: LabelledObject, caller: Caller): Errno | undefined;
  rename(move: LabelledMove, caller: Caller): Errno | undefined;
  readlink(object: LabelledObject, caller: Caller): Errno | undefined;
  setAttributes(object: LabelledObject, change: AttributeChange, caller: Caller): Errno | undefined;
  /** They are set. */
  attributesSet(object: LabelledObject, before: LabelledFacts, caller: Caller): void;
  /** `undefined` = the stored value is the answer. */
  getXattr(object: LabelledObject, name: string, caller: Caller): Result<Uint8Array> | undefined;
  /** Decides and stores. */
  setXattr(object: LabelledObject, name: string, value: Uint8Array, flags: number, caller: Caller): Errno | undefined;
  removeXattr(object: LabelledObject, name: string, caller: Caller): Errno | undefined;
  /** @param stored names. @returns those that the caller sees. */
  listXattr(object: LabelledObject, stored: readonly string[], caller: Caller): Result<readonly string[]>;
}

/** cap_inode_setxattr(): security.* is for administrators, file capabilities for CAP_SETFCAP over the file. */
export function xattrChangeRefused(
  name: string,
  caller: Caller,
  owner: Pick<Attributes, 'uid' | 'gid'>,
): Errno | undefined {
  if (!name.startsWith('security.')) return undefined;
  const may = name === XATTR_NAME_CAPS ? capableOver(caller, CAP.SETFCAP, owner) : capable(caller, CAP.SYS_ADMIN);
  return may ? undefined : E.EPERM;
}

/** A kernel without security modules. */
export const NO_MODULES: TreeSecurity = {
  permission: () => undefined,
  open: () => undefined,
  written: () => {},
  create: () => undefined,
  newLabels: () => [],
  link: () => undefined,
  remove: () => undefined,
  rename: () => undefined,
  readlink: () => undefined,
  setAttributes: () => undefined,
  attributesSet: () => {},
  getXattr: () => undefined,
  setXattr: (object, name, value, flags, caller) =>
    xattrChangeRefused(name, caller, object.look().attributes) ?? object.store(name, value, flags),
  removeXattr: (object, name, caller) =>
    xattrChangeRefused(name, caller, object.look().attributes) ?? object.store(name, undefined),
  listXattr: (_object, stored) => stored,
};
