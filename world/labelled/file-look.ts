/** Looks at files of a backing directory for decisions, with the daemon's own rights. */
import { NR } from '../../host/libc.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, O_NOATIME, O_NONBLOCK } from '../../linux/fcntl.ts';
import { S_IFDIR, S_IFMT, S_IFREG, STATX_BASIC_STATS, STX } from '../../linux/stat.ts';
import { OwnFiles } from '../supervisor/caller/own-files.ts';
import { OwnXattrs } from '../supervisor/caller/own-xattrs.ts';
import { isBeingWritten, isOpenElsewhere } from '../supervisor/uses/lease.ts';
import { generationOf, statFile } from '../supervisor/uses/used-file.ts';
import type { LookedContent, LookedFile } from './jobs.ts';

const NANOSECONDS = 1_000_000_000n;
const ELF = 0x7f454c46;

/** Others are not opened: a device or FIFO notices that. */
function hasGeneration(mode: number): boolean {
  return (mode & S_IFMT) === S_IFREG || (mode & S_IFMT) === S_IFDIR;
}

export class FileLook {
  readonly #own = new OwnFiles();
  readonly #xattrs = new OwnXattrs();

  /**
   * What modules decide by: statx and all attributes. `undefined` when its filesystem does not say.
   * @param fd O_PATH.
   * @param wantsGeneration `i_generation`, for which the file is opened.
   */
  look(fd: number, wantsGeneration: boolean): LookedFile | undefined {
    const { resultAddress, resultView: statx } = this.#own;
    if (rawSyscall(NR.statx, fd, this.#own.path(''), AT_EMPTY_PATH, STATX_BASIC_STATS, resultAddress) < 0)
      return undefined;
    const time = (offset: number): bigint =>
      statx.getBigInt64(offset, true) * NANOSECONDS + BigInt(statx.getUint32(offset + 8, true));
    const facts = {
      mode: statx.getUint16(STX.MODE, true),
      uid: statx.getUint32(STX.UID, true),
      gid: statx.getUint32(STX.GID, true),
      ino: Number(statx.getBigUint64(STX.INO, true)),
      size: Number(statx.getBigUint64(STX.SIZE, true)),
      nlink: statx.getUint32(STX.NLINK, true),
      mtime: time(STX.MTIME),
      ctime: time(STX.CTIME),
    };
    const generation = wantsGeneration && hasGeneration(facts.mode) ? this.#generation(fd) : undefined;
    const names = this.#xattrs.list(fd);
    const values = (typeof names === 'number' ? [] : names).flatMap((name): [string, string][] => {
      const value = this.#xattrs.get(fd, name);
      return value === undefined ? [] : [[name, value]];
    });
    return { ...facts, ...(generation !== undefined && { generation }), xattrs: Object.fromEntries(values) };
  }

  #generation(fd: number): number | undefined {
    const open = this.#own.open(`/proc/thread-self/fd/${fd}`, O_NONBLOCK | O_NOATIME);
    if (open < 0) return undefined;
    const generation = generationOf(this.#own, open);
    rawSyscall(NR.close, open);
    return generation;
  }
  /** Of a regular file: what uses of its content are decided by. To be called while the asking request has not opened it. */
  content(fd: number): LookedContent | undefined {
    const stat = statFile(this.#own, fd);
    if (stat === undefined || (stat.mode & S_IFMT) !== S_IFREG) return undefined;
    const open = this.#own.open(`/proc/thread-self/fd/${fd}`, O_NONBLOCK | O_NOATIME);
    if (open < 0) return { stat, writers: false, openers: false, isElf: false };
    const { resultAddress, resultView } = this.#own;
    const isElf = rawSyscall(NR.pread64, open, resultAddress, 4, 0) === 4 && resultView.getUint32(0) === ELF;
    const writers = isBeingWritten(open, (act) => act());
    const openers = !writers && isOpenElsewhere(open, (act) => act());
    rawSyscall(NR.close, open);
    return { stat, writers, openers, isElf };
  }
}
