/**
 * The daemon's side of a supervisor thread: starts it for one listener and answers its questions.
 */
import { closeSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { E } from '../../linux/errno.ts';
import type { MountOptionNames } from '../../lsm/framework/files/inode.ts';
import type { MediatorInit } from './access/mediator.ts';
import { LateAnswers } from './pending/late-answers.ts';
import type { SupervisorBackend } from './protocol/backend.ts';
import { answerQuestions } from './protocol/channel.ts';
import type { DeviceTable } from './protocol/devices.ts';
import type { Epoch } from './protocol/epoch.ts';
import { answerQuestion, type Dialogue } from './protocol/questions/index.ts';
import type { SharedFlag } from './protocol/shared-flag.ts';
import type { SupervisorThread } from './thread.ts';
import type { WorkerInput, WorkerReport } from './worker.ts';

export interface SupervisorOptions {
  /** Listener of the filter (host/seccomp/seccomp.ts). Closed by the supervisor when it ends. */
  readonly listener: number;
  readonly backend: SupervisorBackend;
  /** A descriptor of the root directory of the mounted attr tree. Stays the daemon's. */
  readonly attrRoot: number;
  readonly devices: DeviceTable;
  /** Unset = no module labels files yet. */
  readonly labelling: SharedFlag;
  readonly epoch: Epoch;
  /** Unset = no module wants to know how files are used. */
  readonly watching: SharedFlag;
  /** Filesystem types that the stack provides. */
  readonly types: readonly string[];
  /** Device name of the world's mounts. */
  readonly source: string;
  /** Directories that every sysfs of the world has, `fs/selinux`. */
  readonly sysDirectories: readonly string[];
  /** Of mounts, that modules take for themselves. */
  readonly labelOptions: MountOptionNames;
  /** Names in the host's /proc/self/attr. */
  readonly hostAttrNames: readonly string[];
  /** Topmost names below /proc/sys that the host lacks. */
  readonly addedSysctls: readonly string[];
  /** Process tracking has to be told who makes requests (method `notifications`). */
  readonly announces: boolean;
  /** Security attributes of ordinary files that modules decide about. */
  readonly xattrNames: readonly string[];
  /** Those of them that follow the content of files. */
  readonly contentXattrs: readonly string[];
  /** Modules give ordinary files labels. */
  readonly labelsFiles: boolean;
  /** Those that a module of the host's kernel decides about, too. */
  readonly hostXattrNames: readonly string[];
  /** Modules decide about programs that are executed. */
  readonly checksExec: boolean;
  readonly wantsExecDetails: boolean;
  /** Absent = what system calls do is not decided by the modules. */
  readonly mediation?: MediatorInit | undefined;
  readonly thread: SupervisorThread;
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
    const answerer = { backend, late };
    answerQuestions<Dialogue>(ours, answered, (question) => answerQuestion(answerer, question));
    const input: WorkerInput = {
      listener: options.listener,
      attrRoot: options.attrRoot,
      devices: options.devices.shared,
      labelling: options.labelling.shared,
      epoch: options.epoch.shared,
      watching: options.watching.shared,
      types: options.types,
      source: options.source,
      sysDirectories: options.sysDirectories,
      labelOptions: options.labelOptions,
      hostAttrNames: options.hostAttrNames,
      addedSysctls: options.addedSysctls,
      announces: options.announces,
      xattrNames: options.xattrNames,
      contentXattrs: options.contentXattrs,
      labelsFiles: options.labelsFiles,
      hostXattrNames: options.hostXattrNames,
      checksExec: options.checksExec,
      wantsExecDetails: options.wantsExecDetails,
      ...(options.mediation && { mediation: options.mediation }),
      questions: theirs,
      answered,
    };
    const { thread } = options;
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
