/**
 * An open file of a labelled tree: a descriptor of the backend.
 */
import { failed, type Result } from '../../linux/errno.ts';
import type { Handle, Position } from '../tree/node.ts';
import { attempt, attemptVoid, type Backend } from './backend.ts';

export interface HandleEvents {
  wrote(): void;
  closed(): void;
}

export class LabelledHandle implements Handle {
  readonly writeMovesPosition = true;
  readonly #backend: Backend;
  readonly #fd: number;
  readonly #on: HandleEvents;

  constructor(backend: Backend, fd: number, on: HandleEvents) {
    this.#backend = backend;
    this.#fd = fd;
    this.#on = on;
  }

  read(length: number, at: Position): Result<Uint8Array> {
    const stats = attempt(() => this.#backend.fstatSync(this.#fd, { bigint: true }));
    if (failed(stats)) return stats;
    // Never allocate what a caller asks for: only what there is to read.
    const available = Math.max(0, Number(stats.size) - at.offset);
    const buffer = new Uint8Array(Math.min(length, available));
    const count = attempt(() => this.#backend.readSync(this.#fd, buffer, 0, buffer.length, at.offset));
    return failed(count) ? count : buffer.subarray(0, count);
  }

  write(data: Uint8Array, at: Position): Result<number> {
    const count = attempt(() => this.#backend.writeSync(this.#fd, data, 0, data.length, at.offset));
    this.#on.wrote();
    return count;
  }

  release(): void {
    attemptVoid(() => this.#backend.closeSync(this.#fd));
    this.#on.closed();
  }
}
