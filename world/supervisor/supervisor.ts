/**
 * The daemon's side of a supervisor thread: starts it for one listener and answers its questions.
 */
import { closeSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { E } from '../../linux/errno.ts';
import type { Tid } from '../../linux/ids.ts';
import { LateAnswers } from './pending/late-answers.ts';
import type { SupervisorBackend } from './protocol/backend.ts';
import { answerQuestions } from './protocol/channel.ts';
import { answerQuestion, type Dialogue } from './protocol/questions/index.ts';
import type { SharedFacts, SupervisorSettings } from './settings.ts';
import type { SupervisorThread } from './thread.ts';
import type { WorkerInput, WorkerReport } from './worker.ts';

export interface SupervisorOptions {
  /** Listener of the filter (host/seccomp/seccomp.ts). Closed by the supervisor when it ends. */
  readonly listener: number;
  readonly backend: SupervisorBackend;
  /** A descriptor of the root directory of the mounted attr tree. Stays the daemon's. */
  readonly attrRoot: number;
  readonly shared: SharedFacts;
  readonly settings: SupervisorSettings;
  readonly thread: SupervisorThread;
}

export class Supervisor {
  /** Resolves with the thread id of the worker once it waits for calls. FUSE requests from that thread are made for others. */
  readonly serving: Promise<Tid>;
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
    const answerer = { backend, late };
    answerQuestions<Dialogue>(ours, answered, (question) => answerQuestion(answerer, question));
    const { listener, attrRoot, settings } = options;
    const { devices, labelling, epoch, watching, guarding } = options.shared;
    const shared = {
      devices: devices.shared,
      labelling: labelling.shared,
      epoch: epoch.shared,
      watching: watching.shared,
      guarding: guarding.shared,
    };
    const input: WorkerInput = { listener, attrRoot, shared, settings, questions: theirs, answered };
    const { thread } = options;
    const { worker } = thread;
    thread.begin(input);
    this.serving = new Promise((resolve, reject) => {
      worker.on('message', (report: WorkerReport) => {
        if (report.kind === 'serving') resolve(report.tid);
      });
      void thread.ended.then((reason) => reject(new Error(`supervisor: ${reason}`)));
    });
    this.serving.catch(() => undefined); // other waiters still see the rejection
    this.ended = thread.ended.then((reason) => {
      if (reason.startsWith('thread')) options.backend.log(`supervisor: ${reason}`);
      late.close();
      ours.close();
      closeSync(options.listener);
      return reason;
    });
  }
}
