/**
 * Translates a caller's path to a path in the emulated attr tree.
 *
 * The kernel resolves the part of the path above the process (`/proc`, a container's procfs, a detached mount, a
 * directory descriptor); the rest names a process, a thread and an attr file, with numbers of that procfs. The result
 * is a name on behalf of the caller (kernel-files/on-behalf.ts).
 */

import { AT_FDCWD, O_DIRECTORY, RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { nameOnBehalf } from '../../kernel-files/on-behalf.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { PidNamespaces } from '../caller/pid-namespaces.ts';
import {
  type AttrPath,
  isDescriptorLink,
  parseAttrPath,
  procComponents,
  type SplitPath,
  splitAttrPath,
} from '../caller/proc-path.ts';

/** Inode number of the root of every procfs. */
const PROC_ROOT_INO = 1;

export interface CallerPath {
  readonly tid: Tid;
  readonly dirfd: CallerFd;
  readonly path: string;
  /** RESOLVE_* of openat2(2). */
  readonly resolve: number;
}

export interface AttrTarget {
  /** In the directory ATTR_ON_BEHALF of the attr tree. */
  readonly path: string;
  /** `<pid>` or `<pid>/task/<tid>`, as components of a path below our /proc. */
  readonly process: readonly string[];
  /** Names below `attr`. */
  readonly rest: readonly string[];
}

export class AttrLocator {
  readonly #view: CallerView;
  readonly #namespaces: PidNamespaces;

  constructor(view: CallerView, namespaces: PidNamespaces) {
    this.#view = view;
    this.#namespaces = namespaces;
  }

  /** @returns `undefined` when the path does not lead to an attr directory: the kernel continues with the call. */
  locate(argument: CallerPath): AttrTarget | undefined {
    if (isDescriptorLink(argument.path)) return this.#opened(argument);
    const split = splitAttrPath(argument.path);
    if (split === undefined) return undefined;
    if (split.absolute && (argument.resolve & RESOLVE_BENEATH) !== 0) return undefined;
    const directory = this.#openHead(argument, split);
    if (directory < 0) return undefined;
    try {
      return this.#below(directory, argument, split.tail);
    } finally {
      this.#view.close(directory);
    }
  }

  /** A file of the host that the caller has open, as by O_PATH, which is left to the host. */
  #opened({ tid, dirfd, path, resolve }: CallerPath): AttrTarget | undefined {
    if (resolve !== 0) return undefined;
    const fd = this.#view.resolveForCaller(tid, dirfd, path, 0);
    if (fd < 0) return undefined;
    const inProc = this.#view.filesystemMagic(fd, tid) === PROC_SUPER_MAGIC;
    const name = inProc ? this.#view.readlinkAt(-1, `/proc/thread-self/fd/${fd}`) : undefined;
    const device = this.#view.deviceOf(fd);
    this.#view.close(fd);
    if (name === undefined || isDescriptorLink(name)) return undefined;
    const attached = this.locate({ tid, dirfd: AT_FDCWD, path: name, resolve });
    if (attached !== undefined || path.startsWith('/')) return attached;
    // Of a procfs that is mounted nowhere (fsmount(2)) names begin at its root, which is above the directory of the call.
    const above = this.#above(tid, dirfd, device);
    return above === undefined ? undefined : this.locate({ tid, dirfd, path: `${above}.${name}`, resolve });
  }

  /** The way up from a directory of the caller to the root of this procfs; `undefined` = it is in no such one. */
  #above(tid: Tid, dirfd: CallerFd, device: string | undefined): string | undefined {
    const directory = this.#view.openStart(tid, dirfd, false);
    if (directory < 0) return undefined;
    const isThere = device !== undefined && this.#view.deviceOf(directory) === device;
    const depth = this.#view.identity(directory)?.ino === PROC_ROOT_INO ? 0 : this.#componentsOf(directory).length;
    this.#view.close(directory);
    return isThere ? '../'.repeat(depth) : undefined;
  }

  #openHead({ tid, dirfd, resolve }: CallerPath, split: SplitPath): number {
    const confined = (resolve & RESOLVE_IN_ROOT) !== 0;
    const absolute = split.absolute && !confined;
    const start = this.#view.openStart(tid, dirfd, absolute);
    if (start < 0 || split.head === '') return start;
    const head = absolute ? split.head.replace(/^proc\/(?:thread-)?self(?=\/|$)/, `proc/${tid}`) : split.head;
    const flags = absolute ? resolve | RESOLVE_IN_ROOT : resolve;
    const fd = this.#view.resolve(tid, start, head, O_DIRECTORY, flags);
    this.#view.close(start);
    return fd;
  }

  #below(directory: number, argument: CallerPath, tail: readonly string[]): AttrTarget | undefined {
    if (this.#view.filesystemMagic(directory, argument.tid) !== PROC_SUPER_MAGIC) return undefined;
    const identity = this.#view.identity(directory);
    if (identity === undefined) return undefined;
    const above = identity.ino === PROC_ROOT_INO ? [] : this.#componentsOf(directory);
    const attr = parseAttrPath([...above, ...tail]);
    if (attr === undefined) return undefined;
    if ((argument.resolve & RESOLVE_NO_SYMLINKS) !== 0 && attr.process.endsWith('self')) return undefined;
    const root = above.length === 0 ? directory : this.#view.openAt(directory, '../'.repeat(above.length), O_DIRECTORY);
    if (root < 0) return undefined;
    const process = this.#process(root, attr, argument.tid);
    if (root !== directory) this.#view.close(root);
    if (process === undefined) return undefined;
    const name = nameOnBehalf(argument.tid, { tree: 'proc', path: [...process, 'attr', ...attr.rest] });
    // A trailing slash requires a directory; the kernel checks that in our tree.
    const path = /\/\.?$/.test(argument.path) ? `${name}/` : name;
    return { path, process, rest: attr.rest };
  }

  #componentsOf(directory: number): readonly string[] {
    return procComponents(this.#view.readlinkAt(-1, `/proc/thread-self/fd/${directory}`) ?? '');
  }

  /** `<pid>` or `<pid>/task/<tid>` in our pid namespace, as components. */
  #process(root: number, attr: AttrPath, caller: Tid): readonly string[] | undefined {
    const own = (): number | undefined => this.#view.status(caller)?.tgid;
    if (attr.process === 'thread-self') {
      const tgid = own();
      return tgid === undefined ? undefined : [String(tgid), 'task', String(caller)];
    }
    const process = attr.process === 'self' ? own() : this.#namespaces.translate(root, Number(attr.process), caller);
    if (process === undefined || attr.thread === undefined)
      return process === undefined ? undefined : [String(process)];
    const thread = this.#namespaces.translate(root, Number(attr.thread), caller);
    return thread === undefined ? undefined : [String(process), 'task', String(thread)];
  }
}
