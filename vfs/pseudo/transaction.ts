/**
 * Transaction files: one write is the query, reads then give the answer (fs/libfs.c, simple_transaction_*).
 *
 * Query and answer share one page behind a small header, so both are limited. The open is spent by its first query, even a failed one.
 * The position of the write is ignored, and the write does not move it.
 */
import { type Content, contentBytes, slice } from '../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { PAGE_SIZE } from '../../linux/fs.ts';
import type { Caller } from '../tree/caller.ts';
import type { Handle, Position } from '../tree/node.ts';
import { PseudoFile } from './file.ts';
import type { InodeInit } from './inode.ts';

/** SIMPLE_TRANSACTION_LIMIT: a page less the header. A query must be shorter, an answer not longer. */
export const TRANSACTION_LIMIT = PAGE_SIZE - 8;

export interface TransactionOptions {
  /** Asked before anything else, on each write. */
  readonly checkFirst?: (caller: Caller) => Errno | undefined;
  /** Permission check, query, answer. `query` is valid only during the call and not cut at a NUL. */
  readonly answer: (query: Uint8Array, caller: Caller) => Result<Content>;
  /** Return value of a write with an answer; absent = the length of the query. */
  readonly consumed?: (query: Uint8Array) => number;
}

export class TransactionFile extends PseudoFile {
  constructor(init: InodeInit, options: TransactionOptions) {
    super(init, () => new TransactionHandle(options));
  }
}

class TransactionHandle implements Handle {
  readonly writeMovesPosition = false;
  readonly writeAsks = true;
  readonly #options: TransactionOptions;
  #spent = false;
  #answer = new Uint8Array(0);

  constructor(options: TransactionOptions) {
    this.#options = options;
  }

  read(length: number, at: Position): Uint8Array {
    return slice(this.#answer, length, at.offset);
  }

  write(query: Uint8Array, _at: Position, caller: Caller): Result<number> {
    const refused = this.#options.checkFirst?.(caller);
    if (refused !== undefined) return refused;
    if (query.length >= TRANSACTION_LIMIT) return E.EFBIG;
    if (this.#spent) return E.EBUSY;
    this.#spent = true;
    const answer = this.#options.answer(query, caller);
    if (failed(answer)) return answer;
    const bytes = contentBytes(answer);
    if (bytes.length > TRANSACTION_LIMIT) return E.ERANGE;
    this.#answer = Uint8Array.from(bytes);
    return this.#options.consumed?.(query) ?? query.length;
  }
}
