/**
 * The threads that work on the backing directory of a labelled mount: a job that waits for its filesystem delays no other.
 *
 * A job goes to a thread that does nothing; while all are at work another thread is started, up to a limit, and then jobs wait.
 */
import { Worker } from 'node:worker_threads';
import { viewNative } from '../../host/memory/native-memory.ts';
import { ERRNO } from '../../linux/errno.ts';
import { DATA, type Job, type JobResult, MEMORY_SIZE } from './jobs.ts';
import type { WorkerGreeting } from './worker.ts';

const FEWEST = 2;
const MOST = 32;
const { EIO } = ERRNO;

interface Waiting {
  readonly job: Job;
  /** Content for the memory. */
  data: Uint8Array | undefined;
  readonly done: (result: JobResult, memory: Uint8Array) => void;
}

interface Thread {
  readonly worker: Worker;
  memory: Uint8Array;
  current: Waiting | undefined;
}

export class BackingPool {
  readonly #program: URL;
  readonly #idle: Thread[] = [];
  readonly #threads = new Set<Thread>();
  #starting = 0;
  readonly #queue: Waiting[] = [];
  #closed = false;

  /** @param program the bundled thread; it is built beside the program that serves. */
  constructor(program = new URL('./backing.js', import.meta.url)) {
    this.#program = program;
    for (let count = 0; count < FEWEST; count++) this.#start();
  }

  /**
   * @param done is called once, with the memory of the thread, which is another job's when it returns. EIO when the thread has ended.
   * @param data is copied before this returns.
   */
  run(job: Job, done: Waiting['done'], data?: Uint8Array): Waiting {
    const waiting: Waiting = { job, data, done };
    // What is let go of first: jobs that find files must not outrun it.
    if (job.op === 'close') this.#queue.unshift(waiting);
    else this.#queue.push(waiting);
    this.#giveOut();
    // It was taken at once, or its turn comes later.
    if (waiting.data !== undefined) waiting.data = Uint8Array.from(waiting.data);
    if (this.#starting < this.#queue.length && this.#threads.size < MOST) this.#start();
    return waiting;
  }

  /** Takes a job back that no thread has begun with. */
  withdraw(waiting: Waiting): boolean {
    const at = this.#queue.indexOf(waiting);
    if (at >= 0) this.#queue.splice(at, 1);
    return at >= 0;
  }

  /**
   * No further jobs. Threads are not terminated: one may wait for its filesystem, and one that is just starting would abort the process.
   * They end with the process, which has to do that by exit_group(2) then.
   */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    for (const { worker } of this.#threads) worker.unref();
  }

  #start(): void {
    this.#starting++;
    const worker = new Worker(this.#program, { name: 'backing' });
    const thread: Thread = { worker, memory: new Uint8Array(), current: undefined };
    this.#threads.add(thread);
    worker.once('message', ({ address }: WorkerGreeting) => {
      this.#starting--;
      thread.memory = viewNative(address, MEMORY_SIZE);
      worker.on('message', (result: JobResult) => this.#finish(thread, result));
      this.#idle.push(thread);
      this.#giveOut();
    });
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      this.#threads.delete(thread);
      const at = this.#idle.indexOf(thread);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#done(thread, { result: -EIO }, new Uint8Array(MEMORY_SIZE));
      if (!this.#closed && this.#threads.size === 0) this.#start();
    });
  }

  #finish(thread: Thread, result: JobResult): void {
    this.#done(thread, result, thread.memory);
    this.#idle.push(thread);
    this.#giveOut();
  }

  #done(thread: Thread, result: JobResult, memory: Uint8Array): void {
    const { current } = thread;
    thread.current = undefined;
    current?.done(result, memory);
  }

  #giveOut(): void {
    while (this.#queue.length > 0) {
      const thread = this.#idle.pop();
      const waiting = thread && this.#queue.shift();
      if (thread === undefined || waiting === undefined) return;
      this.#give(thread, waiting);
    }
  }

  #give(thread: Thread, waiting: Waiting): void {
    thread.current = waiting;
    if (waiting.data !== undefined) thread.memory.set(waiting.data, DATA);
    waiting.data = undefined;
    thread.worker.postMessage(waiting.job);
  }
}
