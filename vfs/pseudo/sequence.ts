/**
 * Files that list records (fs/seq_file.c): records are generated while reading, whole records per read as far as they fit.
 *
 * A read first delivers what is left of the previous record, then as many further records as fit into one buffer: a page, or more once a
 * record has needed more. Reading at another position than where the last read ended generates the list again from its start.
 */
import { contentBytes } from '../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { PAGE_SIZE } from '../../linux/fs.ts';
import type { Caller } from '../tree/caller.ts';
import type { Handle, Position } from '../tree/node.ts';
import { PseudoFile } from './file.ts';
import type { InodeInit } from './inode.ts';

const NOTHING = new Uint8Array(0);

export interface SequenceOptions {
  /** The records as they are now; each is shown as it is, without separators. */
  readonly records: (caller: Caller) => Result<Iterable<string | Uint8Array>>;
  /** Write operation, if the file has one; seq_file leaves the position of writes to the file. */
  readonly write?: NonNullable<Handle['write']>;
  /** See Handle.positionalWrites. */
  readonly positionalWrites?: false;
}

export class SequenceFile extends PseudoFile {
  constructor(init: InodeInit, options: SequenceOptions) {
    super(init, () => new SequenceHandle(options));
  }
}

/** The reading side of one open, for files that add to it. */
export function sequenceHandle(options: SequenceOptions): Pick<Handle, 'read' | 'writeMovesPosition'> {
  const handle = new SequenceHandle(options);
  return {
    writeMovesPosition: handle.writeMovesPosition,
    read: (length, at, caller) => handle.read(length, at, caller),
  };
}

class SequenceHandle implements Handle {
  readonly writeMovesPosition = false;
  readonly write?: NonNullable<Handle['write']>;
  readonly positionalWrites?: false;
  readonly #records: SequenceOptions['records'];
  #iterator: Iterator<string | Uint8Array> | undefined;
  /** Tail of a record that did not fit into the reader's buffer. */
  #rest: Uint8Array = NOTHING;
  /** A record that did not fit into ours. */
  #ahead: Uint8Array | undefined;
  #bufferSize = PAGE_SIZE;
  #position = 0;

  constructor(options: SequenceOptions) {
    this.#records = options.records;
    if (options.write !== undefined) this.write = options.write;
    if (options.positionalWrites !== undefined) this.positionalWrites = options.positionalWrites;
  }

  /** seq_lseek() knows SEEK_SET and SEEK_CUR only. */
  seek(): Errno {
    return E.EINVAL;
  }

  read(length: number, at: Position, caller: Caller): Result<Uint8Array> {
    if (this.#iterator === undefined || at.offset !== this.#position) {
      const records = this.#records(caller);
      if (failed(records)) return records;
      this.#iterator = records[Symbol.iterator]();
      this.#rest = NOTHING;
      this.#ahead = undefined;
      this.#skip(at.offset);
      this.#position = at.offset;
    }
    const chunk = this.#take(length);
    this.#position += chunk.length;
    // seq_file starts afresh at the end, so a later read sees records added since.
    if (chunk.length === 0 && length > 0) this.#iterator = undefined;
    return chunk;
  }

  #next(): Uint8Array | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead !== undefined) return ahead;
    const step = this.#iterator?.next();
    return step === undefined || step.done === true ? undefined : contentBytes(step.value);
  }

  #skip(count: number): void {
    let left = count;
    while (left > 0) {
      const record = this.#next();
      if (record === undefined) return;
      this.#rest = record.subarray(Math.min(left, record.length));
      left -= record.length;
    }
  }

  #take(length: number): Uint8Array {
    const chunks: Uint8Array[] = [];
    let taken = 0;
    const deliver = (record: Uint8Array) => {
      const left = length - taken;
      const fits = record.length <= left;
      chunks.push(fits ? record : record.subarray(0, left));
      this.#rest = fits ? NOTHING : record.subarray(left);
      taken += Math.min(record.length, left);
    };
    deliver(this.#rest);
    let buffered = 0;
    while (taken < length) {
      const record = this.#next();
      if (record === undefined) break;
      // A buffer that is exactly full counts as overflowed.
      if (buffered > 0 && buffered + record.length >= this.#bufferSize) {
        this.#ahead = record;
        break;
      }
      while (record.length >= this.#bufferSize) this.#bufferSize *= 2;
      buffered += record.length;
      deliver(record);
    }
    return Buffer.concat(chunks, taken);
  }
}
