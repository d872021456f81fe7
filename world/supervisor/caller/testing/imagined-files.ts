/**
 * An imagined host for tests of what is decided about files: a little tree of inodes with mounts, links of procfs, and
 * caches that lack some names.
 *
 * Model: path resolution of openat2(2) as far as the supervisor uses it. Rights are those that {@link ImaginedThread}
 * has at the moment.
 */
import { ERRNO } from '../../../../linux/errno.ts';
import {
  AT_FDCWD,
  O_DIRECTORY,
  O_NOFOLLOW,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_XDEV,
} from '../../../../linux/fcntl.ts';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../../../linux/stat.ts';
import type { ThreadIdentity } from '../acting-as.ts';
import type { FileCalls, FileIdentity, OwnStat } from '../own-files.ts';

const { EACCES, EAGAIN, EBADF, ELOOP, ENOENT, ENOTDIR, EXDEV } = ERRNO;
const MAX_LINKS = 40;
const FIRST_FD = 1000;

/** A mounted filesystem; what is below a directory belongs to it unless it says otherwise. */
export interface ImaginedMount {
  /** `major:minor` */
  readonly device: string;
  readonly id: number;
  readonly magic: number;
  /** ST_* */
  readonly flags?: number;
  /** Has a server in user space. */
  readonly served?: boolean;
  /** Names in it are in no cache: the filesystem is asked for each. */
  readonly uncached?: boolean;
}

export interface ImaginedInode {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly mount?: ImaginedMount;
  readonly names?: Readonly<Record<string, ImaginedInode>>;
  /** Of a symbolic link. */
  readonly target?: string;
  /** Where a link of procfs leads, whatever its text says. */
  readonly leadsTo?: ImaginedInode;
  readonly content?: string;
}

type Facts = Partial<Pick<ImaginedInode, 'mode' | 'uid' | 'gid' | 'links' | 'mount'>>;

const BASE = { uid: 0, gid: 0, links: 1 };

export function directory(names: Record<string, ImaginedInode>, facts: Facts = {}): ImaginedInode {
  return { ...BASE, ...facts, mode: S_IFDIR | (facts.mode ?? 0o755), names };
}

export function file(content = '', facts: Facts = {}): ImaginedInode {
  return { ...BASE, mode: S_IFREG | 0o644, ...facts, content };
}

export function link(target: string): ImaginedInode {
  return { ...BASE, mode: S_IFLNK | 0o777, target };
}

/** A link of procfs. */
export function leading(leadsTo: ImaginedInode, target: string): ImaginedInode {
  return { ...BASE, mode: S_IFLNK | 0o777, target, leadsTo };
}

interface Place {
  readonly parent: ImaginedInode;
  readonly mount: ImaginedMount;
  readonly ino: number;
  readonly path: string;
}

/** Whom the kernel takes the supervisor's thread for, and each change of it, as `name value`. */
export class ImaginedThread implements ThreadIdentity {
  readonly log: string[] = [];
  fsuid = 0;

  setFsUser(uid: number): void {
    this.fsuid = uid;
    this.log.push(`fsuid ${uid}`);
  }
  setFsGroup(gid: number): void {
    this.log.push(`fsgid ${gid}`);
  }
  setGroups(groups: readonly number[]): void {
    this.log.push(`groups ${groups.join()}`);
  }
  setEffective(_own: unknown, effective: bigint): void {
    this.log.push(`effective ${effective.toString(16)}`);
  }
}

export class ImaginedFiles implements FileCalls {
  readonly #root: ImaginedInode;
  readonly #thread: Pick<ImaginedThread, 'fsuid'>;
  readonly #places = new Map<ImaginedInode, Place>();
  readonly #open = new Map<number, ImaginedInode>();
  #next = FIRST_FD;
  /** Devices whose filesystem had to be asked for something. */
  readonly asked = new Set<string>();
  /** Text of /proc/<tid>/mountinfo. */
  readonly mountInfos = new Map<number | 'thread-self', string>();

  /** @param root must have a mount. */
  constructor(root: ImaginedInode, thread: Pick<ImaginedThread, 'fsuid'>) {
    this.#root = root;
    this.#thread = thread;
    if (root.mount === undefined) throw new TypeError('the root has no mount');
    this.#locate(root, root, root.mount, '/');
  }

  /** Descriptors that were not closed. */
  get descriptors(): number {
    return this.#open.size;
  }

  /** What a descriptor is open on. */
  at(fd: number): ImaginedInode | undefined {
    return this.#open.get(fd);
  }

  /** A descriptor of something that has no name, like a pipe. @param text of its link in /proc/<tid>/fd. */
  openNameless(inode: ImaginedInode, mount: ImaginedMount, text: string): number {
    this.#locate(inode, inode, mount, text);
    return this.#give(inode);
  }

  openAt(from: number, path: string, flags: number): number {
    return this.openAt2(from, path, flags, 0);
  }

  openAt2(from: number, path: string, flags: number, resolve: number): number {
    const start = from === AT_FDCWD ? this.#root : this.#open.get(from);
    if (start === undefined) return -EBADF;
    const found = this.#find(start, path, flags, resolve);
    return typeof found === 'number' ? found : this.#give(found);
  }

  duplicate(fd: number): number {
    const inode = this.#open.get(fd);
    return inode === undefined ? -EBADF : this.#give(inode);
  }

  close(fd: number): void {
    if (!this.#open.delete(fd)) throw new RangeError(`${fd} is not open`);
  }

  stat(fd: number): OwnStat | undefined {
    const inode = this.#open.get(fd);
    if (inode === undefined) return undefined;
    const { mode, uid, gid, links } = inode;
    const { mount, ino } = this.#place(inode);
    const [major = 0, minor = 0] = mount.device.split(':').map(Number);
    return { mode, uid, gid, links, ino, major, minor, mountId: mount.id, mountRoot: inode.mount !== undefined };
  }

  identity(fd: number): FileIdentity | undefined {
    const stat = this.stat(fd);
    if (stat === undefined) return undefined;
    const type = stat.mode & S_IFMT;
    return { ...stat, directory: type === S_IFDIR, link: type === S_IFLNK };
  }

  mountId(fd: number): number {
    return this.stat(fd)?.mountId ?? -1;
  }

  filesystem(fd: number): { readonly magic: number; readonly flags: number } {
    const inode = this.#open.get(fd);
    if (inode === undefined) return { magic: 0, flags: 0 };
    const { mount } = this.#place(inode);
    this.asked.add(mount.device);
    return { magic: mount.magic, flags: mount.flags ?? 0 };
  }

  looksLikeFuse(fd: number): boolean {
    const inode = this.#open.get(fd);
    return inode !== undefined && this.#place(inode).mount.served === true;
  }

  access(fd: number, mask: number): number {
    const inode = this.#open.get(fd);
    if (inode === undefined) return -EBADF;
    return this.#permits(inode, mask) ? 0 : -EACCES;
  }

  readlinkAt(from: number, path: string): string | undefined {
    const own = /^\/proc\/thread-self\/fd\/(\d+)$/.exec(path)?.[1];
    const start = from === AT_FDCWD ? this.#root : this.#open.get(from);
    if (start === undefined) return undefined;
    const inode = own === undefined ? this.#find(start, path, O_NOFOLLOW, 0) : this.#open.get(Number(own));
    if (inode === undefined || typeof inode === 'number') return undefined;
    return own === undefined ? inode.target : this.#place(inode).path;
  }

  readFile(from: number, path: string): string | undefined {
    const start = from === AT_FDCWD ? this.#root : this.#open.get(from);
    const inode = start && this.#find(start, path, 0, 0);
    return typeof inode === 'object' ? inode.content : undefined;
  }

  mountInfo(tid: number | 'thread-self'): string {
    return this.mountInfos.get(tid) ?? '';
  }

  #give(inode: ImaginedInode): number {
    const fd = this.#next++;
    this.#open.set(fd, inode);
    return fd;
  }

  #place(inode: ImaginedInode): Place {
    const place = this.#places.get(inode);
    if (place === undefined) throw new TypeError('an inode that is nowhere');
    return place;
  }

  #locate(inode: ImaginedInode, parent: ImaginedInode, above: ImaginedMount, path: string): void {
    const mount = inode.mount ?? above;
    this.#places.set(inode, { parent, mount, path, ino: this.#places.size + 1 });
    for (const [name, child] of Object.entries(inode.names ?? {})) {
      this.#locate(child, inode, mount, `${path === '/' ? '' : path}/${name}`);
    }
  }

  #permits({ mode, uid }: ImaginedInode, mask: number): boolean {
    const { fsuid } = this.#thread;
    return fsuid === 0 || ((fsuid === uid ? mode >> 6 : mode) & mask) === mask;
  }

  /** @returns a negative errno on failure. */
  #find(start: ImaginedInode, path: string, flags: number, resolve: number): ImaginedInode | number {
    const top = (resolve & RESOLVE_IN_ROOT) === 0 ? this.#root : start;
    const { device } = this.#place(start).mount;
    const strays = (inode: ImaginedInode): boolean =>
      (resolve & RESOLVE_NO_XDEV) !== 0 && this.#place(inode).mount.device !== device;
    let here = path.startsWith('/') ? top : start;
    let names = split(path);
    for (let links = 0; ; ) {
      const [name, ...rest] = names;
      if (name === undefined) break;
      names = rest;
      if (here.names === undefined) return -ENOTDIR;
      const { mount, parent } = this.#place(here);
      if (mount.uncached === true && (resolve & RESOLVE_CACHED) !== 0) return -EAGAIN;
      this.asked.add(mount.device);
      if (!this.#permits(here, 1)) return -EACCES;
      const next = name === '..' ? (here === top ? here : parent) : here.names[name];
      if (next === undefined) return -ENOENT;
      if (strays(next)) return -EXDEV;
      if (next.target === undefined || (rest.length === 0 && (flags & O_NOFOLLOW) !== 0)) {
        here = next;
        continue;
      }
      if (++links > MAX_LINKS) return -ELOOP;
      if (next.leadsTo !== undefined) {
        if ((resolve & RESOLVE_IN_ROOT) !== 0) return -EXDEV;
        here = next.leadsTo;
        continue;
      }
      names = [...split(next.target), ...rest];
      if (next.target.startsWith('/')) here = top;
    }
    return (flags & O_DIRECTORY) !== 0 && here.names === undefined ? -ENOTDIR : here;
  }
}

const split = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');
