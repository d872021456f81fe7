/** Nodes on bare vfs interfaces, as the tree of the transport tests (tree.ts) has them. */
import { E, type Errno, type Result } from '../../linux/errno.ts';
import { S_IFDIR, S_IFLNK, S_IFREG } from '../../linux/stat.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type {
  AttributeChange,
  Attributes,
  CachePolicy,
  CreateRequest,
  Device,
  Directory,
  DirectoryEntry,
  FileNode,
  Handle,
  Node,
  Symlink,
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
export class WritableDirectory extends TestDirectory {
  constructor() {
    super({}, 'dynamic');
  }

  create(name: string, request: CreateRequest, caller: Caller): Result<{ node: FileNode; handle: Handle }> {
    const node = processFile(request.mode);
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

export class TestSymlink extends Inode implements Symlink {
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

export class TestDevice extends Inode implements Device {
  readonly kind = 'device';
  constructor(mode: number, rdev: number) {
    super(mode, 'dynamic', { rdev });
  }
}

/** A handle that reads the bytes that `content` gives. */
export function reading(content: () => Uint8Array): Handle {
  return {
    writeMovesPosition: true,
    read: (length, at) => content().subarray(at.offset, at.offset + length),
  };
}

/** An ordinary file. */
function processFile(mode: number): TestFile {
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
