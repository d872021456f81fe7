/**
 * Files as the caller of a notified system call sees them.
 *
 * Model: everything is opened O_PATH through /proc/<tid>/{root,cwd,fd}, whose links lead into the caller's mount namespace. The caller is
 * blocked in its system call, so what these links mean cannot change under us except by its threads; what is decided
 * here is therefore exact for honest programs; for others it is never more than they could reach themselves, since
 * paths are followed with the caller's rights. Descriptors belong to the worker, which closes what it opens.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_FDCWD,
  O_NOFOLLOW,
  O_PATH,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_XDEV,
} from '../../../linux/fcntl.ts';
import { type CallerFd, callerFd, type Tid, tidOf } from '../../../linux/ids.ts';
import { STX } from '../../../linux/stat.ts';
import type { MappedFile } from '../access/mappings.ts';
import { ActingAs, type Credentials } from './acting-as.ts';
import { CallCredentials } from './call-credentials.ts';
import { CallFiles } from './call-files.ts';
import { CallStarts, startLink } from './call-starts.ts';
import { CallStatus } from './call-status.ts';
import { walkCarefully } from './careful-walk.ts';
import type { CallerHazards } from './hazards.ts';
import { namesOwnEntry, ownLink, withOwnEntry } from './own-entry.ts';
import { type FileIdentity, identityIn, namesIn, STATX_TYPE_INO } from './own-files.ts';
import { ProcessLinks } from './process-links.ts';
import { type ProcessStatus, processStatus } from './process-status.ts';

const { EPERM, ESRCH, EAGAIN, EXDEV, EINVAL } = ERRNO;

export class CallerView extends CallFiles {
  readonly hazards: CallerHazards;
  readonly #actingAs: ActingAs;
  readonly processLinks: ProcessLinks;
  readonly starts = new CallStarts(this);
  /** Another number for each call: what was read for one may be different in the next one. */
  calls = 0;
  readonly #ourUid = process.geteuid?.() ?? 0;
  /** The thread that looks, by its number. */
  readonly ownThread = tidOf(rawSyscall(NR.gettid));
  readonly #status = new CallStatus((tid) => this.readStatus(tid));
  readonly callCredentials = new CallCredentials(this);

  constructor(hazards: CallerHazards, actingAs?: ActingAs) {
    super();
    this.hazards = hazards;
    this.#actingAs = actingAs ?? new ActingAs(processStatus(this, this.ownThread));
    this.processLinks = new ProcessLinks(this, this.#actingAs);
  }

  /** Forgets what was read for a call: credentials and directories may be others in the next one. @param caller of the next one. */
  forget(caller?: Tid): void {
    this.calls++;
    this.starts.forget();
    this.callCredentials.forget();
    this.#status.forget();
    this.shortage.forget();
    this.hazards.forget();
    this.looks.forget(caller !== undefined);
  }

  /** `undefined` when it has ended. */
  status(tid: Tid): ProcessStatus | undefined {
    return this.#status.of(tid);
  }

  /** All credentials of a thread in our user namespace, for who compares them; `undefined` = it is in another one, or has ended. */
  credentialsText(tid: Tid): string | undefined {
    return this.isInOurUserNamespace(tid) ? this.#status.credentials(tid) : undefined;
  }

  /** What was read of the thread for this call, for who asks about it. */
  known(tid: Tid): { readonly status?: string | undefined; readonly inOurUserNamespace: boolean } {
    return {
      status: this.#status.known(tid),
      inOurUserNamespace: this.hazards.isKnownInOurUserNamespace(tid),
    };
  }

  isInOurUserNamespace(tid: Tid): boolean {
    return this.hazards.isInOurUserNamespace(tid);
  }

  /** The credentials of a thread for file access; `undefined` when it has ended. */
  credentials(tid: Tid): Credentials | undefined {
    return this.callCredentials.of(tid);
  }

  /**
   * openat2(2), O_PATH, with the rights of the caller. First from the kernel's caches (RESOLVE_CACHED), which asks no
   * filesystem; then only on filesystems that cannot block us. EAGAIN = the lookup could block.
   */
  resolve(tid: Tid, directory: number, path: string, flags: number, resolve: number): number {
    const credentials = this.credentials(tid);
    if (credentials === undefined) return -ESRCH;
    if (namesOwnEntry(path)) return this.#walk(tid, directory, path, flags, resolve);
    const cachedOnly = resolve | RESOLVE_CACHED;
    if (this.hazards.audit?.stat !== undefined && this.#mayBeHeldUp(tid, directory, resolve)) {
      const near = this.mayAsk(directory, tid)
        ? this.#actingAs.run(credentials, () => this.openAt2(directory, path, flags, cachedOnly | RESOLVE_NO_XDEV))
        : -EXDEV;
      return near === -EXDEV || near === -EAGAIN || near === -EINVAL
        ? this.#walk(tid, directory, path, flags, resolve)
        : near;
    }
    const cached = this.#actingAs.run(credentials, () => this.openAt2(directory, path, flags, cachedOnly));
    const isUnknown = cached === -EAGAIN || cached === -EXDEV || cached === -EINVAL; // EINVAL: before 5.12
    if (!isUnknown || resolve === cachedOnly) return cached;
    if (resolve === 0 && (flags & O_NOFOLLOW) !== 0 && !path.includes('/') && this.mayAsk(directory, tid)) {
      // One name leads to no other filesystem, but for a mount there and the directory above.
      const near = this.#actingAs.run(credentials, () => this.openAt2(directory, path, flags, RESOLVE_NO_XDEV));
      if (near !== -EXDEV) return near;
    }
    // A process that changed its credentials is not dumpable and may have no access to its own /proc entry.
    if (this.#mayBeHeldUp(tid, directory, resolve)) return this.#walk(tid, directory, path, flags, resolve);
    const found = this.#actingAs.run(credentials, () => this.openAt2(directory, path, flags, resolve));
    // Scoped look-ups follow no links to files of processes.
    return found === -EXDEV ? this.#walk(tid, directory, path, flags, resolve) : found;
  }

  /**
   * inode_permission() for the caller with this mask (MAY_*), on a file whose filesystem cannot block us: 0 or a
   * negative errno.
   */
  permits(tid: Tid, fd: number, mask: number): number {
    const credentials = this.credentials(tid);
    if (credentials === undefined) return -ESRCH;
    return this.#actingAs.run(credentials, () => this.access(fd, mask));
  }

  /** Could a path that starts there reach a filesystem that can block us? */
  #mayBeHeldUp(tid: Tid, directory: number, resolve: number): boolean {
    if (this.hazards.any(tid) || !this.mayAsk(directory, tid)) return true;
    // A directory outside of the thread's root leads to mounts that its mountinfo does not list.
    return (resolve & RESOLVE_IN_ROOT) === 0 && this.readlinkAt(AT_FDCWD, `/proc/${tid}/root`) !== '/';
  }

  #walk(tid: Tid, start: number, path: string, flags: number, resolve: number): number {
    const inRoot = (resolve & RESOLVE_IN_ROOT) !== 0;
    const restriction = resolve & RESOLVE_CACHED;
    if ((resolve & ~(RESOLVE_IN_ROOT | RESOLVE_CACHED)) !== 0) return -EAGAIN; // restrictions that the walk does not know
    const root = inRoot ? start : this.openStart(tid, AT_FDCWD, true);
    if (root < 0) return root;
    try {
      return walkCarefully(this, { tid, start, root, path, flags, restriction });
    } finally {
      if (!inRoot) this.close(root);
    }
  }

  /** Looks up one name as the caller, in a directory whose filesystem cannot block us. @param restriction RESOLVE_CACHED or 0. */
  openNext(tid: Tid, directory: number, name: string, restriction: number): number {
    const credentials = this.credentials(tid);
    if (credentials === undefined) return -ESRCH;
    return this.#actingAs.run(credentials, () => {
      if (this.hazards.audit?.stat === undefined) return this.openAt2(directory, name, O_NOFOLLOW, restriction);
      const near = this.openAt2(directory, name, O_NOFOLLOW, restriction | RESOLVE_NO_XDEV);
      if (near !== -EXDEV) return near;
      const refused = this.mayName(tid, directory, name, false);
      return refused < 0 ? refused : this.openAt2(directory, name, O_NOFOLLOW, restriction);
    });
  }

  /**
   * For hosts whose audit reads an attribute of each file that a system call names: can the filesystem at the end of the path block us?
   * @returns 0, or a negative errno; EAGAIN = it can.
   */
  mayName(tid: Tid, directory: number, path: string, followed: boolean): number {
    const stat = this.hazards.audit?.stat;
    const answer = stat?.ask(directory, path, followed, STATX_TYPE_INO);
    if (stat === undefined || answer === undefined) return 0;
    if (answer < 0) return answer;
    const device = `${stat.result.getUint32(STX.DEV_MAJOR, true)}:${stat.result.getUint32(STX.DEV_MINOR, true)}`;
    return this.hazards.waits(tid, device) && !this.#isTrustedDetached(tid, device) ? -EAGAIN : 0;
  }

  /** Looks a path up in the kernel's caches only, with our rights. */
  openCached(tid: Tid, directory: number, path: string, flags: number, resolve: number): number {
    const careful = this.hazards.audit?.stat !== undefined && this.#mayBeHeldUp(tid, directory, resolve);
    if (careful && !this.mayAsk(directory, tid)) return -EAGAIN;
    return this.openAt2(directory, path, flags, resolve | RESOLVE_CACHED | (careful ? RESOLVE_NO_XDEV : 0));
  }

  /** The directory that a path of the caller starts from; the taker closes it. */
  openStart(tid: Tid, dirfd: CallerFd, absolute: boolean): number {
    return this.#openLink(tid, startLink(dirfd, absolute));
  }

  /**
   * O_PATH descriptor of the file that the caller has mapped there. Where only the host's root may follow the link
   * (proc_map_files_get_link()), the file of that name, when it is the same one.
   * @param range as in /proc/<tid>/maps.
   */
  openMapping(tid: Tid, range: string, file: MappedFile): number {
    const mapped = this.#openLink(tid, `map_files/${range}`);
    if (mapped !== -EPERM) return mapped;
    const fd = this.resolveForCaller(tid, AT_FDCWD, file.name, 0);
    if (fd < 0 || (this.deviceOf(fd) === file.device && this.identity(fd)?.ino === file.ino)) return fd;
    this.close(fd);
    return mapped;
  }

  /** Target of a procfs link of the caller. */
  #openLink(tid: Tid, name: string, flags = 0): number {
    const link = `/proc/${tid}/${name}`;
    const refused = this.mayName(tid, AT_FDCWD, link, (flags & O_NOFOLLOW) === 0);
    return refused < 0 ? refused : this.open(link, O_PATH | flags);
  }

  /** The caller's open descriptors in ascending order, as the kernel goes through them. */
  descriptors(tid: Tid): CallerFd[] {
    const numbers = namesIn(`/proc/${tid}/fd`).map(Number);
    return numbers.sort((one, other) => one - other).map(callerFd);
  }

  openDescriptor(tid: Tid, fd: CallerFd): number {
    return this.#openLink(tid, `fd/${fd}`);
  }

  /**
   * Resolves `path` as the caller would. Absolute symbolic links stay below its root; `/proc/self` is the caller's entry.
   * @param restriction RESOLVE_CACHED = only what the kernel finds without asking a filesystem.
   */
  resolveForCaller(tid: Tid, dirfd: CallerFd, path: string, flags: number, restriction = 0): number {
    const follow = (flags & O_NOFOLLOW) === 0;
    const link = ownLink(path, follow);
    if (link !== undefined) return this.#resolveFrom(link.name, link.rest, tid, flags);
    const absolute = path.startsWith('/');
    const known = this.starts.known(tid, dirfd, absolute);
    const start = known ?? this.openStart(tid, dirfd, absolute);
    if (start < 0) return start;
    const resolve = restriction | (absolute ? RESOLVE_IN_ROOT : 0);
    const fd = this.resolve(tid, start, withOwnEntry(path, follow, tid), flags, resolve);
    if (known === undefined) this.close(start);
    return fd;
  }

  /** Through a procfs link of the caller, which RESOLVE_IN_ROOT would not follow. */
  #resolveFrom(link: string, rest: string, tid: Tid, flags: number): number {
    const start = this.#openLink(tid, link, rest === '' ? flags & O_NOFOLLOW : 0);
    const below = rest.replace(/^\/+/, '');
    if (start < 0 || below === '') return start;
    const fd = this.resolve(tid, start, below, flags, 0);
    this.close(start);
    return fd;
  }

  /** O_PATH descriptor of the file behind a descriptor of the caller. */
  identityOf(tid: Tid, descriptor: CallerFd): FileIdentity | undefined {
    const link = `/proc/${tid}/fd/${descriptor}`;
    const stat = this.hazards.audit?.stat;
    const answer = stat?.ask(AT_FDCWD, link, true, STATX_TYPE_INO);
    if (stat !== undefined && answer !== undefined) return answer < 0 ? undefined : identityIn(stat.result);
    const fd = this.open(link, O_PATH);
    if (fd < 0) return undefined;
    const identity = this.identity(fd);
    this.close(fd);
    return identity;
  }

  /** Runs `act` with this fsuid and our own capabilities, for operations that the kernel grants to owners only. */
  asUser(uid: number, act: () => number): number {
    return this.#actingAs.asUser(uid, act);
  }

  /** `f_type` of the filesystem that the caller's `fd` is on; 0 when asking for it could block us. */
  filesystemMagic(fd: number, tid: Tid): number {
    return this.mayAsk(fd, tid) ? this.magic(fd) : 0;
  }

  /** True when the filesystem behind a descriptor of the caller cannot block us. @param known its device. */
  mayAsk(fd: number, tid: Tid, known?: string): boolean {
    const identity = known === undefined ? this.identity(fd) : undefined;
    const device = known ?? (identity && `${identity.major}:${identity.minor}`);
    if (device === undefined) return false;
    if (!this.hazards.waits(tid, device, () => (identity ?? this.identity(fd))?.mount)) return true;
    return this.#isTrustedDetached(tid, device) && !this.looksLikeFuse(fd);
  }

  /** The caller is root or our user, with CAP_SYS_ADMIN, and its mountinfo lacks the device: taken to be its own detached mount. */
  #isTrustedDetached(tid: Tid, device: string): boolean {
    if (this.hazards.isListed(tid, device)) return false;
    const { fsuid, capabilities = 0n } = this.credentials(tid) ?? {};
    return (fsuid === 0 || fsuid === this.#ourUid) && hasCapability(capabilities, CAP.SYS_ADMIN);
  }
}
