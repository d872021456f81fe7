/** Which file a process runs, told by its inode: names are its user's, who may give them to other files at any time. */

import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC, O_PATH } from '../../linux/fcntl.ts';
import type { Tgid } from '../../linux/ids.ts';
import { STATX_INO, STRUCT_STATX_SIZE, STX } from '../../linux/stat.ts';
import { NR } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { openProcessFile } from './process-files.ts';

export interface RunningProgram {
  /** `major:minor` */
  readonly device: string;
  readonly ino: number;
}

/** The empty path, and struct statx. */
const EMPTY_PATH = 8;

export class RunningPrograms {
  readonly #memory = allocateNative(EMPTY_PATH + STRUCT_STATX_SIZE);

  /** Asks no filesystem; `undefined` when it cannot be told. */
  of(pid: Tgid): RunningProgram | undefined {
    const fd = openProcessFile(pid, 'exe', O_PATH);
    if (fd < 0) return undefined;
    const { view, address } = this.#memory;
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    const result = rawSyscall(NR.statx, fd, address, flags, STATX_INO, address + EMPTY_PATH);
    rawSyscall(NR.close, fd);
    if (result < 0) return undefined;
    const major = view.getUint32(EMPTY_PATH + STX.DEV_MAJOR, true);
    const minor = view.getUint32(EMPTY_PATH + STX.DEV_MINOR, true);
    return { device: `${major}:${minor}`, ino: Number(view.getBigUint64(EMPTY_PATH + STX.INO, true)) };
  }
}
