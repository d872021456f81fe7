/**
 * Questions to a supervisor: programs that may not be executed in enforcing mode, while somebody has `query` open.
 *
 * Model: tomoyo_supervisor(), tomoyo_read_query() and tomoyo_write_answer() of Linux 6.12.
 */
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { opensForReading, opensForWriting } from '../../../linux/fcntl.ts';
import { POLLIN, POLLOUT } from '../../../linux/poll.ts';
import type { Handle } from '../../../vfs/tree/node.ts';
import { normalizeLine } from '../../framework/policy-text/words.ts';
import type { Domain } from '../policy/policy.ts';
import { unsigned } from '../policy/profile.ts';

/** `allow` 1, `retry` 3, everything else refuses. */
export type QueryAnswer = 'allow' | 'retry' | 'deny';

interface Query {
  readonly serial: number;
  readonly retry: number;
  readonly text: string;
  readonly domain: Domain;
  readonly settle: (answer: QueryAnswer) => void;
}

export class QueryBoard {
  /** How many have `query` open. */
  observers = 0;
  readonly #queries: Query[] = [];
  readonly #waiting = new Set<() => void>();
  #serial = 0;

  get open(): readonly Query[] {
    return this.#queries;
  }

  domainOf(serial: number): Domain | undefined {
    return this.#queries.find((query) => query.serial === serial)?.domain;
  }

  /** @returns a function that withdraws the question. */
  ask(text: string, domain: Domain, retry: number, settle: (answer: QueryAnswer) => void): () => void {
    const query: Query = { serial: this.#serial++, retry, text, domain, settle };
    this.#queries.push(query);
    for (const wake of [...this.#waiting]) wake();
    this.#waiting.clear();
    return () => void this.#take(query);
  }

  answer(serial: number, number: number): void {
    const query = this.#queries.find((one) => one.serial === serial);
    if (query === undefined || number === 0) return;
    this.#take(query);
    query.settle(number === 1 ? 'allow' : number === 3 ? 'retry' : 'deny');
  }

  /** Nobody is left to answer. */
  leave(): void {
    this.observers--;
    if (this.observers > 0) return;
    for (const query of this.#queries.splice(0)) query.settle('deny');
  }

  wait(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  #take(query: Query): void {
    const at = this.#queries.indexOf(query);
    if (at >= 0) this.#queries.splice(at, 1);
  }
}

/**
 * One open of `query`: each read shows the next question, with a NUL at its end; after the last one there is nothing,
 * then the first again.
 */
export function queryHandle(board: QueryBoard, flags: number): Handle {
  board.observers++;
  let index = 0;
  let rest = bytesOf('');
  let unfinished = '';
  let stopWaiting = (): void => undefined;
  const read = (length: number): Uint8Array => {
    if (rest.length === 0) {
      const query = board.open[index];
      index = query === undefined ? 0 : index + 1;
      if (query !== undefined) rest = bytesOf(`Q${query.serial}-${query.retry}\n${query.text}\0`);
    }
    const part = rest.subarray(0, length);
    rest = rest.subarray(part.length);
    return part;
  };
  const write = (data: Uint8Array): number => {
    const lines = (unfinished + textOf(data)).split('\n');
    unfinished = (lines.pop() as string).slice(0, 4096);
    for (const line of lines) {
      const answer = /^A(\d+)=(\d+)/.exec(normalizeLine(line));
      if (answer !== null) board.answer(unsigned(answer[1] as string), unsigned(answer[2] as string));
    }
    return data.length;
  };
  const poll = (wake: () => void): number => {
    stopWaiting();
    if (board.open.length > 0) return POLLIN | POLLOUT;
    const end = board.wait(wake);
    stopWaiting = () => void end();
    return POLLOUT;
  };
  return {
    writeMovesPosition: false,
    ...(opensForReading(flags) && { read, poll }),
    ...(opensForWriting(flags) && { write }),
    release: () => {
      stopWaiting();
      board.leave();
    },
  };
}
