/**
 * Nodes and handles: what a filesystem tree is made of.
 *
 * Model (after kernfs and libfs):
 * - A node is a directory, file, symlink or device. It has attributes and a stable inode number, and knows neither its name nor its
 *   parent; directories map names to nodes.
 * - Opening a file yields a handle. All state of one `open(2)` lives in the handle; all state of the object lives in the node or in
 *   what the node stands for.
 * - Names, link targets and xattr names are byte strings (bytes.ts): one character is one byte, so a name that is not valid UTF-8 survives.
 * - Everything is synchronous: this is kernel logic in memory. A handle whose read must wait returns a `Pending`.
 * - Operations take the caller and answer with a value or an `Errno` (errno.ts). They never throw.
 * - An operation that a node lacks is refused with the errno the kernel gives for a missing i_op/f_op; that default lives in
 *   operations.ts, once, so a node implements only what it has.
 * Nodes do not check mode bits: the FUSE mount has `default_permissions`, other users of the tree go
 * through walk.ts, which applies the same rules.
 */

import type { Errno, Result } from '../../linux/errno.ts';
import type { Caller } from './caller.ts';

/** `stat(2)` without device and block counts. Times are nanoseconds since the epoch. */
export interface Attributes {
  /** Type and permission bits, as `st_mode`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  /** Device number for devices: `major * 256 + minor` (old encoding, enough for 1:3); 0 otherwise. */
  readonly rdev: number;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/** The fields of a `chmod`/`chown`/`truncate`/`utimensat`; absent = untouched. */
export interface AttributeChange {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: bigint;
  readonly mtime?: bigint;
  /** The times come from utimensat(NULL or UTIME_NOW): write permission on the file suffices. */
  readonly timesAreNow?: boolean;
  /** Time of this change, from a caller with a clock; absent = ctime is not changed. */
  readonly ctime?: bigint;
}

/**
 * How long transports may cache a node.
 * `static`: never changes except where a change is announced (changes.ts); `dynamic`: ask every time, no page cache;
 * `page`: content lives in the page cache and can be mapped shared; updates are pushed with `changes.content`.
 */
export type CachePolicy = 'static' | 'dynamic' | 'page';

export interface NodeBase {
  /** Inode number, stable for the life of the node and unique in its filesystem (bigint-free: below 2^53). */
  readonly ino: number;
  readonly cache: CachePolicy;
  /**
   * `attributes` are the same for every caller and change by setAttributes alone or with an announcement (changes.ts), so
   * transports may cache them whatever `cache` says. Those of a writable file may be cached for one system call only: after
   * a write a transport's kernel takes the end of what was written for the size, until it asks again. Default false.
   */
  readonly keepsAttributes?: boolean;
  /**
   * `attributes` may change at any time; a transport may cache them for the system call that looked the node up, since each
   * call looks it up anew. Default false.
   */
  readonly keepsAttributesForCall?: boolean;
  /** stat(2), for this caller (the owner of some nodes is their reader). */
  attributes(caller: Caller): Attributes;
  /** chmod/chown/truncate/utimes, after the ownership checks of operations.ts. Absent = EPERM. */
  setAttributes?(change: AttributeChange, caller: Caller): Errno | undefined;
  /** Extended attributes; absent = EOPNOTSUPP for get/set/remove and an empty list. */
  readonly xattrs?: XattrOperations;
  /** Access check beyond mode bits (MAY_READ 4, MAY_WRITE 2, MAY_EXEC 1), run after they allow. */
  permission?(mask: number, caller: Caller): Errno | undefined;
}

export interface XattrOperations {
  get(name: string, caller: Caller): Result<Uint8Array>;
  /** `flags`: XATTR_CREATE 1, XATTR_REPLACE 2. */
  set(name: string, value: Uint8Array, flags: number, caller: Caller): Errno | undefined;
  list(caller: Caller): Result<readonly string[]>;
  remove(name: string, caller: Caller): Errno | undefined;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly node: Node;
}

/** Parameters of an open that creates a file. `mode` has permission bits only. */
export interface CreateRequest {
  readonly mode: number;
  readonly flags: number;
}

export interface Directory extends NodeBase {
  readonly kind: 'directory';
  /**
   * True once the kernel would have marked it S_DEAD: names in it are ENOENT for whatever is done with them, listing it
   * too. Absent = never.
   */
  readonly dead?: boolean;
  /**
   * What names lead to is the same for every caller until the directory is removed (changes.ts), and may be remembered
   * for some milliseconds, although it is not `static`. A transport sees to it that its removal is over only when those who were told of
   * it shortly before have had the time to look into it: until then `lookup` and `entries` answer as before. Default false.
   */
  readonly keepsEntriesBriefly?: boolean;
  lookup(name: string, caller: Caller): Result<Node>;
  /** Access check of an open(2) beyond the mode bits; `flags` as there. Absent = allowed. */
  openDirectory?(flags: number, caller: Caller): Errno | undefined;
  /** Entries without `.` and `..`, in the kernel's readdir order. */
  entries(caller: Caller): Result<readonly DirectoryEntry[]>;
  create?(name: string, request: CreateRequest, caller: Caller): Result<{ node: FileNode; handle: Handle }>;
  mkdir?(name: string, mode: number, caller: Caller): Result<Directory>;
  mknod?(name: string, mode: number, rdev: number, caller: Caller): Result<Node>;
  symlink?(name: string, target: string, caller: Caller): Result<Symlink>;
  link?(name: string, node: Node, caller: Caller): Errno | undefined;
  unlink?(name: string, caller: Caller): Errno | undefined;
  rmdir?(name: string, caller: Caller): Errno | undefined;
  /** `flags`: RENAME_NOREPLACE 1, RENAME_EXCHANGE 2. `target` belongs to the same filesystem. */
  rename?(name: string, target: Directory, newName: string, flags: number, caller: Caller): Errno | undefined;
}

export interface FileNode extends NodeBase {
  readonly kind: 'file';
  /** `flags` as in open(2) (O_RDWR, O_TRUNC, ...). Mode bits have been checked. */
  open(flags: number, caller: Caller): Result<Handle>;
  /**
   * `page` files: bytes that can be read and mapped, where `attributes` show less (the kernel's own pseudo-files show 0). For transports
   * whose page cache ends at the size they show.
   */
  readonly mappableSize?: number;
}

export interface Symlink extends NodeBase {
  readonly kind: 'symlink';
  readlink(caller: Caller): Result<string>;
}

/** A device node: it has attributes only, the kernel opens it itself. */
export interface Device extends NodeBase {
  readonly kind: 'device';
}

export type Node = Directory | FileNode | Symlink | Device;

/** Where a transfer starts. */
export interface Position {
  /** The file position the kernel's own file would have seen (see Handle.writeMovesPosition). */
  readonly offset: number;
  /**
   * Writes only: `true` when this may be the first part of a larger write(2) that the transport had to split. The next part of
   * the same write(2) continues at `offset + data.length`.
   */
  readonly mayContinue?: boolean;
}

/**
 * An answer that has to wait. A read is EAGAIN instead when the descriptor is O_NONBLOCK. The transport decides and keeps the request;
 * `cancel` is called when the caller was interrupted (EINTR).
 */
export class Pending<T> {
  readonly start: (settle: (result: Result<T>) => void) => { cancel(): void };
  /** `false`: the wait is short, and signals do not end it. */
  readonly interruptible: boolean;
  constructor(start: (settle: (result: Result<T>) => void) => { cancel(): void }, interruptible = true) {
    this.start = start;
    this.interruptible = interruptible;
  }
}

export interface Handle {
  /**
   * `false`: a write leaves the file position alone (selinuxfs, attr files: their write functions do not touch *ppos), so a following
   * read starts where the last read ended. Transports whose kernel moves it anyway must undo that (position.ts).
   */
  readonly writeMovesPosition: boolean;
  /** A write is a question: it changes nothing but what this handle answers. Default false. */
  readonly writeAsks?: true;
  /** At most `length` bytes from `at.offset`; empty = end of file. Absent = EINVAL, as for a file without a read operation. */
  read?(length: number, at: Position, caller: Caller): Result<Uint8Array> | Pending<Uint8Array>;
  /** Bytes taken. `data` is only valid during the call. Absent = EINVAL. */
  write?(data: Uint8Array, at: Position, caller: Caller): Result<number>;
  /**
   * Asked before `write`, by transports that can keep a request: a write that takes what others have to find out first.
   * `undefined` = it takes nothing.
   */
  writeLater?(data: Uint8Array, at: Position, caller: Caller): Pending<number> | undefined;
  /** Size shown by fstat while this handle is the one asking; absent = the node's. */
  size?(): number;
  /** mmap request: `writable` = shared and writable. Absent = ENODEV. */
  mmap?(writable: boolean, caller: Caller): Errno | undefined;
  /**
   * Ready events now. `wake` is kept and called once when something comes that the kernel would wake waiters for, also when the file is
   * ready already: edge-triggered epoll wants to hear of each. Absent = always readable and writable.
   */
  poll?(wake: () => void, caller: Caller): number;
  /** lseek(2) to SEEK_END, SEEK_DATA or SEEK_HOLE: the new position. Absent = by the size. SEEK_SET and SEEK_CUR are the transport's. */
  seek?(offset: number, whence: number): Result<number>;
  /**
   * `false` = pwrite(2) gives ESPIPE (files that seq_open() opens). A transport that is not told which call it was
   * takes a write at a position that the descriptor did not come to by itself for one. Default true.
   */
  readonly positionalWrites?: false;
  /** `false` = lseek gives ESPIPE. Default true. */
  readonly seekable?: boolean;
  /** The last descriptor of this open was closed. */
  release?(): void;
}
