/**
 * The decisions of a booted stack about files of a labelled tree: the hooks that Linux 6.12 calls in fs/, for files
 * that are in memory or otherwise served by us. In a world the supervisor calls the same hooks for files of the host.
 *
 * Operations of the kernel itself are not asked about, and give new files no label.
 */
import type { Errno, Result } from '../../../linux/errno.ts';
import { O_APPEND, O_TRUNC, opensForReading, opensForWriting } from '../../../linux/fcntl.ts';
import { MAY_APPEND, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../../linux/stat.ts';
import type {
  LabelledFacts,
  LabelledMove,
  LabelledName,
  LabelledObject,
  NewLabel,
  TreeSecurity,
} from '../../../vfs/labelled/index.ts';
import { type Caller, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { AttributeChange } from '../../../vfs/tree/node.ts';
import type { AccessCheck, AccessHook } from '../access/access.ts';
import { ATTR } from '../access/file-access.ts';
import type { FileFacts } from '../files/file-facts.ts';
import { inodeClass, type NewInode } from '../files/inode.ts';
import type { Stack } from '../stack.ts';
import { metadataRefused, TreeXattrs } from './attributes.ts';
import { factsOfLooked, fileFacts, type TreeSuperblock } from './facts.ts';
import { ContentUses, type ContentUsesHost } from './uses.ts';

type Creation = Extract<AccessHook, 'inodeCreate' | 'inodeMkdir' | 'inodeMknod' | 'inodeSymlink'>;
type PathCreation = Extract<AccessHook, 'pathMknod' | 'pathMkdir' | 'pathSymlink'>;

const CREATION: ReadonlyMap<number, readonly [PathCreation, Creation]> = new Map([
  [S_IFREG, ['pathMknod', 'inodeCreate']],
  [S_IFDIR, ['pathMkdir', 'inodeMkdir']],
  [S_IFLNK, ['pathSymlink', 'inodeSymlink']],
]);

const isKernel = (caller: Caller): boolean => caller.tid === KERNEL_CALLER.tid;
const newInode = ({ name, mode }: LabelledName): NewInode => ({ class: inodeClass(mode), name });

export class StackTreeSecurity implements TreeSecurity {
  readonly #stack: Stack;
  readonly #superblock: TreeSuperblock;
  readonly #xattrs: TreeXattrs;
  readonly uses: ContentUses;

  constructor(host: ContentUsesHost) {
    this.#stack = host.stack;
    this.#superblock = host.superblock;
    this.#xattrs = new TreeXattrs(host.stack, host.superblock);
    this.uses = new ContentUses(host);
  }

  /** Does no module decide about anything, or label new files? Attributes of namespaces are apart in any case. */
  get isIdle(): boolean {
    const { access, metadata, hooks } = this.#stack;
    return !access.exist && !metadata.watch.active && !hooks.has('inodeInitSecurity');
  }

  /** Does a module keep owner, mode and attributes from being changed behind its back? Then generations of inodes matter. */
  get guardsMetadata(): boolean {
    return this.#stack.metadata.watch.active;
  }

  /** Does a module decide about this attribute? Then it is stored with other rights than those of who sets it. */
  isDecided(name: string): boolean {
    return this.#xattrs.isDecided(name);
  }

  permission(object: LabelledObject, mask: number, caller: Caller): Errno | undefined {
    if (!this.#asks(caller)) return undefined;
    return this.#decide([{ hook: 'inodePermission', about: { file: this.#facts(object), mask } }], caller);
  }

  open(object: LabelledObject, flags: number, caller: Caller, made?: LabelledName): Errno | undefined {
    if (isKernel(caller)) return undefined;
    if (this.#asks(caller)) {
      const file = this.#facts(object);
      const { path, mode } = file;
      const about =
        made === undefined
          ? { file, flags }
          : {
              file: { path, mode, uid: caller.uid },
              flags,
              directory: this.#facts(made.directory),
              made: newInode(made),
            };
      const refused = this.#decide([{ hook: 'fileOpen', about }], caller);
      if (refused !== undefined) return refused;
    }
    const reads = opensForReading(flags) ? MAY_READ : 0;
    const writes = opensForWriting(flags) || (flags & O_TRUNC) !== 0;
    const mask = reads | (writes ? MAY_WRITE : 0) | ((flags & O_APPEND) === 0 ? 0 : MAY_APPEND);
    if (made === undefined) return this.uses.decide(object, { hook: 'open', mask, writes }, caller);
    const refused = this.uses.decide(object, { hook: 'open', mask, writes, created: true }, caller);
    this.uses.decide(object, { hook: 'made', mask: 0, was: '' }, caller);
    return refused;
  }

  written(object: LabelledObject, caller: Caller): void {
    if (!isKernel(caller)) this.uses.decide(object, { hook: 'update-xattr', mask: 0 }, caller);
  }

  create(name: LabelledName, caller: Caller): Errno | undefined {
    if (!this.#asks(caller)) return undefined;
    const [path, inode] = CREATION.get(name.mode & S_IFMT) ?? (['pathMknod', 'inodeMknod'] as const);
    const about = { directory: this.#facts(name.directory), made: newInode(name) };
    return this.#decide(
      [
        { hook: path, about },
        { hook: inode, about },
      ],
      caller,
    );
  }

  newLabels(name: LabelledName, caller: Caller): readonly NewLabel[] {
    if (isKernel(caller)) return [];
    return this.#stack.files.initSecurity(this.#facts(name.directory).inode, newInode(name), caller).xattrs;
  }

  link(object: LabelledObject, { directory, name }: LabelledName, caller: Caller): Errno | undefined {
    if (!this.#asks(caller)) return undefined;
    const about = { file: this.#facts(object), directory: this.#facts(directory) };
    return this.#decide(
      [
        { hook: 'pathLink', about: { ...about, name } },
        { hook: 'inodeLink', about },
      ],
      caller,
    );
  }

  remove(object: LabelledObject, directory: LabelledObject, caller: Caller): Errno | undefined {
    if (!this.#asks(caller)) return undefined;
    const file = this.#facts(object);
    const about = { directory: this.#facts(directory), file };
    const isDirectory = file.inode.class === 'dir';
    return this.#decide(
      [
        { hook: isDirectory ? 'pathRmdir' : 'pathUnlink', about: { file } },
        { hook: isDirectory ? 'inodeRmdir' : 'inodeUnlink', about },
      ],
      caller,
    );
  }

  rename(move: LabelledMove, caller: Caller): Errno | undefined {
    if (!this.#asks(caller)) return undefined;
    const { newName, target } = move;
    const file = this.#facts(move.object);
    const directory = this.#facts(move.directory);
    const newDirectory = this.#facts(move.newDirectory);
    // A directory that moves has its `..` written.
    const parted = file.inode.class === 'dir' && directory.inode.ino !== newDirectory.inode.ino;
    const about = { directory, file, newDirectory, newName, ...(target && { target: this.#facts(target) }) };
    return this.#decide(
      [
        { hook: 'pathRename', about: { file, newDirectory, newName } },
        ...(parted ? [{ hook: 'inodePermission', about: { file, mask: MAY_WRITE } } as const] : []),
        { hook: 'inodeRename', about },
      ],
      caller,
    );
  }

  readlink(object: LabelledObject, caller: Caller): Errno | undefined {
    if (!this.#asks(caller)) return undefined;
    return this.#decide([{ hook: 'inodeReadlink', about: { file: this.#facts(object) } }], caller);
  }

  setAttributes(object: LabelledObject, change: AttributeChange, caller: Caller): Errno | undefined {
    if (isKernel(caller)) return undefined;
    const file = this.#facts(object);
    const attributes = attributeBits(change);
    const refused = this.#decide(
      [...pathChecks(file, change), { hook: 'inodeSetattr', about: { file, attributes } }],
      caller,
    );
    return refused ?? metadataRefused(this.#stack, object, this.#superblock, change, caller);
  }

  attributesSet(object: LabelledObject, before: LabelledFacts, caller: Caller): void {
    if (!isKernel(caller)) this.#xattrs.follow(object, factsOfLooked(before, this.#superblock).inode);
  }

  getXattr(object: LabelledObject, name: string, caller: Caller): Result<Uint8Array> | undefined {
    return isKernel(caller) ? undefined : this.#xattrs.get(object, name, caller);
  }

  setXattr(object: LabelledObject, name: string, value: Uint8Array, flags: number, caller: Caller): Errno | undefined {
    return isKernel(caller) ? object.store(name, value, flags) : this.#xattrs.set(object, name, value, flags, caller);
  }

  removeXattr(object: LabelledObject, name: string, caller: Caller): Errno | undefined {
    return isKernel(caller) ? object.store(name, undefined) : this.#xattrs.remove(object, name, caller);
  }

  listXattr(object: LabelledObject, stored: readonly string[], caller: Caller): Result<readonly string[]> {
    return isKernel(caller) ? stored : this.#xattrs.list(object, stored, caller);
  }

  /** Does any module decide about what this caller does? */
  #asks(caller: Caller): boolean {
    return !isKernel(caller) && this.#stack.access.exist;
  }

  #facts(object: LabelledObject): FileFacts {
    return fileFacts(object, this.#superblock);
  }

  #decide(checks: readonly AccessCheck[], caller: Caller): Errno | undefined {
    return this.#stack.access.exist ? this.#stack.access.decide(checks, caller).refused : undefined;
  }
}

/** ATTR_* of what changes. */
function attributeBits({ mode, uid, gid, size, atime, mtime, timesAreNow }: AttributeChange): number {
  const times = (atime === undefined ? 0 : ATTR.ATIME) | (mtime === undefined ? 0 : ATTR.MTIME);
  return (
    (mode === undefined ? 0 : ATTR.MODE) |
    (uid === undefined ? 0 : ATTR.UID) |
    (gid === undefined ? 0 : ATTR.GID) |
    (size === undefined ? 0 : ATTR.SIZE) |
    times |
    (times === 0 || timesAreNow === true ? 0 : ATTR.TIMES_SET)
  );
}

/** chmod_common(), chown_common() and do_truncate() ask by path, too. */
function pathChecks(file: FileFacts, { mode, uid, gid, size }: AttributeChange): AccessCheck[] {
  if (size !== undefined) return [{ hook: 'pathTruncate', about: { file } }];
  if (uid !== undefined || gid !== undefined) return [{ hook: 'pathChown', about: { file } }];
  return mode === undefined ? [] : [{ hook: 'pathChmod', about: { file } }];
}
