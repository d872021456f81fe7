/**
 * The audit log: what was done although, or refused because, no rule allows it. Read once, record by record, each with a NUL at its end.
 *
 * Model: security/tomoyo/audit.c of Linux 6.12.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { POLLIN, POLLOUT } from '../../../linux/poll.ts';
import type { Handle } from '../../../vfs/tree/node.ts';

/** struct tomoyo_log. */
const RECORD = 32;

/** As the kernel counts memory of records: powers of two from 32 on. */
export function recordMemory(text: string): number {
  let size = 32;
  while (size < text.length + 1) size *= 2;
  return size;
}

export class AuditLog {
  readonly #records: string[] = [];
  readonly #waiting = new Set<() => void>();
  /** Told of each change of the memory that records take, in bytes. */
  readonly #memory: (change: number) => void;

  constructor(memory: (change: number) => void) {
    this.#memory = memory;
  }

  get length(): number {
    return this.#records.length;
  }

  add(text: string): void {
    this.#records.push(text);
    this.#memory(recordMemory(text) + RECORD);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  take(): string | undefined {
    const text = this.#records.shift();
    if (text !== undefined) this.#memory(-recordMemory(text) - RECORD);
    return text;
  }

  /** `wake` is called once. @returns a function that ends the wait. */
  wait(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}

/** One open of `audit`. */
export function auditHandle(log: AuditLog): Handle {
  let rest = bytesOf('');
  let stopWaiting = (): void => undefined;
  return {
    writeMovesPosition: false,
    read: (length) => {
      if (rest.length === 0) {
        const text = log.take();
        rest = bytesOf(text === undefined ? '' : `${text}\0`);
      }
      const part = rest.subarray(0, length);
      rest = rest.subarray(part.length);
      return part;
    },
    poll: (wake) => {
      stopWaiting();
      if (log.length > 0) return POLLIN | POLLOUT;
      const end = log.wait(wake);
      stopWaiting = () => void end();
      return POLLOUT;
    },
    release: () => stopWaiting(),
  };
}
