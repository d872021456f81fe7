/**
 * The last records of an audit, for those who read them from files. A record is numbered when it comes; who follows has the number of the
 * next one that he wants, so that a reader costs nothing while he does not read.
 */

export interface AuditRecordText {
  readonly type: number;
  readonly stamp: string;
  readonly body: string;
}

/** Bytes of texts that are kept. */
const LIMIT = 1 << 17;

export class RecordRing {
  readonly #records: AuditRecordText[] = [];
  readonly #limit: number;
  #first = 0;
  #bytes = 0;
  #waiting = new Set<() => void>();

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  /** Number of the oldest one. */
  get first(): number {
    return this.#first;
  }

  /** Number of the next one to come. */
  get end(): number {
    return this.#first + this.#records.length;
  }

  all(): readonly AuditRecordText[] {
    return this.#records;
  }

  /** `undefined` where it is not there any more, or not yet. */
  at(number: number): AuditRecordText | undefined {
    return this.#records[number - this.#first];
  }

  add(record: AuditRecordText): void {
    this.#records.push(record);
    this.#bytes += sizeOf(record);
    while (this.#bytes > this.#limit && this.#records.length > 1) this.#drop();
    const waiting = this.#waiting;
    if (waiting.size === 0) return;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  #drop(): void {
    const oldest = this.#records.shift();
    if (oldest !== undefined) this.#bytes -= sizeOf(oldest);
    this.#first++;
  }

  /** `wake` is called once. @returns a function that ends the wait. */
  whenMore(wake: () => void): () => void {
    // Each wait is one of its own, also of the same function.
    const entry = (): void => wake();
    this.#waiting.add(entry);
    return () => void this.#waiting.delete(entry);
  }
}

function sizeOf({ stamp, body }: AuditRecordText): number {
  return stamp.length + body.length;
}
