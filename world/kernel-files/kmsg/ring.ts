/**
 * The log of the emulated kernel as its readers see it: a ring buffer of records; new ones replace the oldest.
 *
 * Model: kernel/printk/printk_ringbuffer.c. Sequence numbers count from 0 and never repeat. A record whose text does
 * not end with a newline may still be continued, so readers see it only after the next one was added. Text is a byte string
 * (linux/bytes.ts), at most 1023 bytes; time is that of CLOCK_MONOTONIC in microseconds.
 */

/** Bytes of text that are kept: CONFIG_LOG_BUF_SHIFT 17, as distributions have it. */
export const LOG_BUFFER_SIZE = 1 << 17;
/** One descriptor for each 32 bytes of text. */
const MOST_RECORDS = LOG_BUFFER_SIZE >> 5;
/** PRINTKRB_RECORD_MAX, which counts the final NUL. */
export const RECORD_MAX = 1024;

export interface Record {
  readonly sequence: number;
  readonly microseconds: number;
  /** 0 = the kernel, 1 = user space, ... */
  readonly facility: number;
  /** 0 emergency to 7 debug. */
  readonly level: number;
  /** Without its final newline. */
  readonly text: string;
}

export interface NewRecord {
  readonly facility: number;
  readonly level: number;
  /** With its final newline, if there is to be one. */
  readonly text: string;
}

export class LogRing {
  readonly #records: Record[] = [];
  readonly #now: () => number;
  readonly #waiting = new Set<() => void>();
  #bytes = 0;
  #next = 0;
  #unfinished = false;

  /** @param now CLOCK_MONOTONIC in microseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The oldest record that is left. */
  get first(): number {
    return this.#next - this.#records.length;
  }

  /** Sequence number after the newest record that can be read. */
  get end(): number {
    return this.#unfinished ? this.#next - 1 : this.#next;
  }

  append({ facility, level, text }: NewRecord): void {
    const cut = text.slice(0, RECORD_MAX - 1);
    this.#unfinished = !cut.endsWith('\n');
    const record: Record = {
      sequence: this.#next++,
      microseconds: this.#now(),
      facility: facility & 0xff,
      level: level & 7,
      text: this.#unfinished ? cut : cut.slice(0, -1),
    };
    this.#records.push(record);
    this.#bytes += record.text.length;
    while (this.#bytes > LOG_BUFFER_SIZE || this.#records.length > MOST_RECORDS) {
      this.#bytes -= this.#records.shift()?.text.length ?? 0;
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** The record with this number, or else the oldest one after it; `undefined` when there is none yet. */
  from(sequence: number): Record | undefined {
    const wanted = Math.max(sequence, this.first);
    return wanted < this.end ? this.#records[wanted - this.first] : undefined;
  }

  /** The records from this number on. */
  *since(sequence: number): Generator<Record> {
    for (let record = this.from(sequence); record !== undefined; record = this.from(record.sequence + 1)) yield record;
  }

  /** Calls `wake` once, when a record is added. @returns a function that cancels it. */
  whenMore(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => void this.#waiting.delete(wake);
  }
}
