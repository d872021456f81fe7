/**
 * Is a file open elsewhere? A lease (fcntl(2), F_SETLEASE) is granted only where no open conflicts with it, and given back at once.
 * The kernel grants it to the owner of the file, or to CAP_LEASE of the initial user namespace.
 *
 * A process that opens the file in between is blocked for some microseconds, and we get a signal: SIGURG, which is ignored by default.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { F_RDLCK, F_SETLEASE, F_SETSIG, F_UNLCK, F_WRLCK } from '../../../linux/fcntl.ts';
import { SIGURG } from '../../../linux/signal.ts';

const { EAGAIN, EACCES } = ERRNO;

/** Acts as the owner of the file. */
export type AsOwner = (act: () => number) => number;

/** Is it open for writing? @param fd open for reading, by us alone. */
export function isBeingWritten(fd: number, asOwner: AsOwner): boolean {
  return isRefused(fd, F_RDLCK, asOwner);
}

/** Is it open elsewhere? */
export function isOpenElsewhere(fd: number, asOwner: AsOwner): boolean {
  return isRefused(fd, F_WRLCK, asOwner);
}

function isRefused(fd: number, lease: number, asOwner: AsOwner): boolean {
  rawSyscall(NR.fcntl, fd, F_SETSIG, SIGURG);
  const take = (): number => rawSyscall(NR.fcntl, fd, F_SETLEASE, lease);
  const direct = take();
  const result = direct === -EACCES ? asOwner(take) : direct;
  if (result === 0) rawSyscall(NR.fcntl, fd, F_SETLEASE, F_UNLCK);
  return result === -EAGAIN;
}
