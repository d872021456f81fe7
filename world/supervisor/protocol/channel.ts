/**
 * Synchronous questions from a worker to the daemon's main thread.
 *
 * Model: the worker posts a question and sleeps on a word of shared memory; the main thread posts the answer and then wakes it. The wait is
 * bounded: an answer that comes too late is dropped by its number. The main thread never waits for a worker.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

interface Envelope<T> {
  readonly serial: number;
  readonly body: T;
}

/** Far above anything the main thread does in one go (a policy load takes some 100 ms). */
const ANSWER_LIMIT_MS = 10_000;

export class Asker<Question, Answer> {
  readonly #port: MessagePort;
  readonly #word: Int32Array;
  #serial = 0;

  constructor(port: MessagePort, shared: SharedArrayBuffer) {
    this.#port = port;
    this.#word = new Int32Array(shared);
  }

  /** @returns `undefined` when there was no answer in time. */
  ask(question: Question): Answer | undefined {
    const serial = ++this.#serial;
    const deadline = performance.now() + ANSWER_LIMIT_MS;
    this.#port.postMessage({ serial, body: question } satisfies Envelope<Question>);
    for (;;) {
      const seen = Atomics.load(this.#word, 0);
      for (let received = this.#receive(); received !== undefined; received = this.#receive()) {
        if (received.serial === serial) return received.body;
      }
      const left = deadline - performance.now();
      if (left <= 0 || Atomics.wait(this.#word, 0, seen, left) === 'timed-out') return undefined;
    }
  }

  #receive(): Envelope<Answer> | undefined {
    return (receiveMessageOnPort(this.#port) as { message: Envelope<Answer> } | undefined)?.message;
  }
}

/** The main thread's end. `answer` must not throw or reject. */
export function answerQuestions<Question, Answer>(
  port: MessagePort,
  shared: SharedArrayBuffer,
  answer: (question: Question) => Answer | Promise<Answer>,
): void {
  const word = new Int32Array(shared);
  const send = (serial: number, body: Answer): void => {
    port.postMessage({ serial, body } satisfies Envelope<Answer>);
    Atomics.add(word, 0, 1);
    Atomics.notify(word, 0);
  };
  port.on('message', ({ serial, body }: Envelope<Question>) => {
    const answered = answer(body);
    if (answered instanceof Promise) void answered.then((late) => send(serial, late));
    else send(serial, answered);
  });
}
