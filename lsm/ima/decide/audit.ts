/**
 * The record of an audit rule: ima_audit_measurement() of security/integrity/ima/ima_api.c.
 */
import { untrusted } from '../../framework/audit/audit-text.ts';
import type { IntegritySubject } from '../../framework/audit/integrity.ts';
import { taskText } from '../../framework/audit/subject.ts';
import type { AuditTask, FileUse } from '../../framework/files/file-use.ts';

/** ima_audit_measurement(), with audit_log_task_info(). */
export function ruleMessage(
  path: string,
  hash: string,
  task: AuditTask,
  subject: IntegritySubject,
  program: FileUse['program'],
): string {
  const { ids, ppid, tty } = task;
  const { comm, exe } = program ?? { comm: subject.comm, exe: task.exe };
  const { tgid: pid, loginuid, sessionid, label } = subject;
  const uids = [ids.uid, ids.euid, ids.suid, ids.fsuid];
  const gids = [ids.gid, ids.egid, ids.sgid, ids.fsgid];
  const info = { pid, ppid, uids, gids, tty, comm, exe, loginuid, sessionid, label };
  return `file=${untrusted(path)} hash="${hash}"${taskText(info)}`;
}
