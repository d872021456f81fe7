/**
 * Is a file open elsewhere? A lease (fcntl(2), F_SETLEASE) is granted only where no open conflicts with it, and given back at once.
 *
 * Whoever opens the file in between waits those microseconds, and we get a signal, for which one is chosen that nobody handles.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';

const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** By default ignored. */
const SIGURG = 23;
const EAGAIN = 11;

/** Does somebody write it? @param fd open for reading, by us alone. */
export function isBeingWritten(fd: number): boolean {
  return isRefused(fd, F_RDLCK);
}

/** Does anybody else have it open? */
export function isOpenElsewhere(fd: number): boolean {
  return isRefused(fd, F_WRLCK);
}

function isRefused(fd: number, lease: number): boolean {
  rawSyscall(NR.fcntl, fd, F_SETSIG, SIGURG);
  const result = rawSyscall(NR.fcntl, fd, F_SETLEASE, lease);
  if (result === 0) rawSyscall(NR.fcntl, fd, F_SETLEASE, F_UNLCK);
  return result === -EAGAIN;
}
