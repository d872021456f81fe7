/**
 * The record of an audit rule: ima_audit_measurement() of security/integrity/ima/ima_api.c.
 */
import { untrusted } from '../framework/audit/audit-text.ts';
import { type IntegritySubject, labelled } from '../framework/audit/integrity.ts';
import type { AuditTask, FileUse } from '../framework/files/file-use.ts';

/** ima_audit_measurement(), with audit_log_task_info(). */
export function ruleMessage(
  path: string,
  hash: string,
  task: AuditTask,
  subject: IntegritySubject,
  program: FileUse['program'],
): string {
  const { ids } = task;
  const { comm, exe } = program ?? { comm: subject.comm, exe: task.exe };
  return [
    `file=${untrusted(path)} hash="${hash}" ppid=${task.ppid} pid=${subject.tgid} auid=${subject.loginuid}`,
    ` uid=${ids.uid} gid=${ids.gid} euid=${ids.euid} suid=${ids.suid} fsuid=${ids.fsuid}`,
    ` egid=${ids.egid} sgid=${ids.sgid} fsgid=${ids.fsgid} tty=${task.tty} ses=${subject.sessionid}`,
    ` comm=${untrusted(comm)} exe=${untrusted(exe)}${labelled(subject)}`,
  ].join('');
}
