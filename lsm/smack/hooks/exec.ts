/**
 * Labels at execve(2): smack_bprm_creds_for_exec() of security/smack/smack_lsm.c, Linux 6.12.
 *
 * The same rules are applied twice: before the system call, with their records, to say whether it may happen; and after
 * it has, to find the label it gave.
 */

import { E, type Errno } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import { PTRACE_MODE_ATTACH } from '../../../linux/process.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { inodeFields, pathFields } from '../../framework/audit/lsm-audit.ts';
import type { ExecFile } from '../../framework/events.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { hasKnownFilesystem } from '../../framework/files/inode.ts';
import type { Task } from '../../framework/task.ts';
import { MAY } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { copied } from '../decide/task-security.ts';
import { SPECIAL } from '../policy/label.ts';
import type { FileHooks } from './file-security.ts';
import { storedLabel } from './inode-label.ts';
import { refusePtrace } from './ptrace.ts';
import { XATTR } from './xattrs.ts';

export interface ExecutionHost {
  readonly security: SmackSecurity;
  readonly files: FileHooks;
  findTask(tid: Tid): Task | undefined;
}

export class SmackExec {
  readonly #host: ExecutionHost;

  constructor(host: ExecutionHost) {
    this.#host = host;
  }

  /** EACCES or EPERM when execve(2) must fail. */
  refusal(task: Task, file: ExecFile, caller: Caller): Errno | undefined {
    const { security, files, findTask } = this.#host;
    const opened = ({ path, inode }: Pick<FileFacts, 'path' | 'inode'>) =>
      files.check(task, inode, MAY.EXEC, 'smack_inode_permission', caller, inodeFields(inode)) ??
      files.check(task, inode, MAY.READ, 'smack_file_open', caller, pathFields(path, inode));
    const { interpreters = [], loader } = file.call ?? {};
    const { inode, path } = file;
    const program = inode !== undefined && hasKnownFilesystem(inode) ? [{ path, inode }] : [];
    for (const used of [...program, ...interpreters, ...(loader ? [loader.file] : [])]) {
      const refused = opened(used);
      if (refused !== undefined) return refused;
    }
    const label = labelOfProgram(file);
    if (label === undefined || label === security.of(task).label) return undefined;
    const { call } = file;
    const tracer = call?.tracer === undefined ? undefined : findTask(call.tracer);
    if (tracer !== undefined) {
      const hook = 'smack_bprm_creds_for_exec';
      const refused = refusePtrace(security, tracer, label, PTRACE_MODE_ATTACH, { hook }, undefined);
      if (refused !== undefined) return refused;
    }
    return call?.noNewPrivs === true ? E.EPERM : undefined;
  }

  keepsLabel(task: Task, file: ExecFile): boolean {
    const label = labelOfProgram(file);
    return label === undefined || label === this.#host.security.of(task).label;
  }

  /** The program runs. */
  committed(task: Task, file: ExecFile | undefined): void {
    const { security } = this.#host;
    const own = copied(security.of(task));
    const label = file === undefined ? undefined : labelOfProgram(file);
    security.set(task, label === undefined ? own : { ...own, label: security.labels.import(label).name });
  }
}

/** SMACK64EXEC of the file; `undefined` = the label stays. */
function labelOfProgram({ inode }: ExecFile): string | undefined {
  const label = inode && storedLabel(inode, XATTR.exec);
  return label === SPECIAL.star || label === SPECIAL.web ? undefined : label;
}
