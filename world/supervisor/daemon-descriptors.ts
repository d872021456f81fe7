/**
 * Descriptors of the daemon's main thread, fetched by a supervisor thread, which has a table of its own (host/process/descriptor-table.ts).
 */
import { NR } from '../../host/libc.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import type { Question } from './protocol/questions/index.ts';

export class DaemonDescriptors {
  readonly #pidfd = rawSyscall(NR.pidfd_open, process.pid, 0);
  readonly #tell: (question: Question<'close-descriptor'>) => void;

  /** @param tell sends without waiting for an answer; absent = none is taken. */
  constructor(tell: (question: Question<'close-descriptor'>) => void = () => undefined) {
    this.#tell = tell;
  }

  /** A copy of a descriptor that the daemon keeps, or a negative errno. */
  copy(fd: number): number {
    return rawSyscall(NR.pidfd_getfd, this.#pidfd, fd, 0);
  }

  /** A copy of a descriptor that the daemon made for this thread; the daemon then closes its own. */
  take(fd: number): number {
    const copy = this.copy(fd);
    this.#tell({ kind: 'close-descriptor', fd });
    return copy;
  }
}
