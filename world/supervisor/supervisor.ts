/**
 * The daemon's side of a supervisor thread: starts it for one listener and answers its questions.
 */
import { closeSync } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { SupervisorBackend } from './backend.ts';
import { answerQuestions } from './channel.ts';
import type { DeviceTable } from './devices.ts';
import { type Answer, answerQuestion, type Question } from './questions.ts';
import type { WorkerInput, WorkerReport } from './worker.ts';

export interface SupervisorOptions {
  /** Listener of the filter (sys/seccomp.ts). Closed by the supervisor when it ends. */
  readonly listener: number;
  readonly backend: SupervisorBackend;
  /** A descriptor of the root directory of the mounted attr tree. Stays the daemon's. */
  readonly attrRoot: number;
  readonly devices: DeviceTable;
  /** Filesystem types that the stack provides. */
  readonly types: readonly string[];
  /** Names in the host's /proc/self/attr. */
  readonly hostAttrNames: readonly string[];
  /** The bundled worker; it is built beside the daemon. */
  readonly worker?: URL;
}

export class Supervisor {
  /** Resolves with the thread id of the worker once it waits for calls. FUSE requests from that thread are made for others. */
  readonly serving: Promise<number>;
  /** Resolves with the reason when no process under the filter is left or the thread died. Never rejects. */
  readonly ended: Promise<string>;

  constructor(options: SupervisorOptions) {
    const { port1: ours, port2: theirs } = new MessageChannel();
    const answered = new SharedArrayBuffer(4);
    answerQuestions<Question, Answer>(ours, answered, (question) => answerQuestion(options.backend, question));
    const input: WorkerInput = {
      listener: options.listener,
      attrRoot: options.attrRoot,
      devices: options.devices.shared,
      types: options.types,
      hostAttrNames: options.hostAttrNames,
      questions: theirs,
      answered,
    };
    const url = options.worker ?? new URL('./supervisor.js', import.meta.url);
    const worker = new Worker(url, { workerData: input, transferList: [theirs], name: 'supervisor' });
    this.serving = new Promise((resolve, reject) => {
      worker.on('message', (report: WorkerReport) => {
        if (report.kind === 'serving') resolve(report.tid);
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('supervisor thread ended before it began')));
    });
    this.serving.catch(() => undefined); // whoever waits for it still sees the rejection
    this.ended = new Promise((resolve) => {
      let reason = 'thread ended';
      worker.on('message', (report: WorkerReport) => {
        if (report.kind === 'ended') reason = report.reason;
      });
      worker.once('error', (error) => {
        reason = `thread failed: ${error.stack ?? error.message}`;
        options.backend.log(`supervisor: ${reason}`);
      });
      worker.once('exit', () => {
        ours.close();
        closeSync(options.listener);
        resolve(reason);
      });
    });
  }
}
