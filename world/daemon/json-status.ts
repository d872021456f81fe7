/**
 * `--json-status-fd`: JSON objects, one per line, as bubblewrap writes them (bwrap(1)).
 *
 * The last line is written after the launcher became the command and ended, so the daemon has a duplicate of the descriptor.
 */
import { closeSync, writeSync } from 'node:fs';
import { exitStatus } from '../../host/process/exit-status.ts';
import { openProcess } from '../../host/process/process.ts';
import type { Tgid } from '../../linux/ids.ts';

const SIGNAL_MASK = 0x7f;
const SIGNALLED = 128;

/** Exit status as a shell shows it, from a wait status (wait(2)). */
export function shellStatus(waitStatus: number): number {
  const signal = waitStatus & SIGNAL_MASK;
  return signal === 0 ? (waitStatus >> 8) & 0xff : SIGNALLED + signal;
}

export class JsonStatus {
  readonly pid: number;
  readonly #fd: number;
  /** Negative = not known. */
  readonly #pidfd: number;
  #open = true;

  /** @param fd owned from now on. */
  constructor(fd: number, pid: Tgid) {
    this.#fd = fd;
    this.pid = pid;
    this.#pidfd = openProcess(pid);
  }

  started(world: string): void {
    this.#line({ 'child-pid': this.pid, world, 'daemon-pid': process.pid });
  }

  /** `waitStatus` absent = the tracker was not told; the kernel may know better. */
  exited(waitStatus: number | undefined): void {
    if (!this.#open) return;
    const status = waitStatus ?? (this.#pidfd < 0 ? undefined : exitStatus(this.#pidfd));
    this.#line({ 'exit-code': status === undefined ? null : shellStatus(status) });
    this.#open = false;
    closeSync(this.#fd);
    if (this.#pidfd >= 0) closeSync(this.#pidfd);
  }

  #line(value: object): void {
    try {
      writeSync(this.#fd, `${JSON.stringify(value)}\n`);
    } catch {
      // The reader has closed its end.
    }
  }
}
