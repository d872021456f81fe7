/**
 * The tree that the transport tests and benches serve: one of everything, on bare vfs interfaces.
 */

import { E, type Errno, type Result } from '../../linux/errno.ts';
import { POLLIN, POLLOUT } from '../../linux/poll.ts';
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from '../../linux/stat.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import { Changes } from '../../vfs/tree/changes.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import {
  type AttributeChange,
  type Attributes,
  type CachePolicy,
  type CreateRequest,
  type Device,
  type Directory,
  type DirectoryEntry,
  type FileNode,
  type Handle,
  type Node,
  Pending,
  type Position,
  type Symlink,
} from '../../vfs/tree/node.ts';

/** 2001-02-03 04:05:06.789012345 UTC: seconds and nanoseconds both visible. */
export const BOOT_TIME = 981173106_789012345n;

let nothing: undefined;

class Inode {
  static #next = 1;
  readonly ino = Inode.#next++;
  readonly cache: CachePolicy;
  #attributes: Attributes;

  constructor(mode: number, cache: CachePolicy, more: Partial<Attributes> = {}) {
    this.cache = cache;
    const times = { atime: BOOT_TIME, mtime: BOOT_TIME, ctime: BOOT_TIME };
    this.#attributes = { mode, uid: 0, gid: 0, size: 0, nlink: 1, rdev: 0, ...times, ...more };
  }

  attributes(_caller: Caller): Attributes {
    return this.#attributes;
  }

  setAttributes(change: AttributeChange): Errno | undefined {
    const { size: _size, mode, ...rest } = change;
    const type = this.#attributes.mode & ~0o7777;
    this.#attributes = { ...this.#attributes, ...rest, ...(mode !== undefined && { mode: type | (mode & 0o7777) }) };
    return nothing;
  }

  resize(size: number): void {
    this.#attributes = { ...this.#attributes, size };
  }
}

export interface TestFileOptions {
  readonly mode?: number;
  readonly cache?: CachePolicy;
  readonly size?: number;
  readonly mappableSize?: number;
}

export class TestFile extends Inode implements FileNode {
  readonly kind = 'file';
  readonly #open: (flags: number, caller: Caller) => Result<Handle>;
  readonly mappableSize: number;
  readonly xattrs = new TestXattrs();

  constructor(
    open: (flags: number, caller: Caller) => Result<Handle>,
    { mode = 0o666, cache = 'dynamic', size = 0, mappableSize = 0 }: TestFileOptions = {},
  ) {
    super(S_IFREG | mode, cache, { size });
    this.mappableSize = mappableSize;
    this.#open = open;
  }

  open(flags: number, caller: Caller): Result<Handle> {
    return this.#open(flags, caller);
  }
}

class TestXattrs {
  readonly #values = new Map<string, Uint8Array>();

  get(name: string): Result<Uint8Array> {
    return this.#values.get(name) ?? E.ENODATA;
  }
  set(name: string, value: Uint8Array): Errno | undefined {
    this.#values.set(name, value);
    return nothing;
  }
  list(): readonly string[] {
    return [...this.#values.keys()];
  }
  remove(name: string): Errno | undefined {
    return this.#values.delete(name) ? nothing : E.ENODATA;
  }
}

export class TestDirectory extends Inode implements Directory {
  readonly kind = 'directory';
  readonly children = new Map<string, Node>();

  constructor(children: Record<string, Node> = {}, cache: CachePolicy = 'static') {
    super(S_IFDIR | 0o755, cache, { nlink: 2 });
    for (const [name, node] of Object.entries(children)) this.children.set(name, node);
  }

  lookup(name: string): Result<Node> {
    return this.children.get(name) ?? E.ENOENT;
  }
  entries(): readonly DirectoryEntry[] {
    return [...this.children].map(([name, node]) => ({ name, node }));
  }
}

/** A directory in which everything can be made, renamed and removed. */
class WritableDirectory extends TestDirectory {
  constructor() {
    super({}, 'dynamic');
  }

  create(name: string, request: CreateRequest, caller: Caller): Result<{ node: FileNode; handle: Handle }> {
    const node = memoryFile(request.mode);
    this.children.set(name, node);
    const handle = node.open(request.flags, caller);
    return 'code' in handle ? handle : { node, handle };
  }
  mkdir(name: string): Result<Directory> {
    const node = new WritableDirectory();
    this.children.set(name, node);
    return node;
  }
  mknod(name: string, mode: number, rdev: number): Result<Node> {
    const node = new TestDevice(mode, rdev);
    this.children.set(name, node);
    return node;
  }
  symlink(name: string, target: string): Result<Symlink> {
    const node = new TestSymlink(() => target);
    this.children.set(name, node);
    return node;
  }
  link(name: string, node: Node): Errno | undefined {
    this.children.set(name, node);
    return nothing;
  }
  unlink(name: string): Errno | undefined {
    return this.children.delete(name) ? nothing : E.ENOENT;
  }
  rmdir(name: string): Errno | undefined {
    return this.children.delete(name) ? nothing : E.ENOENT;
  }
  rename(name: string, target: Directory, newName: string, flags: number): Errno | undefined {
    const node = this.children.get(name);
    if (node === undefined) return E.ENOENT;
    if (!(target instanceof WritableDirectory)) return E.EXDEV;
    if ((flags & 1) !== 0 && target.children.has(newName)) return E.EEXIST;
    this.children.delete(name);
    target.children.set(newName, node);
    return nothing;
  }
}

class TestSymlink extends Inode implements Symlink {
  readonly kind = 'symlink';
  readonly #target: (caller: Caller) => string;
  constructor(target: (caller: Caller) => string) {
    super(S_IFLNK | 0o777, 'dynamic');
    this.#target = target;
  }
  readlink(caller: Caller): string {
    return this.#target(caller);
  }
}

class TestDevice extends Inode implements Device {
  readonly kind = 'device';
  constructor(mode: number, rdev: number) {
    super(mode, 'dynamic', { rdev });
  }
}

/** A handle that reads the bytes that `content` gives. */
function reading(content: () => Uint8Array): Handle {
  return {
    writeMovesPosition: true,
    read: (length, at) => content().subarray(at.offset, at.offset + length),
  };
}

export function textFile(text: string, options: TestFileOptions = {}): TestFile {
  const bytes = Buffer.from(text);
  return new TestFile(() => reading(() => bytes), options);
}

/** An ordinary file. */
function memoryFile(mode: number): TestFile {
  let bytes: Uint8Array = new Uint8Array();
  const file: TestFile = new TestFile(
    () => ({
      ...reading(() => bytes),
      write: (data, at) => {
        const larger = new Uint8Array(Math.max(bytes.length, at.offset + data.length));
        larger.set(bytes);
        larger.set(data, at.offset);
        bytes = larger;
        file.resize(bytes.length);
        return data.length;
      },
    }),
    { mode },
  );
  return file;
}

/** Write a query, read the answer from position 0: `offset:text`. Like selinuxfs, a write does not move the position. */
function transactionFile(): TestFile {
  return new TestFile(() => {
    let answer = Buffer.alloc(0);
    return {
      writeMovesPosition: false,
      read: (length, at) => answer.subarray(at.offset, at.offset + length),
      write: (data, at) => {
        if (at.offset !== 0) return E.EINVAL;
        answer = Buffer.from(`${at.offset}:${Buffer.from(data).toString('latin1')}`);
        return data.length;
      },
    };
  });
}

/** Remembers how writes arrived; reads back one line per write: `offset length mayContinue`. */
function writeLog(): TestFile {
  const log: string[] = [];
  return new TestFile(() => ({
    writeMovesPosition: false,
    read: (length, at) => Buffer.from(log.join('')).subarray(at.offset, at.offset + length),
    write: (data: Uint8Array, at: Position) => {
      log.push(`${at.offset} ${data.length} ${at.mayContinue === true}\n`);
      return data.length;
    },
  }));
}

/** A read waits until somebody writes; poll says so. */
function bell(): TestFile {
  const waiting = new Set<() => void>();
  let rung = 0;
  return new TestFile(() => {
    let seen = rung;
    return {
      writeMovesPosition: true,
      read: () => {
        const take = () => {
          seen = rung;
          return Buffer.from(`${rung}\n`);
        };
        if (rung > seen) return take();
        return new Pending<Uint8Array>((settle) => {
          const wake = () => settle(take());
          waiting.add(wake);
          return { cancel: () => waiting.delete(wake) };
        });
      },
      write: (data) => {
        rung++;
        for (const wake of [...waiting]) wake();
        waiting.clear();
        return data.length;
      },
      poll: (wake) => {
        waiting.add(wake);
        return rung > seen ? POLLIN | POLLOUT : POLLOUT;
      },
    };
  });
}

/** The whole tree. `status` counts writes to `bump` in its first 32-bit word; `switch` adds and removes `sometimes`. */
export function testFilesystem(): Filesystem {
  const changes = new Changes();
  const status = Buffer.alloc(20);
  status.writeUInt32LE(1, 0);
  const page = new TestFile(() => reading(() => Buffer.from(status)), { mode: 0o444, cache: 'page', mappableSize: 20 });
  let snapshotLength = 10_000;
  const snapshot: TestFile = new TestFile(
    () => {
      const content = Buffer.alloc(snapshotLength, 'x');
      snapshot.resize(content.length);
      return { ...reading(() => content), size: () => content.length };
    },
    { mode: 0o444, cache: 'page' },
  );
  const action = (run: (text: string) => void): TestFile =>
    new TestFile(() => ({
      writeMovesPosition: false,
      write: (data) => {
        run(Buffer.from(data).toString('latin1'));
        return data.length;
      },
    }));
  const whoami = new TestFile((_flags, opener) => ({
    writeMovesPosition: true,
    read: (length, at, caller) =>
      Buffer.from(`${opener.tid} ${caller.tid} ${caller.uid} ${caller.gid}\n`).subarray(at.offset, at.offset + length),
  }));
  const numbered = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`f${String(i).padStart(3, '0')}`, textFile('file-text\n')]),
  );
  const root = new TestDirectory({
    hello: textFile(`${'h'.repeat(63)}\n`),
    sized: textFile('sized text\n', { size: 11, mode: 0o640 }),
    dir: new TestDirectory(numbered, 'dynamic'),
    static: new TestDirectory(
      Object.fromEntries(Object.keys(numbered).map((name) => [name, textFile('x\n', { cache: 'static' })])),
    ),
    work: new WritableDirectory(),
    self: new TestSymlink((caller) => `task-${caller.tid}`),
    null: new TestDevice(S_IFCHR | 0o666, 1 * 256 + 3),
    whoami,
    transaction: transactionFile(),
    writes: writeLog(),
    bell: bell(),
    status: page,
    snapshot,
    bump: action(() => {
      status.writeUInt32LE(status.readUInt32LE(0) + 1, 0);
      changes.content(page, Buffer.from(status));
    }),
    grow: action((text) => {
      snapshotLength = Number.parseInt(text, 10);
    }),
    throws: new TestFile(() => ({
      writeMovesPosition: true,
      read: () => {
        throw new Error('bug in a handle');
      },
    })),
    stream: new TestFile(() => ({ ...reading(() => Buffer.from('stream\n')), seekable: false })),
  });
  const sometimes = textFile('here\n', { cache: 'static' });
  root.children.set(
    'switch',
    action((text) => {
      if (text.startsWith('1')) root.children.set('sometimes', sometimes);
      else root.children.delete('sometimes');
      changes.entry(root, 'sometimes');
    }),
  );
  return { type: 'testfs', magic: 0x74657374, root, changes };
}
