/**
 * Was this file made by a call that was notified a moment ago? The name alone does not tell: the caller may own the
 * directory and have put another file there.
 *
 * A birth time cannot be set by users: it must be later than the notification. On filesystems without one, mtime and
 * ctime must be later and the link count must be 1. The owner must be the one that the kernel gives a new file.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC } from '../../../linux/fcntl.ts';
import {
  S_IFDIR,
  S_IFMT,
  STATX_BTIME,
  STATX_CTIME,
  STATX_INO,
  STATX_MTIME,
  STATX_NLINK,
  STATX_UID,
  STX,
} from '../../../linux/stat.ts';
import type { OwnFiles } from '../caller/own-files.ts';

/** The clock that inodes get their times from: CLOCK_REALTIME_COARSE. */
const CLOCK = 5;
const MASK = STATX_NLINK | STATX_UID | STATX_MTIME | STATX_CTIME | STATX_INO | STATX_BTIME;

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

/** Times of an inode, from statx(2). */
export interface InodeHistory {
  readonly uid: number;
  readonly ino: string;
  readonly links: number;
  readonly directory: boolean;
  /** Absent where the filesystem keeps none. */
  readonly born?: Moment;
  /** mtime, ctime */
  readonly changes: readonly Moment[];
}

/** Reads the clock of inodes, and the times of one. */
export class InodeClock {
  readonly #view: Pick<OwnFiles, 'path' | 'resultAddress' | 'resultView'>;

  constructor(view: Pick<OwnFiles, 'path' | 'resultAddress' | 'resultView'>) {
    this.#view = view;
  }

  now(): Moment {
    rawSyscall(NR.clock_gettime, CLOCK, this.#view.resultAddress);
    return momentAt(this.#view.resultView, 0);
  }

  /** `undefined` when it cannot be told. */
  historyOf(fd: number): InodeHistory | undefined {
    const view = this.#view;
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, fd, view.path(''), flags, MASK, view.resultAddress) < 0) return undefined;
    const statx = view.resultView;
    return {
      uid: statx.getUint32(STX.UID, true),
      ino: String(statx.getBigUint64(STX.INO, true)),
      links: statx.getUint32(STX.NLINK, true),
      directory: (statx.getUint16(STX.MODE, true) & S_IFMT) === S_IFDIR,
      ...((statx.getUint32(STX.MASK, true) & STATX_BTIME) !== 0 && { born: momentAt(statx, STX.BTIME) }),
      changes: [momentAt(statx, STX.MTIME), momentAt(statx, STX.CTIME)],
    };
  }
}

/** As of FileInspector. */
export function bornAt(view: ConstructorParameters<typeof InodeClock>[0], fd: number): number | undefined {
  const born = new InodeClock(view).historyOf(fd)?.born;
  return born && 1000 * born.seconds + born.nanoseconds / 1e6;
}

function momentAt(view: DataView, offset: number): Moment {
  return { seconds: Number(view.getBigInt64(offset, true)), nanoseconds: view.getUint32(offset + 8, true) };
}

/** Some filesystems store whole seconds, or units of 100 ns. */
export function isNotBefore(time: Moment, since: Moment): boolean {
  if (time.seconds !== since.seconds) return time.seconds > since.seconds;
  return time.nanoseconds === 0 || Math.floor(time.nanoseconds / 1000) >= Math.floor(since.nanoseconds / 1000);
}

/** @param unnamed number of a file that has no name. */
export function isMade(history: InodeHistory | undefined, { fsuid, since }: Creation, unnamed?: string): boolean {
  if (history === undefined || history.uid !== fsuid) return false;
  const { born, changes, directory, ino, links } = history;
  if (unnamed !== undefined && (links !== 0 || ino !== unnamed)) return false;
  if (born !== undefined) return isNotBefore(born, since);
  return (directory || links <= 1) && changes.every((time) => isNotBefore(time, since));
}
