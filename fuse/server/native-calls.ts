/**
 * The few system calls that Node has no function for, through koffi. Every wrapper returns what the kernel returned: a value, or a
 * negative errno. Numbers of the fsopen family are the same on every architecture (unistd: 428-432).
 */
import koffi from 'koffi';
import { NR } from '../../host/libc.ts';
import { AT_FDCWD, F_DUPFD_CLOEXEC, LOCK_EX, O_CLOEXEC } from '../../linux/fcntl.ts';
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  MOVE_MOUNT_F_EMPTY_PATH,
} from '../../linux/mount.ts';

const libc = koffi.load(null);
const readCall = libc.func('long read(int fd, void *buffer, size_t length)');
const writeCall = libc.func('long write(int fd, const void *buffer, size_t length)');
const pipeCall = libc.func('int pipe2(_Out_ int *fds, int flags)');
const dupCall = libc.func('int dup3(int from, int to, int flags)');
const fcntlCall = libc.func('int fcntl(int fd, int command, int argument)');
const flockCall = libc.func('int flock(int fd, int operation)');
const mountCall = libc.func(
  'int mount(const char *source, const char *target, const char *type, ulong flags, const char *data)',
);
const fsopenCall = libc.func('syscall', 'long', ['long', 'str', 'uint']);
const fsconfigCall = libc.func('syscall', 'long', ['long', 'int', 'uint', 'str', 'str', 'int']);
const fsmountCall = libc.func('syscall', 'long', ['long', 'int', 'uint', 'uint']);
const moveMountCall = libc.func('syscall', 'long', ['long', 'int', 'str', 'int', 'str', 'uint']);

function checked(result: number): number {
  return result < 0 ? -koffi.errno() : result;
}

export function read(fd: number, buffer: Buffer, length: number): number {
  const result: number = readCall(fd, buffer, length);
  return result < 0 ? -koffi.errno() : result;
}

export function write(fd: number, buffer: Buffer, length: number): number {
  const result: number = writeCall(fd, buffer, length);
  return result < 0 ? -koffi.errno() : result;
}

/** @returns `[read end, write end]`, close-on-exec, or a negative errno. */
export function pipe(): readonly [number, number] | number {
  const fds: [number, number] = [-1, -1];
  const result = checked(pipeCall(fds, O_CLOEXEC));
  return result < 0 ? result : fds;
}

/** Makes descriptor `to` a close-on-exec duplicate of `from`, closing what it was. */
export function duplicateOnto(from: number, to: number): number {
  return checked(dupCall(from, to, O_CLOEXEC));
}

/** @returns a close-on-exec duplicate, or a negative errno. */
export function duplicate(fd: number): number {
  return checked(fcntlCall(fd, F_DUPFD_CLOEXEC, 3));
}

/** Takes an exclusive lock on an open file; waits for it. Closing the descriptor releases it. */
export function lockExclusive(fd: number): number {
  return checked(flockCall(fd, LOCK_EX));
}

export function mount(source: string, target: string, type: string, flags: number, data: string): number {
  return checked(mountCall(source, target, type, flags, data));
}

export function fsopen(type: string): number {
  return checked(fsopenCall(NR.fsopen, type, FSOPEN_CLOEXEC));
}

/** `value` undefined = a flag. */
export function fsconfigSet(fd: number, key: string, value?: string): number {
  const command = value === undefined ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
  return checked(fsconfigCall(NR.fsconfig, fd, command, key, value ?? null, 0));
}

export function fsconfigCreate(fd: number): number {
  return checked(fsconfigCall(NR.fsconfig, fd, FSCONFIG_CMD_CREATE, null, null, 0));
}

/** @returns the descriptor of a detached mount. */
export function fsmount(fd: number): number {
  return checked(fsmountCall(NR.fsmount, fd, FSMOUNT_CLOEXEC, 0));
}

/** Attaches a detached mount at `path`. */
export function moveMount(mountFd: number, path: string): number {
  return checked(moveMountCall(NR.move_mount, mountFd, '', AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH));
}
