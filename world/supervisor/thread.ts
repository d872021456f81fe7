/**
 * A supervisor thread that has not been told what to supervise.
 *
 * Its program takes longer to load than all that a daemon does before a command can run, so it is the first thing that a daemon starts. That
 * is why this file imports nothing of ours.
 */
import { closeSync } from 'node:fs';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { WorkerBirth, WorkerInput, WorkerReport } from './worker.ts';

export class SupervisorThread {
  readonly worker: Worker;
  /** Resolves with the reason when the thread is over, also when that is before it was told anything. Never rejects. */
  readonly ended: Promise<string>;
  readonly #start: MessagePort;
  readonly #word = new SharedArrayBuffer(4);

  /** @param program the bundled worker; it is built beside the daemon. */
  constructor(program = new URL('./supervisor.js', import.meta.url)) {
    const { port1, port2 } = new MessageChannel();
    this.#start = port1;
    const birth: WorkerBirth = { start: port2, word: this.#word };
    this.worker = new Worker(program, { workerData: birth, transferList: [port2], name: 'supervisor' });
    let reason = 'thread ended';
    let loop: readonly number[] = [];
    this.worker.on('message', (report: WorkerReport) => {
      if (report.kind === 'ended') reason = report.reason;
      if (report.kind === 'separate') loop = report.loop;
    });
    this.worker.once('error', (error) => {
      reason = `thread failed: ${error.stack ?? error.message}`;
    });
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', () => {
        for (const fd of loop) closeSync(fd);
        resolve(reason);
      });
    });
  }

  begin(input: WorkerInput): void {
    this.#start.postMessage(input, [input.questions]);
    const word = new Int32Array(this.#word);
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
  }
}
