/**
 * Synchronous questions from a worker to the daemon's main thread.
 *
 * Model: the worker posts a question and sleeps on a word of shared memory; the main thread posts the answer and then wakes it. The wait
 * is bounded: a late answer is recognised by its serial number and dropped. What the main thread waits for a processor does not count, or
 * calls would go on unasked on a busy machine. The main thread never waits for a worker.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { activityOf, ThreadPatience } from '../../../host/process/thread-patience.ts';

/** By kind: the type of a question and of its answer. Both must survive a structured clone. */
type AnyDialogue = { readonly [kind: string]: { readonly question: object; readonly answer: unknown } };

export type QuestionIn<D extends AnyDialogue, K extends keyof D> = { readonly kind: K } & D[K]['question'];

interface Envelope<T> {
  readonly serial: number;
  readonly body: T;
}

/** Far above anything the main thread does in one go (a policy load takes some 100 ms). */
const ANSWER_LIMIT_MS = 10_000;
/** How often it is looked whether the main thread has had that time. */
const LOOK_MS = 1000;

/** How long the one who answers is waited for: replaced in tests. */
export interface AnswerPatience {
  /** Between two looks, ms. */
  readonly pause: number;
  /** To be called when the first of these is over. @returns what looks whether the wait is over. */
  begin(): Pick<ThreadPatience, 'isOver'>;
}

const OF_MAIN_THREAD: AnswerPatience = {
  pause: LOOK_MS,
  begin: () => new ThreadPatience(ANSWER_LIMIT_MS - LOOK_MS, () => activityOf(`/proc/self/task/${process.pid}`)),
};

export class Asker<D extends AnyDialogue> {
  readonly #port: MessagePort;
  readonly #word: Int32Array;
  readonly #patience: AnswerPatience;
  #serial = 0;

  constructor(port: MessagePort, shared: SharedArrayBuffer, patience = OF_MAIN_THREAD) {
    this.#port = port;
    this.#patience = patience;
    this.#word = new Int32Array(shared);
  }

  /** @returns `undefined` when there was no answer in time. */
  ask<K extends keyof D>(question: QuestionIn<D, K>): D[K]['answer'] | undefined {
    const serial = ++this.#serial;
    this.#post(serial, question);
    let wait: Pick<ThreadPatience, 'isOver'> | undefined;
    let isOver = false;
    for (;;) {
      const seen = Atomics.load(this.#word, 0);
      for (let received = this.#receive<K>(); received !== undefined; received = this.#receive<K>()) {
        if (received.serial === serial) return received.body;
      }
      if (isOver) return undefined;
      if (Atomics.wait(this.#word, 0, seen, this.#patience.pause) !== 'timed-out') continue;
      // Where we got no processor either, the answer may have come meanwhile: that is looked for once more.
      isOver = wait?.isOver() === true;
      wait ??= this.#patience.begin();
    }
  }

  /** Sends a question without waiting; the answer is dropped. */
  tell<K extends keyof D>(question: QuestionIn<D, K>): void {
    this.#post(0, question);
  }

  #post<K extends keyof D>(serial: number, body: QuestionIn<D, K>): void {
    this.#port.postMessage({ serial, body } satisfies Envelope<QuestionIn<D, K>>);
  }

  #receive<K extends keyof D>(): Envelope<D[K]['answer']> | undefined {
    return (receiveMessageOnPort(this.#port) as { message: Envelope<D[K]['answer']> } | undefined)?.message;
  }
}

/** The main thread's end. `answer` returns the answer or a promise of it, and must not throw or reject. */
export function answerQuestions<D extends AnyDialogue>(
  port: MessagePort,
  shared: SharedArrayBuffer,
  answer: <K extends keyof D>(question: QuestionIn<D, K>) => unknown,
): void {
  const word = new Int32Array(shared);
  const send = (serial: number, body: unknown): void => {
    port.postMessage({ serial, body } satisfies Envelope<unknown>);
    Atomics.add(word, 0, 1);
    Atomics.notify(word, 0);
  };
  port.on('message', ({ serial, body }: Envelope<QuestionIn<D, keyof D>>) => {
    const answered: unknown = answer(body);
    if (answered instanceof Promise) void answered.then((late) => send(serial, late));
    else send(serial, answered);
  });
}
