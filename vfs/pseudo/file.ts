/**
 * A pseudo-file given by its open function, and the plainest ones: text that is computed at each read.
 */
import { type Content, contentBytes, slice } from '../../linux/bytes.ts';
import { failed, type Result } from '../../linux/errno.ts';
import { S_IFREG } from '../../linux/stat.ts';
import type { Caller } from '../tree/caller.ts';
import type { FileNode, Handle } from '../tree/node.ts';
import { type InodeInit, SimpleInode } from './inode.ts';

/** The base of all files here: `open` yields the handle that has all state of one open. */
export class PseudoFile extends SimpleInode implements FileNode {
  readonly kind = 'file';
  readonly #open: (flags: number, caller: Caller) => Result<Handle>;

  constructor(init: InodeInit, open: (flags: number, caller: Caller) => Result<Handle>) {
    super(init, S_IFREG, 'dynamic');
    this.#open = open;
  }

  open(flags: number, caller: Caller): Result<Handle> {
    return this.#open(flags, caller);
  }
}

/** The read function of a file whose whole content is `value`, computed anew at each read. */
export function readWhole(value: (caller: Caller) => Result<Content>): NonNullable<Handle['read']> {
  return (length, at, caller) => {
    const content = value(caller);
    return failed(content) ? content : slice(contentBytes(content), length, at.offset);
  };
}

/** Read-only text; no newline is added. */
export class TextFile extends PseudoFile {
  constructor(init: InodeInit, value: (caller: Caller) => Result<Content>) {
    const handle: Handle = { writeMovesPosition: false, read: readWhole(value) };
    super(init, () => handle);
  }
}
