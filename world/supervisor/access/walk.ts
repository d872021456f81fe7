/**
 * Walks the path of a system call as the kernel will, one name at a time, and collects the hooks of the directories and links on it.
 *
 * Model: link_path_walk() and step_into() of fs/namei.c. Each name is looked up with the credentials of the caller, and
 * no server in user space is asked. The hook of a directory is called when the kernel's own permission check lets the
 * caller pass. Where the walk cannot follow (a filesystem that can block us, a procfs of another pid namespace) it ends
 * `blind`: the rest of the path is not decided about.
 */

import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NOFOLLOW } from '../../../linux/fcntl.ts';
import { MAXSYMLINKS, MAY_EXEC } from '../../../linux/fs.ts';
import { type CallerFd, callerFd, type Tid } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { PTRACE_MODE_READ } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import { factsOf } from '../caller/file-inspector.ts';
import { ownEntry } from '../caller/own-entry.ts';
import type { PidNamespaces } from '../caller/pid-namespaces.ts';
import { fdinfoChecks } from './fdinfo-checks.ts';
import { overrideChecks, ownsDescriptors } from './permission-checks.ts';
import { ptraceChecks } from './ptrace-checks.ts';

const { EACCES, EAGAIN, ENOENT, ENOTDIR, ELOOP } = ERRNO;
/** Links of procfs that are resolved by their text; the others are magic links. */
const PLAIN_PROC_LINK = /^\w[\w/]*$/;
/** Names of links in `fd`; no other directory of procfs has such links. */
const DESCRIPTOR = /^\d+$/;

export interface PathToWalk {
  readonly tid: Tid;
  readonly dirfd: CallerFd;
  readonly path: string;
  /** A link in the last place is followed. */
  readonly follow: boolean;
  /** An empty path means what it starts from (AT_EMPTY_PATH). */
  readonly takesEmpty?: boolean;
  /** The modules are asked about looks into other tasks. */
  readonly looks?: boolean;
  /** They are asked about the capability to search a directory. */
  readonly overrides?: boolean;
}

export interface Walked {
  /** One for each directory that is searched and each link that is followed, in order. */
  readonly checks: AccessCheck[];
  /** The directory that has the last name; absent for a path without one (`/`, `.`, `..`) and where it could not be looked at. */
  readonly directory?: FileFacts;
  /** The last name; empty for a path without one. */
  readonly name: string;
  /** A descriptor (O_PATH) of what the path leads to, or a negative errno; -EAGAIN = the walk ended blind. */
  readonly file: number;
  /** The file was found by a link of procfs to this descriptor. */
  readonly behind?: { readonly holder: Tid; readonly descriptor: CallerFd };
  /** A descriptor of the directory that has the last name; -1 = there is none. */
  readonly parent: number;
  /** The path up to the name that is not there (ENOENT), unless that name is of a link's text. */
  readonly missing?: string;
  /** The path ends with a slash: it must be a directory. */
  readonly slash: boolean;
  /** Closes the descriptors. */
  close(): void;
}

export interface WalkHost {
  readonly view: CallerView;
  readonly files: Pick<FileInspector, 'list' | 'look'>;
  readonly namespaces: PidNamespaces;
}

export class PathWalk {
  readonly #host: WalkHost;
  readonly #path: PathToWalk;
  #here: number;
  /** Of {@link CallStarts}. */
  readonly #starts = new Set<number>();
  /** What the name leads to that is being looked at. */
  #found = -1;
  #names: string[];
  /** How many of the names, the first ones, are of links' texts. */
  #linked = 0;
  #links = 0;
  /** What is {@link #here} was found by. */
  #behind: Walked['behind'];
  readonly #checks: AccessCheck[] = [];

  private constructor(host: WalkHost, path: PathToWalk) {
    this.#host = host;
    this.#path = path;
    const { view } = host;
    const absolute = path.path.startsWith('/');
    this.#here = this.#kept(view.starts.of(path.tid, path.dirfd, absolute));
    this.#names = split(path.path);
  }

  /** Is closed with all that the call has begun at. */
  get #root(): number {
    return this.#kept(this.#host.view.starts.of(this.#path.tid, AT_FDCWD, true));
  }

  #kept(start: number): number {
    this.#starts.add(start);
    return start;
  }

  #close(...fds: number[]): void {
    for (const fd of new Set(fds)) if (fd >= 0 && !this.#starts.has(fd)) this.#host.view.close(fd);
  }

  /** The taker closes the result. */
  static run(host: WalkHost, path: PathToWalk): Walked {
    const walk = new PathWalk(host, path);
    try {
      return walk.#run();
    } catch (error) {
      walk.#close(walk.#here, walk.#found);
      throw error;
    }
  }

  #run(): Walked {
    const { path, follow } = this.#path;
    const slash = /\/\.?$/.test(path);
    const end = (file: number, name = '', directory?: FileFacts, missing?: string): Walked => ({
      checks: this.#checks,
      name,
      file,
      parent: name === '' || file === this.#here ? -1 : this.#here,
      slash,
      ...(file === this.#here && this.#behind && { behind: this.#behind }),
      ...(directory && { directory }),
      ...(missing !== undefined && { missing }),
      close: () => this.#close(file, this.#here),
    });
    if (path === '') return end(this.#path.takesEmpty === true ? this.#here : -ENOENT);
    for (;;) {
      if (this.#here < 0) return end(this.#here);
      const [name, ...rest] = this.#names;
      if (name === undefined) return end(this.#here);
      this.#names = rest;
      const isLinked = this.#linked > 0;
      if (isLinked) this.#linked--;
      const last = rest.length === 0;
      const found = this.#lookUp(name);
      this.#found = found;
      if (found === -EACCES) return end(found, name);
      const directory = this.#search();
      const named = last && name !== '.' && name !== '..';
      if (found < 0) {
        const missing = found === -ENOENT && !isLinked ? withoutLast(path, rest.length) : undefined;
        return end(found, named ? name : '', named ? directory : undefined, missing);
      }
      const identity = last && !follow && !slash ? undefined : this.#host.view.identity(found);
      if (identity?.link === true) {
        const stepped = this.#follow(name, found);
        this.#host.view.close(found);
        this.#found = -1;
        if (stepped < 0) return end(stepped);
        continue;
      }
      if (named) return end(found, name, directory);
      if (!last && identity?.directory !== true) {
        this.#host.view.close(found);
        this.#found = -1;
        return end(-ENOTDIR);
      }
      this.#move(found);
    }
  }

  /** @returns a descriptor or a negative errno. */
  #lookUp(name: string): number {
    const { view, files } = this.#host;
    if (name === '.' || (name === '..' && isSamePlace(view, this.#here, this.#root))) {
      const refused = view.permits(this.#path.tid, this.#here, MAY_EXEC);
      return refused < 0 ? refused : view.duplicate(this.#here);
    }
    const { tid } = this.#path;
    const found = view.resolve(tid, this.#here, name, O_NOFOLLOW, 0);
    const refusedBy = found === -EACCES ? files.look(this.#here, tid) : undefined;
    if (refusedBy === undefined || !ownsDescriptors(view, tid, refusedBy)) return found;
    return view.processLinks.lookUpOwn(tid, this.#here, name);
  }

  /** The kernel lets the caller search this directory: adds the modules' check. */
  #search(): FileFacts | undefined {
    const directory = this.#host.files.look(this.#here, this.#path.tid);
    if (directory?.inode.class !== 'dir') return undefined;
    const seen = factsOf(directory);
    if (this.#path.looks === true) this.#checks.push(...fdinfoChecks(this.#host.view, this.#path.tid, seen));
    if (this.#path.overrides === true)
      this.#checks.push(...overrideChecks(this.#host, this.#path.tid, seen, this.#here, MAY_EXEC));
    this.#checks.push({ hook: 'inodePermission', about: { file: seen, mask: MAY_EXEC } });
    return seen;
  }

  /** @returns 0, or a negative errno. */
  #follow(name: string, link: number): number {
    const { view, files } = this.#host;
    const { tid } = this.#path;
    const seen = files.look(link, tid);
    if (seen !== undefined) this.#checks.push({ hook: 'inodeFollowLink', about: { file: factsOf(seen) } });
    const inProc = view.filesystemMagic(link, tid) === PROC_SUPER_MAGIC;
    const process = seen?.inode.process;
    const text = view.mayAsk(link, tid) ? view.readlinkAt(link, '') : undefined;
    if (text === undefined) {
      // Of a process that has ended: the kernel looks whether its links may be followed first.
      if (inProc && seen !== undefined) this.#checks.push(...this.#looksInto(factsOf(seen)));
      return -EAGAIN;
    }
    if (++this.#links > MAXSYMLINKS) return -ELOOP;
    if (inProc && !PLAIN_PROC_LINK.test(text)) {
      // A magic link: leads to a file of a process, not to the path in its text.
      this.#checks.push(...(seen === undefined ? [] : this.#looksInto(factsOf(seen))));
      const target = view.processLinks.follow(tid, this.#here, name, process);
      if (target >= 0) this.#move(target);
      if (process !== undefined && DESCRIPTOR.test(name))
        this.#behind = { holder: process, descriptor: callerFd(Number(name)) };
      return Math.min(target, 0);
    }
    const target = inProc ? this.#ofCaller(name, text) : text;
    if (target === undefined) return -EAGAIN;
    const names = split(target);
    this.#names = [...names, ...this.#names];
    this.#linked += names.length;
    if (target.startsWith('/')) this.#move(this.#root);
    return 0;
  }

  /** proc_fd_access_allowed(), proc_ns_get_link() */
  #looksInto({ inode: { process } }: FileFacts): AccessCheck[] {
    const { looks, tid } = this.#path;
    if (process === undefined || looks !== true) return [];
    const asked = ptraceChecks(this.#host.view, tid, process, PTRACE_MODE_READ, 'effective');
    return asked.map((check) => ({ ...check, refusal: 'EACCES' }));
  }

  /** Text of a procfs link as the caller reads it: `self` shows the reading process, which is us here. `undefined` = not known. */
  #ofCaller(name: string, text: string): string | undefined {
    const { view, namespaces } = this.#host;
    const { tid } = this.#path;
    const tgid = view.status(tid)?.tgid;
    const own = tgid && ownEntry(name, tgid, tid);
    if (own === undefined) return text;
    return namespaces.isOurs(this.#here) ? own : undefined;
  }

  #move(fd: number): void {
    this.#behind = undefined;
    this.#close(this.#here);
    this.#here = fd;
    this.#found = -1;
  }
}

const split = (path: string): string[] => path.split('/').filter((name) => name !== '');

function withoutLast(path: string, count: number): string {
  const names = split(path);
  return `${path.startsWith('/') ? '/' : ''}${names.slice(0, names.length - count).join('/')}`;
}

/** Are two descriptors of ours the same file by the same mount? */
export function isSamePlace(view: CallerView, one: number, other: number): boolean {
  const [a, b] = [view.identity(one), view.identity(other)];
  if (a === undefined || b === undefined || a.ino !== b.ino || a.major !== b.major || a.minor !== b.minor) return false;
  return a.mount === undefined ? view.mountId(one) === view.mountId(other) : a.mount === b.mount;
}
