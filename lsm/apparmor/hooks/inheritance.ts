/**
 * What a program of another profile inherits: aa_inherit_files() of security/apparmor/file.c, Linux 6.12. A file that it may
 * not have is replaced by `.null` of apparmorfs; where the profile does not let it open that, which no path leads to,
 * nothing takes its place.
 */
import { O_RDWR } from '../../../linux/fcntl.ts';
import { type ActingTask, commOf } from '../../framework/audit/lsm-audit.ts';
import type { ExecFile } from '../../framework/events.ts';
import type { OpenDescriptor } from '../../framework/files/open-descriptor.ts';
import type { Task } from '../../framework/task.ts';
import { fileAccess } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import type { ApparmorExec } from './exec.ts';
import type { FileUser, OpenFileMediation } from './open-file.ts';
import { openRequest } from './open-request.ts';

const NULL_DEVICE = { path: '/apparmor/.null', disconnected: true, directory: false, ouid: 0 };

interface Refusals {
  readonly descriptors: readonly OpenDescriptor[];
  /** The program has the null device instead. */
  readonly replaced: boolean;
}

export interface InheritanceHost {
  readonly security: ApparmorSecurity;
  readonly executions: ApparmorExec;
  readonly openFiles: OpenFileMediation;
  kill(task: Task): void;
}

export class Inheritance {
  readonly #host: InheritanceHost;

  constructor(host: InheritanceHost) {
    this.#host = host;
  }

  /** Before the program runs, without a record: what it will not have, with nothing in its place. */
  closed(task: Task, file: ExecFile): readonly OpenDescriptor[] {
    const { descriptors, replaced } = this.#refusals(task, file);
    return replaced ? [] : descriptors;
  }

  /** It runs. */
  refused(task: Task, file: ExecFile): readonly OpenDescriptor[] {
    const comm = commOf(file.call?.filename ?? file.path);
    return this.#refusals(task, file, { tgid: task.process.tgid, comm }).descriptors;
  }

  #refusals(task: Task, file: ExecFile, subject?: ActingTask): Refusals {
    const { inherited = [], fsuid = 0 } = file.call ?? {};
    const label = inherited.length === 0 ? undefined : this.#host.executions.labelAfter(task, file);
    if (label === undefined || label.unconfined) return { descriptors: [], replaced: false };
    const user = { label, fsuid, subject };
    let replaced: boolean | undefined;
    const descriptors = inherited.flatMap((opened) => {
      const { descriptor } = opened;
      if (descriptor === undefined || this.#host.openFiles.inherits(task, opened, user)) return [];
      replaced ??= this.#mayOpenNull(task, user);
      return [descriptor];
    });
    return { descriptors, replaced: replaced ?? false };
  }

  #mayOpenNull(task: Task, { label, fsuid, subject }: FileUser): boolean {
    const { security, kill } = this.#host;
    const request = { operation: 'open', request: openRequest(O_RDWR) } as const;
    const audit = subject === undefined ? () => {} : security.auditFile(subject);
    const verdict = fileAccess(label, { ...NULL_DEVICE, fsuid }, request, audit);
    if (verdict.kill && subject !== undefined) kill(task);
    return verdict.error === undefined;
  }
}
