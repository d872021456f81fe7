/**
 * The mount that a descriptor's file is on, with the type of its filesystem.
 *
 * Model: no system call returns the name of a filesystem's type, only mountinfo has it, so it is remembered by device
 * and mount. The mountinfo of a thread below a changed root lacks the mount that this root is a directory of; then that
 * of another mount of the same filesystem, in our own namespace, has the type.
 */
import type { Tid } from '../../../linux/ids.ts';
import {
  ANON_INODE_FS_MAGIC,
  NSFS_MAGIC,
  PIPEFS_MAGIC,
  PROC_SUPER_MAGIC,
  SECRETMEM_MAGIC,
  SOCKFS_MAGIC,
  TMPFS_MAGIC,
} from '../../../linux/magic.ts';
import { KNOWN_BY_PATH } from '../../../lsm/framework/files/inode.ts';
import type { CallerView } from './caller-view.ts';
import { type WorldMount, WorldMounts, worldMountOfDevice, worldMountOfType } from './world-mount.ts';

/** Mounts that the caller's mountinfo never lists: the kernel's internal ones, and our procfs, through which its links are opened. */
const UNLISTED: ReadonlyMap<number, string> = new Map([
  [PIPEFS_MAGIC, 'pipefs'],
  [SOCKFS_MAGIC, 'sockfs'],
  [NSFS_MAGIC, 'nsfs'],
  [ANON_INODE_FS_MAGIC, 'anon_inodefs'],
  [SECRETMEM_MAGIC, 'secretmem'],
  [TMPFS_MAGIC, 'tmpfs'], // memfd_create(2), and mounts of other namespaces
  [PROC_SUPER_MAGIC, 'proc'],
]);

/** There is one superblock of it, with the magic of tmpfs. */
const DEVTMPFS = 'devtmpfs';

const MOUNTS_REMEMBERED = 4096;

interface KnownMount {
  readonly shown: WorldMount;
  /** The caller's mountinfo lists the mount. */
  readonly listed: boolean;
  /** It is about to be attached, and will be listed then. */
  readonly passing?: true;
  /** Inode number of its root, once that was seen. */
  root?: number;
  /** `f_type`; asked for only when the filesystem cannot block us. */
  magic: number | undefined;
}

/** A descriptor whose filesystem may be asked. */
export interface MountedDescriptor {
  readonly fd: number;
  /** `major:minor` */
  readonly device: string;
  readonly mountId: number;
  /** Its inode number, if it is the root of the mount. */
  readonly root?: number | undefined;
}

export interface FoundMount {
  readonly shown: WorldMount;
  readonly listed: boolean;
  /** `f_type` and `f_flags` of statfs(2). */
  readonly magic: number;
  readonly flags: number;
}

export class KnownMounts {
  readonly #view: CallerView;
  /** By device and mount. */
  readonly #mounts = new Map<string, KnownMount>();
  /** By device: filesystems whose mount is not attached yet. */
  readonly #detached = new Map<string, WorldMount>();
  /** Our own mount of devtmpfs; `none` = there is none. */
  #devtmpfs: (WorldMount & { readonly device: string }) | 'none' | undefined;
  /** Of the thread that was asked about last, read once for each call. */
  #list: { readonly call: number; readonly tid: Tid; readonly mounts: WorldMounts } | undefined;

  constructor(view: CallerView) {
    this.#view = view;
  }

  /** As the thread's mountinfo has it; `undefined` when that does not list it, and it is none of the kernel's own. */
  find(file: MountedDescriptor, tid: Tid): FoundMount | undefined {
    const key = `${file.device} ${file.mountId}`;
    let mount = this.#mounts.get(key) ?? this.#read(file, tid);
    if (mount === undefined) return undefined;
    const { magic, flags } = this.#view.filesystem(file.fd);
    // Device and mount numbers are reused, the path depends on where the mount is attached now, and one that was attached
    // nowhere may be by now.
    const another = mount.magic !== undefined && mount.magic !== magic;
    const moves =
      KNOWN_BY_PATH.has(mount.shown.type) ||
      (!mount.listed && magic === TMPFS_MAGIC) ||
      (file.root !== undefined && file.root !== mount.root);
    if (another || (mount.magic !== undefined && moves)) {
      mount = this.#read(file, tid) ?? (another ? undefined : mount);
    }
    if (mount === undefined) return undefined;
    mount.magic = magic;
    if (file.root !== undefined) mount.root = file.root;
    const { shown, listed } = mount;
    // Another thread may have the mount in its list.
    if (mount.passing !== true && (listed || UNLISTED.has(magic))) {
      if (this.#mounts.size === MOUNTS_REMEMBERED) this.#mounts.clear();
      this.#mounts.set(key, mount);
    }
    return { shown, listed, magic, flags };
  }

  /** A mount of `type` was made that is not attached yet. */
  expectDetached(device: string, type: string): void {
    if (this.#detached.size === MOUNTS_REMEMBERED) this.#detached.clear();
    this.#detached.set(device, { type, id: type, root: '/', mountPoint: '/' });
  }

  #listed(tid: Tid, mountId: number): WorldMount | undefined {
    const { calls: call } = this.#view;
    const known = this.#list?.call === call && this.#list.tid === tid ? this.#list.mounts.find(mountId) : undefined;
    if (known !== undefined) return known;
    const mounts = new WorldMounts(this.#view.mountInfo(tid));
    this.#list = { call, tid, mounts };
    return mounts.find(mountId);
  }

  /** A node that was opened in another mount namespace, as standard input is, lies on devtmpfs all the same. */
  #mountOfNodes() {
    this.#devtmpfs ??= worldMountOfType(this.#view.mountInfo('thread-self'), DEVTMPFS) ?? 'none';
    return this.#devtmpfs;
  }

  #read({ fd, device, mountId }: MountedDescriptor, tid: Tid): KnownMount | undefined {
    const shown = this.#listed(tid, mountId);
    if (shown !== undefined) return { shown, listed: true, magic: undefined };
    const detached = this.#detached.get(device);
    if (detached !== undefined) return { shown: detached, listed: true, magic: undefined, passing: true };
    const magic = this.#view.filesystemMagic(fd, tid);
    const nodes = magic === TMPFS_MAGIC ? this.#mountOfNodes() : 'none';
    if (nodes !== 'none' && nodes.device === device) return { shown: nodes, listed: false, magic };
    const type = UNLISTED.get(magic);
    const mountPoint = type === 'proc' ? '/proc' : '/';
    if (type === undefined) {
      const ours = worldMountOfDevice(this.#view.mountInfo('thread-self'), device);
      return ours && !KNOWN_BY_PATH.has(ours.type) ? { shown: ours, listed: false, magic: undefined } : undefined;
    }
    return { shown: { type, id: type, root: '/', mountPoint }, listed: false, magic };
  }
}
