/**
 * Processes and descriptors: starting a daemon, becoming a command, reaching into another process's descriptor table.
 *
 * All functions return >= 0 or a negative errno.
 */
import { existsSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';
import { F_GETFD, F_SETFD, FD_CLOEXEC, O_RDWR } from '../../linux/fcntl.ts';
import { CLOSE_RANGE_CLOEXEC } from '../../linux/process.ts';
import { SIG_DFL, SIG_IGN, SIG_SETMASK, SIGSET_SIZE, SIGXFSZ } from '../../linux/signal.ts';
import { libcFunction, systemCall } from '../libc.ts';

/** spawn.h of the C library. */
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
/** Larger than posix_spawnattr_t (336 bytes) and posix_spawn_file_actions_t (80) of glibc and musl. */
const OPAQUE_SIZE = 1024;

const rawFcntl = libcFunction('fcntl', ['int', 'int', 'long']);
const rawSignal = libcFunction('signal', ['int', 'long'], 'long');
const rawSymbol = libcFunction('dlsym', ['long', 'str'], 'long');
const rawSigprocmask = libcFunction('sigprocmask', ['int', 'void *', 'void *']);
const rawExecvp = libcFunction('execvp', ['str', 'char **']);
const rawWaitpid = libcFunction('waitpid', ['int', 'void *', 'int']);
const rawPidfdOpen = systemCall('pidfd_open', ['int', 'uint']);
const rawPidfdGetfd = systemCall('pidfd_getfd', ['int', 'int', 'uint']);
const rawCloseRange = systemCall('close_range', ['uint', 'uint', 'uint']);
const rawPrlimit = libcFunction('prlimit', ['int', 'int', 'void *', 'void *']);

/** posix_spawn and its relatives return a positive errno instead of setting it. */
const rawSpawn = libcFunction('posix_spawnp', ['void *', 'str', 'void *', 'void *', 'char **', 'char **']);
const initActions = libcFunction('posix_spawn_file_actions_init', ['void *']);
const addOpen = libcFunction('posix_spawn_file_actions_addopen', ['void *', 'int', 'str', 'int', 'uint']);
const addDuplicate = libcFunction('posix_spawn_file_actions_adddup2', ['void *', 'int', 'int']);
const destroyActions = libcFunction('posix_spawn_file_actions_destroy', ['void *']);
const initAttributes = libcFunction('posix_spawnattr_init', ['void *']);
const setFlags = libcFunction('posix_spawnattr_setflags', ['void *', 'short']);
const setDefaults = libcFunction('posix_spawnattr_setsigdefault', ['void *', 'void *']);
const setMask = libcFunction('posix_spawnattr_setsigmask', ['void *', 'void *']);

export interface SpawnRequest {
  /** Without a slash it is looked up in PATH. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly environment: readonly string[];
  /** Descriptor of ours to its number there. */
  readonly descriptors: ReadonlyMap<number, number>;
}

/**
 * Starts a program in a new session, standard streams on /dev/null, signals at their defaults. Only the descriptors named, and those
 * without close-on-exec, reach it. @returns its pid.
 */
export function spawnInNewSession(request: SpawnRequest): number {
  const actions = new Uint8Array(OPAQUE_SIZE);
  const attributes = new Uint8Array(OPAQUE_SIZE);
  const pid = new Int32Array(1);
  initActions(actions);
  initAttributes(attributes);
  for (const fd of [0, 1, 2]) addOpen(actions, fd, '/dev/null', O_RDWR, 0);
  for (const [from, to] of request.descriptors) addDuplicate(actions, from, to);
  setFlags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  setDefaults(attributes, new Uint8Array(SIGSET_SIZE).fill(0xff));
  setMask(attributes, new Uint8Array(SIGSET_SIZE));
  const failure = rawSpawn(
    new Uint8Array(pid.buffer),
    request.path,
    actions,
    attributes,
    [...request.argv, null],
    [...request.environment, null],
  );
  destroyActions(actions);
  return failure > 0 ? -failure : (pid[0] ?? 0);
}

/** Waits for a child. @returns its wait status. */
export function waitForChild(pid: number): number {
  const status = new Int32Array(1);
  for (;;) {
    const result = rawWaitpid(pid, new Uint8Array(status.buffer), 0);
    if (result >= 0) return status[0] ?? 0;
    if (result !== -4) return result;
  }
}

/** Errors after which execvp(3) tries the next directory of PATH. */
const TRIED_ELSEWHERE: readonly number[] = [ERRNO.EACCES, ERRNO.ENOENT, ERRNO.ENOTDIR];

/** Files that execvp(3) tries for `name`, by PATH: those that exist. */
export function filesCalled(name = ''): string[] {
  const directories = name === '' || name.includes('/') ? [] : (process.env.PATH?.split(':') ?? []);
  return directories
    .map((directory) => `${directory === '' ? '.' : directory}/${name}`)
    .filter((file) => existsSync(file));
}

/**
 * Replaces this process, as execvp(3) does, but trying only what exists. @param files which that is: in a world each is a question to the
 * supervisor, so a launcher looks before. @returns a negative errno, only when that failed. Must run on the main thread.
 */
export function becomeCommand(argv: readonly string[], files: readonly string[] = filesCalled(argv[0])): number {
  const [name = ''] = argv;
  for (const file of files) {
    const failure = rawExecvp(file, [...argv, null]);
    if (!TRIED_ELSEWHERE.includes(-failure)) return failure;
  }
  return rawExecvp(name, [...argv, null]);
}

export function openProcess(pid: number): number {
  return rawPidfdOpen(pid, 0);
}

/** A duplicate of descriptor `fd` of the process behind `pidfd`, close-on-exec. */
export function takeDescriptor(pidfd: number, fd: number): number {
  return rawPidfdGetfd(pidfd, fd, 0);
}

export function setCloseOnExec(fd: number, on: boolean): number {
  return rawFcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0);
}

export function isCloseOnExec(fd: number): boolean {
  const flags = rawFcntl(fd, F_GETFD, 0);
  return flags > 0 && (flags & FD_CLOEXEC) !== 0;
}

/** Marks every descriptor above the standard streams close-on-exec. */
export function closeAllOnExec(): void {
  rawCloseRange(3, 0xffffffff, CLOSE_RANGE_CLOEXEC);
}

export function setSignalIgnored(signal: number, ignored: boolean): void {
  rawSignal(signal, ignored ? SIG_IGN : SIG_DFL);
}

/** SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS: a thread's own faults. */
const FAULTS: readonly number[] = [4, 5, 6, 7, 8, 11, 31];

/** The calling thread handles no signal any more but its own faults. */
export function blockSignals(): void {
  const set = new Uint8Array(SIGSET_SIZE).fill(0xff);
  for (const signal of FAULTS) set[(signal - 1) >> 3] = (set[(signal - 1) >> 3] ?? 0) & ~(1 << ((signal - 1) & 7));
  rawSigprocmask(SIG_SETMASK, set, null);
}

/** SIGQUIT, the faults, SIGXCPU. */
const DUMP_CORE: readonly number[] = [3, ...FAULTS, 24];

/**
 * Signals that would dump core end this process at once. A core dump waits for every thread, also for one that waits
 * uninterruptibly for an answer of this process (coredump_wait() of fs/coredump.c): it would never end. SIGXFSZ is
 * ignored, so that a file size limit is an error of write(2).
 */
export function neverDumpCore(): void {
  const exit = rawSymbol(0, '_exit');
  for (const signal of DUMP_CORE) rawSignal(signal, exit > 0 ? exit : SIG_DFL);
  setSignalIgnored(SIGXFSZ, true);
}

/** Lets every signal through to the calling thread. */
export function unblockSignals(): void {
  rawSigprocmask(SIG_SETMASK, new Uint8Array(SIGSET_SIZE), null);
}

export interface ResourceLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** `pid` 0 = this process. */
export function getLimit(pid: number, resource: number): ResourceLimit | undefined {
  const values = new BigUint64Array(2);
  if (rawPrlimit(pid, resource, null, new Uint8Array(values.buffer)) < 0) return undefined;
  return { soft: values[0] ?? 0n, hard: values[1] ?? 0n };
}

export function setLimit(resource: number, limit: ResourceLimit): number {
  return rawPrlimit(0, resource, new Uint8Array(new BigUint64Array([limit.soft, limit.hard]).buffer), null);
}
