/**
 * /proc/<tid>/status of threads that are asked about again and again: the file stays open, its text is read anew each time.
 *
 * Model: an open file of procfs belongs to the thread, not to its number. When the thread has ended, reading fails with
 * ESRCH (proc_single_show() of fs/proc/base.c), also when another one has the number by then; so does it after an
 * execve(2) by which a thread took over the number of its leader's, or ended. Then the path is opened again.
 */
import { AT_FDCWD, O_CLOEXEC } from '../../linux/fcntl.ts';
import type { Tid } from '../../linux/ids.ts';
import { NR } from '../libc.ts';
import { allocateNative, putString } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

/** Each holds a descriptor. */
const KEPT = 4;
const PATH_SIZE = 64;
/** Bytes read at a time: more than all, but for who has hundreds of groups. */
const PIECE = 8192;

export class StatusFiles {
  readonly #memory = allocateNative(PATH_SIZE + PIECE);
  readonly #piece = Buffer.from(this.#memory.bytes.buffer, PATH_SIZE, PIECE);
  /** Descriptors; the one that was opened last is the last. */
  readonly #kept = new Map<Tid, number>();

  /** @returns latin-1; `undefined` when there is no such thread. */
  read(tid: Tid): string | undefined {
    const kept = this.#kept.get(tid);
    if (kept !== undefined) {
      const text = this.#read(kept);
      if (text !== undefined) return text;
      this.#close(tid, kept);
    }
    const path = putString(this.#memory, 0, `/proc/${tid}/status`);
    const fd = rawSyscall(NR.openat, AT_FDCWD, path, O_CLOEXEC);
    if (fd < 0) return undefined;
    const [oldest] = this.#kept.size < KEPT ? [] : this.#kept;
    if (oldest !== undefined) this.#close(...oldest);
    this.#kept.set(tid, fd);
    return this.#read(fd);
  }

  close(): void {
    for (const [tid, fd] of [...this.#kept]) this.#close(tid, fd);
  }

  #read(fd: number): string | undefined {
    for (let text = ''; ; ) {
      const count = rawSyscall(NR.pread64, fd, this.#memory.address + PATH_SIZE, PIECE, text.length);
      if (count < 0) return undefined;
      text += this.#piece.toString('latin1', 0, count);
      if (count < PIECE) return text;
    }
  }

  #close(tid: Tid, fd: number): void {
    this.#kept.delete(tid);
    rawSyscall(NR.close, fd);
  }
}
