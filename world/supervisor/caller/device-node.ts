/** Which device a device node stands for. */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC } from '../../../linux/fcntl.ts';
import { STATX_TYPE, STX } from '../../../linux/stat.ts';
import type { CallerView } from './caller-view.ts';

/** @param fd of ours. @returns `major:minor`; `0:0` of files that are no node. `undefined` = it cannot be looked at. */
export function deviceOfNode(view: CallerView, fd: number): string | undefined {
  const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (rawSyscall(NR.statx, fd, view.path(''), flags, STATX_TYPE, view.resultAddress) < 0) return undefined;
  const [major, minor] = [STX.RDEV_MAJOR, STX.RDEV_MINOR].map((at) => view.resultView.getUint32(at, true));
  return `${major}:${minor}`;
}
