/**
 * Is a file the one that a call of a moment ago has made? A name says little: its directory may be the caller's, who can have put another file there.
 *
 * What nobody can give a file is a birth time: it must lie behind the moment at which the call was notified. Filesystems that have none must show
 * the last changes of content and of the inode behind it, and no second name. The owner must be who the kernel made it for.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, type CallerView } from '../caller/caller-view.ts';

/** The clock that inodes get their times from: CLOCK_REALTIME_COARSE. */
const CLOCK = 5;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_BTIME = 0x800;
/** STATX_NLINK | STATX_UID | STATX_MTIME | STATX_CTIME | STATX_INO | STATX_BTIME */
const MASK = 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | STATX_BTIME;
const [LINKS, UID, MODE, INO] = [16, 20, 28, 32];
const [BTIME, CTIME, MTIME] = [80, 96, 112];
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

export interface Creation {
  readonly fsuid: number;
  /** When the call was about to happen. */
  readonly since: Moment;
}

/** Of CLOCK_REALTIME. */
export interface Moment {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export function momentNow(view: CallerView): Moment {
  rawSyscall(NR.clock_gettime, CLOCK, view.resultAddress);
  return momentAt(view.resultView, 0);
}

function momentAt(view: DataView, offset: number): Moment {
  return { seconds: Number(view.getBigInt64(offset, true)), nanoseconds: view.getUint32(offset + 8, true) };
}

/** Some filesystems have whole seconds only, or tenths of microseconds. */
export function isNotBefore(time: Moment, since: Moment): boolean {
  if (time.seconds !== since.seconds) return time.seconds > since.seconds;
  return time.nanoseconds === 0 || Math.floor(time.nanoseconds / 1000) >= Math.floor(since.nanoseconds / 1000);
}

/** @param unnamed number of a file that has no name. */
export function isMade(view: CallerView, fd: number, { fsuid, since }: Creation, unnamed?: string): boolean {
  const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (rawSyscall(NR.statx, fd, view.path(''), flags, MASK, view.resultAddress) < 0) return false;
  const statx = view.resultView;
  const links = statx.getUint32(LINKS, true);
  if (statx.getUint32(UID, true) !== fsuid) return false;
  if (unnamed !== undefined && (links !== 0 || String(statx.getBigUint64(INO, true)) !== unnamed)) return false;
  if ((statx.getUint32(0, true) & STATX_BTIME) !== 0) return isNotBefore(momentAt(statx, BTIME), since);
  const directory = (statx.getUint16(MODE, true) & S_IFMT) === S_IFDIR;
  return (directory || links <= 1) && [CTIME, MTIME].every((time) => isNotBefore(momentAt(statx, time), since));
}
