/** Looks at files of a backing directory for decisions, with the daemon's own rights. */
import { NR } from '../../host/libc.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { AT_EMPTY_PATH } from '../../linux/fcntl.ts';
import { STATX_BASIC_STATS, STX } from '../../linux/stat.ts';
import { OwnFiles } from '../supervisor/caller/own-files.ts';
import { OwnXattrs } from '../supervisor/caller/own-xattrs.ts';
import type { LookedFile } from './jobs.ts';

const NANOSECONDS = 1_000_000_000n;

export class FileLook {
  readonly #own = new OwnFiles();
  readonly #xattrs = new OwnXattrs();

  /** What modules decide by: statx and all attributes. @param fd O_PATH. `undefined` when its filesystem does not say. */
  look(fd: number): LookedFile | undefined {
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
    const names = this.#xattrs.list(fd);
    const values = (typeof names === 'number' ? [] : names).flatMap((name): [string, string][] => {
      const value = this.#xattrs.get(fd, name);
      return value === undefined ? [] : [[name, value]];
    });
    return { ...facts, xattrs: Object.fromEntries(values) };
  }
}
