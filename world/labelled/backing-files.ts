/**
 * The system calls of a thread of a labelled mount on the backing directory.
 *
 * Model: every name is one component in a directory that is held open by a descriptor, and is not followed; a file that
 * was found is held by an O_PATH descriptor and named by its /proc/self/fd link, which leads to it whatever becomes of its
 * names. All of it is done with the credentials of the caller, so the kernel decides as it would without the mount, and
 * its errnos are returned as they are.
 */
import { NR } from '../../host/libc.ts';
import { allocateNative, type NativeMemory, putString } from '../../host/memory/native-memory.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { ERRNO } from '../../linux/errno.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  F_DUPFD_CLOEXEC,
  F_SETFL,
  MAX_HANDLE_SZ,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_WRONLY,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_XDEV,
} from '../../linux/fcntl.ts';
import { S_IFMT, S_IFREG, STATX_BASIC_STATS, STATX_BTIME, STX } from '../../linux/stat.ts';
import { OwnFiles } from '../supervisor/caller/own-files.ts';
import { InodeClock, isMade } from '../supervisor/pending/new-inode.ts';
import {
  type AttributesJob,
  DATA,
  type FileJob,
  HANDLE,
  type Job,
  type JobResult,
  MEMORY_SIZE,
  MOST_DATA,
  STATX,
} from './jobs.ts';

/** Scratch: two paths, struct open_how, struct timespec[2], the id of a mount. */
const PATH_SIZE = 4352;
const SECOND = PATH_SIZE;
const HOW = 2 * PATH_SIZE;
const TIMES = HOW + 24;
const MOUNT_ID = TIMES + 32;
const SCRATCH_SIZE = MOUNT_ID + 8;
const { EEXIST, EINVAL, ENOENT, ESTALE } = ERRNO;
const NO_ID = -1;
const CREATE_TRIES = 16;

type Making = Pick<Job, 'as'> & { readonly parent: number; readonly name: string };

export class BackingFiles {
  /** Shared with the serving thread. */
  readonly memory: NativeMemory = allocateNative(MEMORY_SIZE);
  readonly #scratch = allocateNative(SCRATCH_SIZE);
  readonly #clock = new InodeClock(new OwnFiles());

  run(job: Job): JobResult {
    switch (job.op) {
      case 'lookup':
        return this.#found(job.parent, job.name);
      case 'reopen':
        return this.#reopen(job.mount, job.handle);
      case 'getattr':
        return { result: this.#stat(job.fd) };
      case 'setattr':
        return { result: this.#setAttributes(job) };
      case 'readlink':
        return { result: rawSyscall(NR.readlinkat, job.fd, this.#path(''), this.#data, PATH_SIZE) };
      case 'open':
        return this.#opened(this.#open(AT_FDCWD, this.#link(job.fd), job.flags));
      case 'create':
        return this.#create(job);
      case 'mkdir':
        return this.#made(job, () => rawSyscall(NR.mkdirat, job.parent, this.#path(job.name), job.mode));
      case 'mknod':
        return this.#made(job, () => rawSyscall(NR.mknodat, job.parent, this.#path(job.name), job.mode, job.rdev));
      case 'symlink':
        return this.#made(job, () =>
          rawSyscall(NR.symlinkat, this.#path(job.target), job.parent, this.#second(job.name)),
        );
      case 'link': {
        const [link, name] = [this.#link(job.fd), this.#second(job.name)];
        const result = rawSyscall(NR.linkat, AT_FDCWD, link, job.parent, name, AT_SYMLINK_FOLLOW);
        return result < 0 ? { result } : this.#found(job.parent, job.name);
      }
      case 'unlink':
        return { result: rawSyscall(NR.unlinkat, job.parent, this.#path(job.name), 0) };
      case 'rmdir':
        return { result: rawSyscall(NR.unlinkat, job.parent, this.#path(job.name), AT_REMOVEDIR) };
      case 'rename': {
        const [from, to] = [this.#path(job.name), this.#second(job.newName)];
        return { result: rawSyscall(NR.renameat2, job.parent, from, job.newParent, to, job.flags) };
      }
      case 'read':
        return { result: rawSyscall(NR.pread64, job.fd, this.#data, Math.min(job.size, MOST_DATA), job.offset) };
      case 'write':
        return { result: rawSyscall(NR.pwrite64, job.fd, this.#data, Math.min(job.size, MOST_DATA), job.offset) };
      case 'readdir': {
        const sought = rawSyscall(NR.lseek, job.fd, job.offset, 0);
        const size = Math.min(job.size, MOST_DATA);
        return { result: sought < 0 ? sought : rawSyscall(NR.getdents64, job.fd, this.#data, size) };
      }
      case 'seek':
        return { result: rawSyscall(NR.lseek, job.fd, job.offset, job.whence) };
      case 'sync':
        return { result: rawSyscall(job.data ? NR.fdatasync : NR.fsync, job.fd) };
      case 'flush': {
        const copy = rawSyscall(NR.fcntl, job.fd, F_DUPFD_CLOEXEC, 0);
        return { result: copy < 0 ? copy : rawSyscall(NR.close, copy) };
      }
      case 'allocate':
        return { result: rawSyscall(NR.fallocate, job.fd, job.mode, job.offset, job.length) };
      case 'ioctl':
        return { result: rawSyscall(NR.ioctl, job.fd, job.command, this.#data) };
      case 'statfs':
        return { result: rawSyscall(NR.fstatfs, job.fd, this.#data) };
      case 'getxattr': {
        const [link, name] = [this.#link(job.fd), this.#second(job.name)];
        return { result: rawSyscall(NR.getxattr, link, name, this.#data, MOST_DATA) };
      }
      case 'listxattr':
        return { result: rawSyscall(NR.listxattr, this.#link(job.fd), this.#data, MOST_DATA) };
      case 'setxattr': {
        const [link, name] = [this.#link(job.fd), this.#second(job.name)];
        const result =
          job.size < 0
            ? rawSyscall(NR.removexattr, link, name)
            : rawSyscall(NR.setxattr, link, name, this.#data, job.size, job.flags);
        return { result };
      }
      case 'look':
      case 'unback':
        return { result: 0 };
      case 'close':
        for (const fd of job.fds) rawSyscall(NR.close, fd);
        return { result: 0 };
    }
  }

  get #data(): number {
    return this.memory.address + DATA;
  }

  /** Address of a copy; too long ones are cut, which the kernel refuses as too long. */
  #path(path: string): number {
    return putString(this.#scratch, 0, path.slice(0, PATH_SIZE - 1));
  }

  #second(path: string): number {
    return putString(this.#scratch, SECOND, path.slice(0, PATH_SIZE - 1));
  }

  #link(fd: number): number {
    return this.#path(`/proc/thread-self/fd/${fd}`);
  }

  #stat(fd: number, address = this.memory.address + STATX, mask = STATX_BASIC_STATS): number {
    return rawSyscall(NR.statx, fd, this.#path(''), AT_EMPTY_PATH, mask, address);
  }

  /** What the name leads to, not followed, on the same mount. */
  #found(parent: number, name: string): JobResult {
    if (name.includes('/')) return { result: -EINVAL };
    const path = this.#path(name);
    const { view, address } = this.#scratch;
    view.setBigUint64(HOW, BigInt(O_PATH | O_NOFOLLOW | O_CLOEXEC), true);
    view.setBigUint64(HOW + 8, 0n, true);
    view.setBigUint64(HOW + 16, BigInt(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV), true);
    const found = rawSyscall(NR.openat2, parent, path, address + HOW, 24);
    if (found < 0) return { result: found };
    return this.#withStat(found);
  }

  #withStat(found: number): JobResult {
    const { address, view } = this.memory;
    const result = this.#stat(found, address + STATX, STATX_BASIC_STATS | STATX_BTIME);
    if (result < 0) {
      rawSyscall(NR.close, found);
      return { result };
    }
    view.setUint32(HANDLE, MAX_HANDLE_SZ, true);
    const mountId = this.#scratch.address + MOUNT_ID;
    const named = rawSyscall(NR.name_to_handle_at, found, this.#path(''), address + HANDLE, mountId, AT_EMPTY_PATH);
    if (named < 0) view.setUint32(HANDLE, 0, true);
    return { result: 0, found };
  }

  #reopen(mount: number, handle: Uint8Array): JobResult {
    this.memory.bytes.set(handle, HANDLE);
    const address = this.memory.address + HANDLE;
    const found = rawSyscall(NR.open_by_handle_at, mount, address, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return found < 0 ? { result: found } : this.#withStat(found);
  }

  /** Another may have exchanged what was made before it is looked at: `isNew` says whether that is it. */
  #made({ parent, name, as }: Making, make: () => number): JobResult {
    const since = this.#clock.now();
    const result = make();
    if (result < 0) return { result };
    const made = this.#found(parent, name);
    if (made.found === undefined) return made;
    const fsuid = as?.fsuid ?? process.geteuid?.() ?? 0;
    return { ...made, isNew: isMade(this.#clock.historyOf(made.found), { fsuid, since }) };
  }

  /** With its struct statx. */
  #opened(fd: number): JobResult {
    const result = fd < 0 ? fd : this.#stat(fd);
    if (result < 0 && fd >= 0) rawSyscall(NR.close, fd);
    return { result: result < 0 ? result : fd };
  }

  /**
   * Waits for nobody: EAGAIN while another's lease is broken (fcntl(2), F_SETLEASE). That flag is for this call alone, and so is
   * O_DIRECT, which not every filesystem has: the kernel aligns what it passes on to us as it likes.
   */
  #open(directory: number, path: number, flags: number): number {
    const fd = rawSyscall(NR.openat, directory, path, flags | O_NONBLOCK | O_CLOEXEC, 0);
    const lasting = flags & ~O_DIRECT;
    if (fd >= 0 && lasting !== (flags | O_NONBLOCK)) rawSyscall(NR.fcntl, fd, F_SETFL, lasting);
    return fd;
  }

  /** Like truncate(2), which would wait. */
  #truncate(link: number, size: number): number {
    const fd = this.#open(AT_FDCWD, link, O_WRONLY);
    if (fd < 0) return fd;
    const result = rawSyscall(NR.ftruncate, fd, size);
    rawSyscall(NR.close, fd);
    return result;
  }

  /** The kernel has found nothing at the name, but another may have put something there since. */
  #create({ parent, name, flags, mode }: FileJob & { readonly op: 'create' }): JobResult {
    const path = this.#path(name);
    const all = flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    let fd = -ENOENT;
    for (let tries = 0; fd === -ENOENT && tries < CREATE_TRIES; tries++) {
      fd = rawSyscall(NR.openat, parent, path, all, mode);
      if (fd === -EEXIST && (flags & O_EXCL) === 0) fd = this.#openFile(parent, path, flags);
      else if (fd === -ENOENT)
        break; // Of the directory.
      else if (fd >= 0 && (flags & O_DIRECT) !== 0) rawSyscall(NR.fcntl, fd, F_SETFL, flags & ~O_DIRECT);
    }
    if (fd < 0) return { result: fd };
    // By the open file: its name may mean another by now.
    const found = rawSyscall(NR.openat, AT_FDCWD, this.#link(fd), O_PATH | O_CLOEXEC, 0);
    const { result } = found < 0 ? { result: found } : this.#withStat(found);
    if (result >= 0) return { result: fd, found };
    rawSyscall(NR.close, fd);
    return { result };
  }

  /** A regular file. ESTALE for all else, upon which the kernel looks again; opening a FIFO might wait. */
  #openFile(parent: number, path: number, flags: number): number {
    const fd = this.#open(parent, path, (flags & ~O_CREAT) | O_NOFOLLOW);
    if (fd === -ENOENT) return fd;
    if (fd < 0) return -ESTALE;
    if (this.#stat(fd) >= 0 && (this.memory.view.getUint16(STATX + STX.MODE, true) & S_IFMT) === S_IFREG) return fd;
    rawSyscall(NR.close, fd);
    return -ESTALE;
  }

  #setAttributes({ fd, open, mode, uid, gid, size, times }: AttributesJob): number {
    if (mode !== undefined) {
      const result = rawSyscall(NR.fchmodat, AT_FDCWD, this.#link(fd), mode);
      if (result < 0) return result;
    }
    const nothing = [mode, uid, gid, size, times].every((member) => member === undefined);
    if (uid !== undefined || gid !== undefined || nothing) {
      const result = rawSyscall(NR.fchownat, fd, this.#path(''), uid ?? NO_ID, gid ?? NO_ID, AT_EMPTY_PATH);
      if (result < 0 && !nothing) return result;
    }
    if (size !== undefined) {
      const result = open === undefined ? this.#truncate(this.#link(fd), size) : rawSyscall(NR.ftruncate, open, size);
      if (result < 0) return result;
    }
    if (times !== undefined) {
      const { view, address } = this.#scratch;
      for (const [index, [seconds, nanoseconds]] of times.entries()) {
        view.setBigInt64(TIMES + 16 * index, seconds, true);
        view.setBigInt64(TIMES + 16 * index + 8, BigInt(nanoseconds), true);
      }
      // The magic link is followed, a symbolic link that it leads to is not.
      const result = rawSyscall(NR.utimensat, AT_FDCWD, this.#link(fd), address + TIMES, 0);
      if (result < 0) return result;
    }
    return this.#stat(fd);
  }
}
