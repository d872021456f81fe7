/**
 * Cache of uses of files that need no decision any more: files that no rule is about, and those that were measured and appraised.
 *
 * Model: a decision depends on who uses the file (ids and capabilities, in our own user namespace), on how, on the file
 * as statx(2) shows it, on what modules remember of it, and on rules and labels. The first three are in the key, the
 * fourth moves the file's counter (file-marks.ts), the last the epoch. A file that was changed a moment ago is not
 * remembered: until its clock moves on another change would not show in its times.
 */
import { NR } from '../../../host/libc.ts';
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { statusField } from '../../../host/procfs/status.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_STATX_DONT_SYNC, O_NONBLOCK } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { S_IFMT, S_IFREG, STATX_BASIC_STATS, STATX_BTIME, STX } from '../../../linux/stat.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { isSettled } from '../caller/file-stamp.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { FileMarks } from '../protocol/file-marks.ts';
import { isBeingWritten } from './lease.ts';
import type { Settlement } from './reported-use.ts';
import type { UsePart } from './use-lookup.ts';

const REMEMBERED = 16_384;
const MASK = STATX_BASIC_STATS | STATX_BTIME;

/** A question that may have been answered before. */
export interface AskedUse {
  readonly key: string;
  readonly epoch: number;
}

interface Known extends Settlement {
  readonly epoch: number;
}

export class SettledUses {
  readonly #view: CallerView;
  readonly #epoch: Pick<Epoch, 'now'>;
  readonly #marks: Pick<FileMarks, 'of'>;
  readonly #known = new Map<string, Known>();

  constructor(view: CallerView, epoch: Pick<Epoch, 'now'>, marks: Pick<FileMarks, 'of'>) {
    this.#view = view;
    this.#epoch = epoch;
    this.#marks = marks;
  }

  /**
   * To be called before anything else is read of the file. @param fd O_PATH. @param tid waits for the answer.
   * @returns `true` = nothing is to be decided; `undefined` = the answer cannot be remembered.
   */
  ask(fd: number, tid: Tid, part: UsePart): true | AskedUse | undefined {
    const epoch = this.#epoch.now;
    const who = this.#who(tid);
    if (who === undefined) return undefined;
    const view = this.#view;
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    const at = Date.now();
    if (rawSyscall(NR.statx, fd, view.path(''), flags, MASK, view.resultAddress) < 0) return undefined;
    const stat = view.resultView;
    if ((stat.getUint16(STX.MODE, true) & S_IFMT) !== S_IFREG) return true;
    const key = `${part.hook} ${part.mask} ${part.writes === true} ${part.direct === true} ${who} ${identityOf(stat)}`;
    const known = this.#known.get(key);
    if (known?.epoch === epoch && known.mark === this.#marks.of(Number(stat.getBigUint64(STX.INO, true)))) {
      if (known.settled === 'always' || this.#isUnwritten(fd, tid, stat.getUint32(STX.UID, true))) return true;
      return undefined;
    }
    const changed = { seconds: stat.getBigInt64(STX.CTIME, true), nanoseconds: stat.getUint32(STX.CTIME + 8, true) };
    return isSettled({ at, ...changed }) ? { key, epoch } : undefined;
  }

  remember({ key, epoch }: AskedUse, settlement: Settlement): void {
    if (this.#known.size === REMEMBERED) this.#known.clear();
    this.#known.set(key, { epoch, ...settlement });
  }

  /** The ids and capabilities of the caller; `undefined` in another user namespace. */
  #who(tid: Tid): string | undefined {
    const view = this.#view;
    if (!view.isInOurUserNamespace(tid) || view.status(tid) === undefined) return undefined;
    const { status = '' } = view.known(tid);
    return ['Uid', 'Gid', 'CapEff'].map((name) => statusField(status, name)).join(' ');
  }

  #isUnwritten(fd: number, tid: Tid, owner: number): boolean {
    const view = this.#view;
    // A filesystem that can block us may have got the number of another one, and pretend to have its file.
    if (!view.mayAsk(fd, tid)) return false;
    const opened = view.openAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`, O_NONBLOCK);
    // One with a lease for writing cannot be opened without waiting.
    if (opened < 0) return false;
    const writers = isBeingWritten(opened, (act) => view.asUser(owner, act));
    view.close(opened);
    return !writers;
  }
}

/** All of struct statx by which a change shows: without the time of access and the number of blocks. */
function identityOf({ buffer, byteOffset }: DataView): string {
  const part = (from: number, to: number): string =>
    latin1(new Uint8Array(buffer, byteOffset + from, to - from), to - from);
  return part(STX.UID, STX.SIZE + 8) + part(STX.BTIME, STX.MTIME + 16) + part(STX.DEV_MAJOR, STX.DEV_MAJOR + 8);
}
