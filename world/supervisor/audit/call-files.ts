/**
 * Which files each system call names, for audit (named-files.ts): getname() and audit_file() in the calls of fs/ and net/ of Linux 6.12.
 */
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_FDCWD,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_TRUNC,
  O_WRONLY,
  OPEN_HOW_SIZE,
} from '../../../linux/fcntl.ts';
import { MAY_EXEC } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { AF_UNIX, SUN_PATH } from '../../../linux/socket.ts';
import { S_IFMT, S_IFREG } from '../../../linux/stat.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import { interpreterOf, MOST_INTERPRETERS } from '../../../lsm/framework/files/script.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { elfProgram } from '../uses/elf.ts';
import type { ArgumentReader } from './argument-reader.ts';
import type { Named, NamedFiles, QueueUse } from './named-files.ts';

/** `undefined`: the call names none, or an argument cannot be read. */
type Naming = (reader: ArgumentReader, files: NamedFiles) => Named | undefined;

/** struct open_how */
export interface OpenHow {
  readonly flags: bigint;
  readonly mode: bigint;
  readonly resolve: bigint;
}

const { EBADF, EFAULT, EINVAL } = ERRNO;
const PAGE = 4096;
/** sizeof(struct sockaddr_storage) */
const ADDRESS_MAX = 128;

function text({ call, memory }: ArgumentReader, argument: number): string | undefined {
  const found = memory.readString(call.tid, call.low(argument), call.high(argument));
  return typeof found === 'string' && found !== '' ? found : undefined; // ENOENT, EFAULT: getname() fails
}

function directory({ call }: ArgumentReader, argument: number | undefined): CallerFd {
  return argument === undefined ? AT_FDCWD : call.fd(argument);
}

const lookUp =
  (path: number, dirfd?: number, follows: (reader: ArgumentReader) => boolean = () => true): Naming =>
  (reader, files) => {
    const name = text(reader, path);
    return name === undefined ? undefined : files.lookedUp(directory(reader, dirfd), name, follows(reader));
  };
const never = (): boolean => false;
const unless =
  (argument: number): ((reader: ArgumentReader) => boolean) =>
  ({ call }) =>
    (call.low(argument) & AT_SYMLINK_NOFOLLOW) === 0;

function open(reader: ArgumentReader, files: NamedFiles, path: number, dirfd: CallerFd, flags: number) {
  const name = text(reader, path);
  if (name === undefined) return undefined;
  const follow = (flags & O_NOFOLLOW) === 0 && (flags & (O_CREAT | O_EXCL)) !== (O_CREAT | O_EXCL);
  return (flags & O_CREAT) === 0 ? files.lookedUp(dirfd, name, follow) : files.opened(dirfd, name, follow);
}

const create =
  (path: number, dirfd?: number, target?: number): Naming =>
  (reader, files) => {
    const name = text(reader, path);
    const told = target === undefined ? undefined : text(reader, target);
    return name === undefined ? undefined : files.created(directory(reader, dirfd), name, told);
  };
const remove =
  (path: number, dirfd?: number): Naming =>
  (reader, files) => {
    const name = text(reader, path);
    return name === undefined ? undefined : files.removed(directory(reader, dirfd), name);
  };
const byDescriptor: Naming = ({ call }, files) => files.byDescriptor(call.fd(0));
/** Noted after the checks of what is given with it. */
const openQueue: Naming = ({ call }, files) => files.byDescriptor(call.fd(0), [EBADF, EFAULT, EINVAL]);

const two =
  (
    paths: readonly [number, number],
    dirfds: readonly [number | undefined, number | undefined],
    name: (files: NamedFiles, from: [CallerFd, string], to: [CallerFd, string], reader: ArgumentReader) => Named,
  ): Naming =>
  (reader, files) => {
    const [from, to] = paths.map((path) => text(reader, path));
    if (from === undefined || to === undefined) return undefined;
    return name(files, [directory(reader, dirfds[0]), from], [directory(reader, dirfds[1]), to], reader);
  };
const rename = two([0, 1], [undefined, undefined], (files, from, to) => files.renamed(from, to));
const renameat = two([1, 3], [0, 2], (files, from, to) => files.renamed(from, to));
const link = two([0, 1], [undefined, undefined], (files, from, to) => files.linked(from, false, to));
const linkat = two([1, 3], [0, 2], (files, from, to, { call }) =>
  files.linked(from, (call.low(4) & AT_SYMLINK_FOLLOW) !== 0, to),
);

/** What the address of a UNIX socket names. */
const address =
  (makes: boolean): Naming =>
  (reader, files) => {
    const path = unixPath(addressOf(reader, 1));
    if (path === undefined) return undefined;
    return makes ? files.created(AT_FDCWD, path) : files.lookedUp(AT_FDCWD, path, true);
  };

function unixPath(sockaddr: string | undefined): string | undefined {
  if (sockaddr === undefined || sockaddr.charCodeAt(0) + 256 * sockaddr.charCodeAt(1) !== AF_UNIX) return undefined;
  const [path = ''] = sockaddr.slice(SUN_PATH).split('\0');
  return path === '' ? undefined : path;
}

/** A struct sockaddr, which the argument before tells the place of and the next the length. */
function addressOf({ call, memory }: ArgumentReader, argument: number): string | undefined {
  const length = call.int(argument + 1);
  if (length <= 0 || length > ADDRESS_MAX) return undefined;
  const count = memory.read(call.tid, call.low(argument), call.high(argument), length);
  return count === length ? latin1(memory.bytes, length) : undefined;
}

const execute =
  (path: number, dirfd?: number): Naming =>
  (reader, files) => {
    const name = text(reader, path);
    if (name === undefined) return undefined;
    const program = files.lookedUp(directory(reader, dirfd), name, true);
    return files.executed(program, openedBesides(reader, directory(reader, dirfd), name));
  };

/** Interpreters of scripts, then the dynamic loader. */
function openedBesides({ call, view }: ArgumentReader, dirfd: CallerFd, program: string): string[] {
  const found: string[] = [];
  let next: string | undefined = program;
  while (next !== undefined && found.length < MOST_INTERPRETERS) {
    const fd = view.resolveForCaller(call.tid, found.length === 0 ? dirfd : AT_FDCWD, next, 0);
    // Nothing but what it may execute is opened: a device, a pipe or a log of the kernel notices that.
    const executes =
      fd >= 0 && view.mayAsk(fd, call.tid) && isRegular(view, fd) && view.permits(call.tid, fd, MAY_EXEC) === 0;
    const head = executes ? (view.readFile(AT_FDCWD, `/proc/thread-self/fd/${fd}`) ?? '').slice(0, PAGE) : '';
    if (fd >= 0) view.close(fd);
    const loader = elfProgram(head)?.interpreter;
    if (loader !== undefined) return [...found, loader];
    next = interpreterOf(head);
    if (next !== undefined) found.push(next);
  }
  return found;
}

function isRegular(view: CallerView, fd: number): boolean {
  return ((view.stat(fd)?.mode ?? 0) & S_IFMT) === S_IFREG;
}

/** (name, ...) of a message queue. */
const queue =
  (how: (reader: ArgumentReader) => QueueUse): Naming =>
  (reader, files) => {
    const name = text(reader, 0);
    return name === undefined ? undefined : files.queue(reader.ipc.queues(reader.call.tid), name, how(reader));
  };

const NAMINGS: Partial<Record<SyscallName, Naming>> = {
  open: (reader, files) => open(reader, files, 0, AT_FDCWD, reader.call.low(1)),
  openat: (reader, files) => open(reader, files, 1, reader.call.fd(0), reader.call.low(2)),
  creat: (reader, files) => open(reader, files, 0, AT_FDCWD, O_CREAT | O_WRONLY | O_TRUNC),
  openat2: (reader, files) => open(reader, files, 1, reader.call.fd(0), Number(openHow(reader)?.flags ?? 0n)),
  mkdir: create(0),
  mkdirat: create(1, 0),
  mknod: create(0),
  mknodat: create(1, 0),
  symlink: create(1, undefined, 0),
  symlinkat: create(2, 1, 0),
  unlink: remove(0),
  rmdir: remove(0),
  unlinkat: remove(1, 0),
  rename,
  renameat,
  renameat2: renameat,
  link,
  linkat,
  chmod: lookUp(0),
  fchmodat: lookUp(1, 0),
  fchmodat2: lookUp(1, 0, unless(3)),
  fchmod: byDescriptor,
  chown: lookUp(0),
  lchown: lookUp(0, undefined, never),
  fchownat: lookUp(1, 0, unless(4)),
  fchown: byDescriptor,
  truncate: lookUp(0),
  ftruncate: byDescriptor,
  utime: lookUp(0),
  utimes: lookUp(0),
  futimesat: lookUp(1, 0),
  utimensat: lookUp(1, 0, unless(3)),
  access: lookUp(0),
  faccessat: lookUp(1, 0),
  faccessat2: lookUp(1, 0, unless(3)),
  chdir: lookUp(0),
  chroot: lookUp(0),
  stat: lookUp(0),
  lstat: lookUp(0, undefined, never),
  newfstatat: lookUp(1, 0, unless(3)),
  statx: lookUp(1, 0, unless(2)),
  readlink: lookUp(0, undefined, never),
  readlinkat: lookUp(1, 0, never),
  statfs: lookUp(0),
  inotify_add_watch: lookUp(1),
  setxattr: lookUp(0),
  lsetxattr: lookUp(0, undefined, never),
  fsetxattr: byDescriptor,
  getxattr: lookUp(0),
  lgetxattr: lookUp(0, undefined, never),
  fgetxattr: byDescriptor,
  listxattr: lookUp(0),
  llistxattr: lookUp(0, undefined, never),
  flistxattr: byDescriptor,
  removexattr: lookUp(0),
  lremovexattr: lookUp(0, undefined, never),
  fremovexattr: byDescriptor,
  execve: execute(0),
  execveat: execute(1, 0),
  connect: address(false),
  bind: address(true),
  mq_open: queue(({ call }) => ((call.low(1) & O_CREAT) === 0 ? 'open' : 'make')),
  mq_unlink: queue(() => 'remove'),
  mq_timedsend: openQueue,
  mq_timedreceive: openQueue,
};
const WITH_ADDRESS: ReadonlyMap<SyscallName, number> = new Map([
  ['connect', 1],
  ['bind', 1],
  ['sendto', 4],
]);

export function namedBy(name: SyscallName | undefined, reader: ArgumentReader, files: NamedFiles): Named | undefined {
  return name === undefined ? undefined : NAMINGS[name]?.(reader, files);
}

/** The address that a call was given, latin-1. */
export function addressGiven(name: SyscallName | undefined, reader: ArgumentReader): string | undefined {
  const argument = name && WITH_ADDRESS.get(name);
  return argument === undefined ? undefined : addressOf(reader, argument);
}

export function openHow({ call, memory }: ArgumentReader): OpenHow | undefined {
  if (memory.read(call.tid, call.low(2), call.high(2), OPEN_HOW_SIZE) < OPEN_HOW_SIZE) return undefined;
  const how = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, OPEN_HOW_SIZE);
  return { flags: how.getBigUint64(0, true), mode: how.getBigUint64(8, true), resolve: how.getBigUint64(16, true) };
}
