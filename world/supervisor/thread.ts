/**
 * A supervisor thread, as the daemon has it: it supervises one listener after another, or works for the daemon meanwhile.
 *
 * Its program takes longer to load than all that a daemon does before a command can run, so it is the first thing that
 * a daemon starts. That is why this file imports nothing of ours.
 */
import { closeSync } from 'node:fs';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { ERRNO } from '../../linux/errno.ts';
import type { Tid } from '../../linux/ids.ts';
import type { LookUp } from '../../lsm/framework/audit/paths.ts';
import type { StageRequest } from './staging.ts';
import type { LookOrder, ReadOrder, ReadReport } from './uses/file-reader.ts';
import type { WorkerBirth, WorkerInput, WorkerOrder, WorkerReport } from './worker.ts';

const { EIO } = ERRNO;

/** Who is told how a thread supervises. */
export interface Overseer {
  /** It waits for calls. @param tid FUSE requests from this thread are made on behalf of callers. */
  serving(tid: Tid): void;
  /** It has taken its first call. */
  begun(): void;
  /** It supervises no longer: no process is left, or the thread has ended. Called once. */
  ended(reason: string): void;
}

const NOTHING = new Uint8Array(0);

export class SupervisorThread {
  readonly worker: Worker;
  /** Resolves with the reason when the thread has ended, also when it never got a listener. Never rejects. */
  readonly ended: Promise<string>;
  readonly #orders: MessagePort;
  /** Waiters for results, in the order of their requests. */
  readonly #waiting: ((result: number) => void)[] = [];
  readonly #readers: ((result: ReadReport) => void)[] = [];
  readonly #lookers: ((result: readonly LookUp[]) => void)[] = [];
  #overseer: Overseer | undefined;
  #end: string | undefined;

  /** @param program the bundled worker; it is built beside the daemon. */
  constructor(program = new URL('./supervisor.js', import.meta.url)) {
    const { port1, port2 } = new MessageChannel();
    this.#orders = port1;
    const birth: WorkerBirth = { orders: port2 };
    this.worker = new Worker(program, { workerData: birth, transferList: [port2], name: 'supervisor' });
    let reason = 'thread ended';
    let loop: readonly number[] = [];
    this.worker.on('message', (report: WorkerReport) => {
      if (report.kind === 'serving') this.#overseer?.serving(report.tid);
      if (report.kind === 'begun') this.#overseer?.begun();
      if (report.kind === 'ended') this.#left(report.reason);
      if (report.kind === 'separate') loop = report.loop;
      if (report.kind === 'staged') this.#waiting.shift()?.(report.result);
      if (report.kind === 'read') this.#readers.shift()?.(report.result);
      if (report.kind === 'looked') this.#lookers.shift()?.(report.result);
    });
    this.worker.once('error', (error) => {
      reason = `thread failed: ${error.stack ?? error.message}`;
    });
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', () => {
        for (const fd of loop) closeSync(fd);
        this.#end = reason;
        this.#failAll();
        this.#left(reason);
        resolve(reason);
      });
    });
  }

  /** Why it has ended; `undefined`: it has not. */
  get reason(): string | undefined {
    return this.#end;
  }

  /** Starts supervising. When that is over the thread can supervise again, and do nothing else. */
  supervise(input: WorkerInput, overseer: Overseer): void {
    this.#overseer = overseer;
    this.#orders.postMessage({ kind: 'supervise', input } satisfies WorkerOrder, [input.questions]);
    if (this.#end !== undefined) this.#left(this.#end);
  }

  /** Lets it read a file, which is open until {@link release}; the thread does nothing else from now on. Never rejects. */
  read(order: ReadOrder): Promise<ReadReport> {
    this.#orders.postMessage(order satisfies WorkerOrder);
    return this.#result(this.#readers);
  }

  /** Lets it look paths up, as {@link read}. None when it has ended. */
  look(order: LookOrder): Promise<readonly LookUp[]> {
    this.#orders.postMessage(order satisfies WorkerOrder);
    return this.#result(this.#lookers);
  }

  /**
   * Ends a thread that supervises nobody, when it has loaded: to terminate one that is loading native code aborts the process.
   * @returns {@link ended}
   */
  end(): Promise<string> {
    this.#orders.postMessage({ kind: 'end' } satisfies WorkerOrder);
    return this.ended;
  }

  release(): void {
    this.#orders.postMessage({ kind: 'release' } satisfies WorkerOrder);
  }

  /** Lets it work on mounts (staging.ts), before it supervises. @returns the result, or a negative errno: EIO when the thread has ended. */
  stage(request: StageRequest): Promise<number> {
    this.#orders.postMessage(request satisfies WorkerOrder);
    return this.#result(this.#waiting);
  }

  #left(reason: string): void {
    const overseer = this.#overseer;
    this.#overseer = undefined;
    overseer?.ended(reason);
  }

  /** Of a thread that has ended, too: it may have failed before anybody asked. */
  #result<T>(waiting: ((result: T) => void)[]): Promise<T> {
    return new Promise((resolve) => {
      waiting.push(resolve);
      if (this.#end !== undefined) this.#failAll();
    });
  }

  #failAll(): void {
    for (const fail of this.#waiting.splice(0)) fail(-EIO);
    for (const fail of this.#readers.splice(0)) fail({ errno: EIO, content: NOTHING, uses: [], thread: 0 });
    for (const fail of this.#lookers.splice(0)) fail([]);
  }
}
