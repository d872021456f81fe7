/**
 * The daemon's side of a supervisor thread: starts it for one listener and answers its questions.
 */
import { closeSync } from 'node:fs';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { E } from '../../vfs/errno.ts';
import type { SupervisorBackend } from './backend.ts';
import { answerQuestions } from './channel.ts';
import type { DeviceTable } from './devices.ts';
import { LateAnswers } from './late-answers.ts';
import { type Answer, answerQuestion, type Question } from './questions.ts';
import type { SharedFlag } from './shared-flag.ts';
import type { WorkerBirth, WorkerInput, WorkerReport } from './worker.ts';

/** A thread that has not been told what to supervise. It takes some 30 ms to load its program, so it is started while others are busy. */
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
    this.worker.on('message', (report: WorkerReport) => {
      if (report.kind === 'ended') reason = report.reason;
    });
    this.worker.once('error', (error) => {
      reason = `thread failed: ${error.stack ?? error.message}`;
    });
    this.ended = new Promise((resolve) => this.worker.once('exit', () => resolve(reason)));
  }

  begin(input: WorkerInput): void {
    this.#start.postMessage(input, [input.questions]);
    const word = new Int32Array(this.#word);
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
  }
}

export interface SupervisorOptions {
  /** Listener of the filter (sys/seccomp.ts). Closed by the supervisor when it ends. */
  readonly listener: number;
  readonly backend: SupervisorBackend;
  /** A descriptor of the root directory of the mounted attr tree. Stays the daemon's. */
  readonly attrRoot: number;
  readonly devices: DeviceTable;
  /** Unset = no module labels files yet. */
  readonly labelling: SharedFlag;
  /** Filesystem types that the stack provides. */
  readonly types: readonly string[];
  /** Names in the host's /proc/self/attr. */
  readonly hostAttrNames: readonly string[];
  /** Process tracking has to be told who makes requests (method `notifications`). */
  readonly announces: boolean;
  /** Security attributes of ordinary files that modules decide about. */
  readonly xattrNames: readonly string[];
  /** Modules decide about programs that are executed. */
  readonly checksExec: boolean;
  /** One that waits already; absent = a new one. */
  readonly thread?: SupervisorThread | undefined;
}

export class Supervisor {
  /** Resolves with the thread id of the worker once it waits for calls. FUSE requests from that thread are made for others. */
  readonly serving: Promise<number>;
  /** Resolves with the reason when no process under the filter is left or the thread died. Never rejects. */
  readonly ended: Promise<string>;

  constructor(options: SupervisorOptions) {
    const { port1: ours, port2: theirs } = new MessageChannel();
    const answered = new SharedArrayBuffer(4);
    const { backend } = options;
    const late = new LateAnswers(options.listener, {
      read: ({ tid, request }) => {
        const caller = backend.identify(tid);
        return caller === undefined ? E.ESRCH : backend.syslog(request, caller);
      },
      whenMore: (wake) => backend.whenLogged(wake),
    });
    answerQuestions<Question, Answer>(ours, answered, (question) => answerQuestion(backend, late, question));
    const input: WorkerInput = {
      listener: options.listener,
      attrRoot: options.attrRoot,
      devices: options.devices.shared,
      labelling: options.labelling.shared,
      types: options.types,
      hostAttrNames: options.hostAttrNames,
      announces: options.announces,
      xattrNames: options.xattrNames,
      checksExec: options.checksExec,
      questions: theirs,
      answered,
    };
    const thread = options.thread ?? new SupervisorThread();
    const { worker } = thread;
    thread.begin(input);
    this.serving = new Promise((resolve, reject) => {
      worker.on('message', (report: WorkerReport) => {
        if (report.kind === 'serving') resolve(report.tid);
      });
      void thread.ended.then((reason) => reject(new Error(`supervisor: ${reason}`)));
    });
    this.serving.catch(() => undefined); // whoever waits for it still sees the rejection
    this.ended = thread.ended.then((reason) => {
      if (reason.startsWith('thread')) options.backend.log(`supervisor: ${reason}`);
      late.close();
      ours.close();
      closeSync(options.listener);
      return reason;
    });
  }
}
