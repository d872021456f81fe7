/**
 * The nodes of a labelled tree: ordinary directories, files, symlinks and special files of the backend.
 */

import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { O_ACCMODE, O_CREAT, O_EXCL, O_RDONLY, opensForWriting } from '../../linux/fcntl.ts';
import { RENAME_NOREPLACE } from '../../linux/fs.ts';
import { S_IALLUGO, S_IFDIR, S_IFLNK, S_IFREG, S_ISGID } from '../../linux/stat.ts';
import { type Caller, KERNEL_CALLER } from '../tree/caller.ts';
import type {
  CreateRequest,
  Device,
  Directory,
  DirectoryEntry,
  FileNode,
  Handle,
  Node,
  Symlink,
} from '../tree/node.ts';
import type { Origin } from '../tree/origin.ts';
import { attempt, attemptVoid, type BackendStats } from './backend.ts';
import { LabelledHandle } from './handle.ts';
import { LabelledInode } from './inode.ts';
import type { LabelledFacts, LabelledName } from './security.ts';
import { inodeNumber, isSame, kindOf, type Tree } from './tree.ts';

/** Backend objects are made accessible to ourselves where the store has the real modes. */
const OPEN_MODE = 0o777;

export class LabelledFile extends LabelledInode implements FileNode {
  readonly kind = 'file';
  /** Descriptors of the backend, and whether each may write. */
  readonly #open = new Map<number, boolean>();

  open(flags: number, caller: Caller): Result<Handle> {
    const fd = attempt(() => this.tree.backend.openSync(this.tree.bytes(this.origin), flags & O_ACCMODE));
    if (failed(fd)) return fd;
    const refused = this.tree.security.open(this, flags, caller);
    if (refused === undefined) return this.handle(fd, flags, caller);
    this.tree.backend.closeSync(fd);
    return refused;
  }

  /** Wraps an open descriptor of this file. While there is one, it is used instead of the path, which may be unlinked. */
  handle(fd: number, flags: number, caller: Caller): Handle {
    const writes = opensForWriting(flags);
    this.#open.set(fd, writes);
    return new LabelledHandle(this.tree.backend, fd, {
      wrote: () => this.tree.changed(this.ino, true),
      closed: () => {
        this.#open.delete(fd);
        if (writes && !this.#isWritten()) this.tree.security.written(this, caller);
      },
    });
  }

  override look(): LabelledFacts {
    return { ...super.look(), writers: this.#isWritten(), openers: [...this.#open.values()].includes(false) };
  }

  override content(): Result<Uint8Array> {
    const fd = attempt(() => this.tree.backend.openSync(this.tree.bytes(this.origin), O_RDONLY));
    if (failed(fd)) return fd;
    const handle = new LabelledHandle(this.tree.backend, fd, { wrote: () => {}, closed: () => {} });
    const { size } = this.attributes(KERNEL_CALLER);
    const data = handle.read(size, { offset: 0 });
    handle.release();
    return data;
  }

  #isWritten(): boolean {
    return [...this.#open.values()].includes(true);
  }

  protected override stat(): Result<BackendStats> {
    const [fd] = this.#open.keys();
    return fd === undefined ? super.stat() : attempt(() => this.tree.backend.fstatSync(fd, { bigint: true }));
  }

  protected override truncate(size: number): Errno | undefined {
    const path = super.stat();
    if (isSame(path, this.ino)) return super.truncate(size);
    // Unlinked: one of the descriptors may be writable.
    let error: Errno | undefined = E.EINVAL;
    for (const fd of this.#open.keys()) {
      error = attemptVoid(() => this.tree.backend.ftruncateSync(fd, size));
      if (error === undefined) break;
    }
    return error;
  }
}

export class LabelledSymlink extends LabelledInode implements Symlink {
  readonly kind = 'symlink';

  readlink(caller: Caller): Result<string> {
    const refused = this.tree.security.readlink(this, caller);
    if (refused !== undefined) return refused;
    const path = this.tree.bytes(this.origin);
    return attempt(() => this.tree.backend.readlinkSync(path, { encoding: 'buffer' }).toString('latin1'));
  }

  protected override applyMode(): void {}
}

export class LabelledSpecial extends LabelledInode implements Device {
  readonly kind = 'device';
}

export class LabelledDirectory extends LabelledInode implements Directory {
  readonly kind = 'directory';

  lookup(name: string, _caller: Caller): Result<Node> {
    const origin = this.#child(name);
    const stats = this.tree.stat(origin);
    return failed(stats) ? stats : this.#node(stats, origin);
  }

  openDirectory(flags: number, caller: Caller): Errno | undefined {
    return this.tree.security.open(this, flags, caller);
  }

  entries(caller: Caller): Result<readonly DirectoryEntry[]> {
    const path = this.tree.bytes(this.origin);
    const names = attempt(() => this.tree.backend.readdirSync(path, { encoding: 'buffer' }));
    if (failed(names)) return names;
    return names.flatMap((bytes) => {
      const name = bytes.toString('latin1');
      const node = this.lookup(name, caller);
      return failed(node) ? [] : [{ name, node }]; // removed in the meantime
    });
  }

  create(name: string, request: CreateRequest, caller: Caller): Result<{ node: FileNode; handle: Handle }> {
    const { security, backend } = this.tree;
    const origin = this.#child(name);
    const made = { directory: this, name, mode: S_IFREG };
    const refused = security.create(made, caller);
    if (refused !== undefined) return refused;
    const flags = (request.flags & O_ACCMODE) | O_CREAT | O_EXCL;
    const fd = attempt(() => backend.openSync(this.tree.bytes(origin), flags, this.#backendMode(0o600)));
    if (failed(fd)) return fd;
    const node = this.#made(made, origin, request.mode, caller);
    // The kernel keeps the file that it has made, also where it may not be opened.
    const problem = node instanceof LabelledFile ? security.open(node, request.flags, caller, made) : E.EIO;
    if (node instanceof LabelledFile && problem === undefined)
      return { node, handle: node.handle(fd, request.flags, caller) };
    backend.closeSync(fd);
    return failed(node) ? node : (problem ?? E.EIO);
  }

  mkdir(name: string, mode: number, caller: Caller): Result<Directory> {
    const origin = this.#child(name);
    const made = { directory: this, name, mode: S_IFDIR };
    const error =
      this.tree.security.create(made, caller) ??
      attemptVoid(() => this.tree.backend.mkdirSync(this.tree.bytes(origin), this.#backendMode(0o700)));
    if (error !== undefined) return error;
    const inherited = this.attributes(caller).mode & S_ISGID;
    const node = this.#made(made, origin, mode | inherited, caller);
    if (failed(node)) return node;
    return node.kind === 'directory' ? node : E.EIO;
  }

  symlink(name: string, target: string, caller: Caller): Result<Symlink> {
    const origin = this.#child(name);
    const bytes = Buffer.from(target, 'latin1');
    const made = { directory: this, name, mode: S_IFLNK };
    const error =
      this.tree.security.create(made, caller) ??
      attemptVoid(() => this.tree.backend.symlinkSync(bytes, this.tree.bytes(origin)));
    if (error !== undefined) return error;
    const node = this.#made(made, origin, OPEN_MODE, caller);
    if (failed(node)) return node;
    return node.kind === 'symlink' ? node : E.EIO;
  }

  link(name: string, node: Node, caller: Caller): Errno | undefined {
    const existing = this.tree.origin(node);
    if (existing === undefined || !(node instanceof LabelledInode)) return E.EXDEV;
    const to = this.tree.bytes(this.#child(name));
    const into = { directory: this, name, mode: node.attributes(caller).mode };
    return (
      this.tree.security.link(node, into, caller) ??
      attemptVoid(() => this.tree.backend.linkSync(this.tree.bytes(existing), to))
    );
  }

  unlink(name: string, caller: Caller): Errno | undefined {
    return this.#remove(name, (path) => this.tree.backend.unlinkSync(path), caller);
  }

  rmdir(name: string, caller: Caller): Errno | undefined {
    return this.#remove(name, (path) => this.tree.backend.rmdirSync(path), caller);
  }

  rename(name: string, target: Directory, newName: string, flags: number, caller: Caller): Errno | undefined {
    if ((flags & ~RENAME_NOREPLACE) !== 0) return E.EINVAL;
    if (!(target instanceof LabelledDirectory)) return E.EXDEV;
    const to = target.#child(newName);
    const replaced = this.tree.stat(to);
    if ((flags & RENAME_NOREPLACE) !== 0 && !failed(replaced)) return E.EEXIST;
    const from = this.#child(name);
    const moved = this.tree.stat(from);
    if (failed(moved)) return moved;
    const move = {
      object: this.#node(moved, from),
      directory: this,
      newDirectory: target,
      newName,
      target: failed(replaced) ? undefined : target.#node(replaced, to),
    };
    const refused = this.tree.security.rename(move, caller);
    if (refused !== undefined) return refused;
    const error = attemptVoid(() => this.tree.backend.renameSync(this.tree.bytes(from), this.tree.bytes(to)));
    if (error !== undefined) return error;
    if (!failed(replaced) && !isSame(moved, inodeNumber(replaced))) this.#unlinked(replaced, to);
    this.#node(moved, to);
    return undefined;
  }

  #remove(name: string, remove: (path: Buffer) => void, caller: Caller): Errno | undefined {
    const origin = this.#child(name);
    const stats = this.tree.stat(origin);
    if (failed(stats)) return stats;
    const refused = this.tree.security.remove(this.#node(stats, origin), this, caller);
    if (refused !== undefined) return refused;
    const error = attemptVoid(() => remove(this.tree.bytes(origin)));
    if (error === undefined) this.#unlinked(stats, origin);
    return error;
  }

  /** A name of this object was removed; with the last one (a directory has only one) its labels are removed. */
  #unlinked(before: BackendStats, origin: Origin): void {
    if (kindOf(before) === 'directory' || before.nlink <= 1n) this.tree.forget(inodeNumber(before), origin);
  }

  /** Sets labels, owner and mode of a new object, to which the backend has applied the server's ids and umask. */
  #made(made: LabelledName, origin: Origin, mode: number, caller: Caller): Result<LabelledNode> {
    const stats = this.tree.stat(origin);
    if (failed(stats)) return stats;
    const node = this.#node(stats, origin);
    const parent = this.attributes(caller);
    const gid = (parent.mode & S_ISGID) !== 0 ? parent.gid : caller.gid;
    const change = { uid: caller.uid, gid, mode: mode & S_IALLUGO };
    const error = node.changeAttributes(change, caller);
    if (error !== undefined) return error;
    for (const { name, value } of this.tree.security.newLabels(made, caller)) node.store(name, value);
    return node;
  }

  #backendMode(mode: number): number {
    return this.tree.store.ownership === undefined ? mode : OPEN_MODE;
  }

  #child(name: string): Origin {
    return { parent: this.origin, name };
  }

  #node(stats: BackendStats, origin: Origin): LabelledNode {
    return this.tree.keep(stats, origin, (ino, kept) => makeNode(this.tree, ino, kept, stats));
  }
}

export type LabelledNode = LabelledDirectory | LabelledFile | LabelledSymlink | LabelledSpecial;

export function makeNode(tree: Tree, ino: number, origin: Origin, stats: BackendStats): LabelledNode {
  switch (kindOf(stats)) {
    case 'directory':
      return new LabelledDirectory(tree, ino, origin, stats);
    case 'file':
      return new LabelledFile(tree, ino, origin, stats);
    case 'symlink':
      return new LabelledSymlink(tree, ino, origin, stats);
    case 'device':
      return new LabelledSpecial(tree, ino, origin, stats);
  }
}
