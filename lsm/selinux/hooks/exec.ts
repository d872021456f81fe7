/**
 * New credentials at execve: selinux_bprm_creds_for_exec() and check_nnp_nosuid() of security/selinux/hooks.c.
 *
 * The same rules are applied twice: before the system call, with all checks and their records, to say whether it may
 * happen; and after it has, to find the label it gave. In between nothing but the label of the file and the policy can
 * change. A task gets a new label in its own namespace only; to those around it, it executes without transition.
 */

import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { Tgid } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { type ActingTask, commOf } from '../../framework/audit/lsm-audit.ts';
import type { ExecFile } from '../../framework/events.ts';
import { transitionIsBounded } from '../decide/bounded.ts';
import { kernelClass, SID } from '../decide/index.ts';
import { computeSid } from '../decide/queries.ts';
import type { SelinuxState } from '../decide/state.ts';
import type { SelinuxNamespace } from '../namespaces/namespace.ts';
import { checkEach, executed, type TaskSecurity } from '../namespaces/task-security.ts';
import { SECSID_NULL, type Sid } from '../policy/index.ts';

const CAPABILITY_OPEN_PERMS = 1;
const CAPABILITY_NNP_NOSUID_TRANSITION = 5;

/** A permission to its inode is recorded with the name of that, all others with the path of the open file. */
export interface ExecutedDetails {
  readonly inode: string;
  readonly file: string;
}

/** A file as it is judged. */
export interface OpenedProgram {
  /** Its SID in a namespace. `undefined`: nothing is known about the file, or it was never labelled; then only the task is judged. */
  readonly fileSid: (namespace: SelinuxNamespace) => Sid | undefined;
  /** The file in audit records, each with a leading space. */
  readonly details?: ExecutedDetails;
}

export interface Execution extends OpenedProgram {
  readonly old: TaskSecurity;
  readonly file: ExecFile | undefined;
  /** What runs it, where it is a script, and the dynamic loader. */
  readonly interpreters?: readonly OpenedProgram[];
  /** SID of the process that traces the task, in the task's namespace. */
  readonly tracer?: Sid | undefined;
}

/** The file's SID from its bare attributes, when its filesystem is not known. */
export function sidByXattr(namespace: SelinuxNamespace, file: ExecFile | undefined): Sid | undefined {
  const label = file?.inode?.xattrs[namespace.attribute];
  const sid = label === undefined ? E.EINVAL : namespace.state.contextToSidForced(label);
  return failed(sid) ? undefined : sid;
}

/** EACCES or EPERM when execve(2) must fail. */
export function execRefusal(execution: Execution, caller: Caller): Errno | undefined {
  const { old } = execution;
  const onFile: FileCheck = (entry, permissions) => checkFile(execution, entry, permissions, caller);
  return (
    openRefusal(old, execution, caller) ??
    transitionRefusal(execution, caller, onFile) ??
    firstRefusal(execution.interpreters ?? [], (file) => openRefusal(old, file, caller)) ??
    (old.outer !== undefined && old.namespace.rules.bounded
      ? checkEach(old.outer, (entry) => onFile(entry, ['execute_no_trans']))
      : undefined)
  );
}

type FileCheck = (entry: TaskSecurity, permissions: readonly string[]) => Errno | undefined;

function checkFile(
  { fileSid, details }: OpenedProgram,
  { namespace, current }: TaskSecurity,
  permissions: readonly string[],
  caller: Caller,
  fields = details?.file,
): Errno | undefined {
  const sid = namespace.state.loaded === undefined ? undefined : fileSid(namespace);
  return sid === undefined ? undefined : namespace.state.check(caller, current, sid, 'file', permissions, fields);
}

/** do_open_execat(): what the task must be allowed before anything else. */
function openRefusal(old: TaskSecurity, file: OpenedProgram, caller: Caller): Errno | undefined {
  return (
    checkEach(old, (entry) => checkFile(file, entry, ['execute'], caller, file.details?.inode)) ??
    checkEach(old, (entry) =>
      checkFile(file, entry, opensFiles(entry.namespace.state) ? ['read', 'open'] : ['read'], caller),
    )
  );
}

function firstRefusal<T>(items: readonly T[], check: (item: T) => Errno | undefined): Errno | undefined {
  for (const item of items) {
    const refused = check(item);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/** Does the policy know a permission for opening (policy capability open_perms)? */
export function opensFiles({ loaded }: SelinuxState): boolean {
  return loaded?.state.db.capabilities.has(CAPABILITY_OPEN_PERMS) === true;
}

/** What concerns the change of the task's label, hence its own namespace only. */
function transitionRefusal(execution: Execution, caller: Caller, onFile: FileCheck): Errno | undefined {
  const { old, details, tracer } = execution;
  const { state } = old.namespace;
  if (state.loaded === undefined) return undefined;
  const sid = nextSid(execution, caller);
  if (failed(sid)) return sid;
  if (sid === old.current) return onFile(old, ['execute_no_trans']);
  const refused =
    state.check(caller, old.current, sid, 'process', 'transition', details?.file) ??
    onFile({ ...old, current: sid }, ['entrypoint']);
  if (refused !== undefined) return refused;
  if (tracer !== undefined && state.check(caller, tracer, sid, 'process', 'ptrace') !== undefined) return E.EPERM;
  // Only recorded here: isSecure() says what follows.
  state.check(caller, old.current, sid, 'process', 'noatsecure');
  return undefined;
}

/**
 * What a task has after an exec that succeeded. Whether limits and signals pass to another SID is decided then; the host's kernel, which
 * would have to cut them, does not ask us, but the decisions are recorded (selinux_bprm_committing_creds, selinux_bprm_committed_creds).
 */
export function afterExec(execution: Execution, tgid: Tgid): TaskSecurity {
  const { old } = execution;
  const { state } = old.namespace;
  const sid = sidAfter(execution);
  if (sid !== old.current && state.loaded !== undefined) {
    const subject = executedBy(execution, tgid);
    state.check(subject, old.current, sid, 'process', 'rlimitinh');
    state.check(subject, old.current, sid, 'process', 'siginh');
  }
  return executed(old, sid);
}

/** The SID of the program that runs. */
export function sidAfter(execution: Execution): Sid {
  const next = nextSid(execution, undefined);
  return failed(next) ? execution.old.current : next;
}

/** The task in records, as the program that it executed. */
export function executedBy({ file }: Execution, tgid: Tgid): ActingTask {
  return { tgid, comm: commOf(file?.call?.filename ?? file?.path ?? '') };
}

/** Will the SID, and that of sockets the task makes, be the same after an exec that is allowed? */
export function keepsLabel(execution: Execution): boolean {
  const { current, sockcreate } = execution.old;
  return sockcreate === SECSID_NULL && nextSid(execution, undefined) === current;
}

/** Must a program that is allowed not trust its environment? */
export function isSecure(execution: Execution): boolean {
  const { namespace, current } = execution.old;
  const sid = sidAfter(execution);
  if (sid === current || namespace.state.loaded === undefined) return false;
  return !namespace.state.allowed(current, sid, 'process', 'noatsecure');
}

/** `undefined`: what it has set until or for its next program, or its namespaces, count, too. */
export function execSubject(
  { namespace, current, exec, fscreate, sockcreate }: TaskSecurity,
  initial: SelinuxNamespace,
): Sid | undefined {
  const isPlain = [exec, fscreate, sockcreate].every((sid) => sid === SECSID_NULL);
  return namespace === initial && isPlain ? current : undefined;
}

/** @param subject absent = decide without records. */
function nextSid(execution: Execution, subject: ActingTask | undefined): Result<Sid> {
  const { old } = execution;
  const { state } = old.namespace;
  const { loaded } = state;
  if (loaded === undefined) return SID.init;
  if (old.exec !== SECSID_NULL) {
    const refused = refusedByFlags(execution, old.exec, subject);
    return refused ?? old.exec;
  }
  const fileSid = execution.fileSid(old.namespace);
  if (fileSid === undefined) return old.current;
  const processClass = loaded.map.policyClass(kernelClass('process'));
  const sid = computeSid(state, 'transition', old.current, fileSid, processClass);
  if (failed(sid)) return sid;
  return refusedByFlags(execution, sid, subject) === undefined ? sid : old.current;
}

/** no_new_privs and nosuid let a task change to another SID only if the policy says so or its type is bounded by the old one. */
function refusedByFlags({ old, file }: Execution, sid: Sid, subject: ActingTask | undefined): Errno | undefined {
  const { state } = old.namespace;
  const noNewPrivs = file?.call?.noNewPrivs === true;
  const nosuid = file?.call?.nosuid === true;
  if ((!noNewPrivs && !nosuid) || sid === old.current) return undefined;
  if (state.loaded?.state.db.capabilities.has(CAPABILITY_NNP_NOSUID_TRANSITION)) {
    const permissions = [...(noNewPrivs ? ['nnp_transition'] : []), ...(nosuid ? ['nosuid_transition'] : [])];
    const allowed =
      subject === undefined
        ? state.allows(old.current, sid, 'process2', permissions)
        : state.check(subject, old.current, sid, 'process2', permissions) === undefined;
    if (allowed) return undefined;
  }
  if (transitionIsBounded(state, old.current, sid, subject !== undefined)) return undefined;
  return noNewPrivs ? E.EPERM : E.EACCES;
}
