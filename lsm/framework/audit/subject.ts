/**
 * The subject of a record, and the fields of records that describe it.
 *
 * Model: audit_log_task_info(), audit_log_untrustedstring() and their like in kernel/audit.c. Texts are latin-1: a character is a byte.
 */

import { UNSET } from '../../../linux/audit.ts';
import type { Tgid } from '../../../linux/ids.ts';
import type { Task } from '../task.ts';
import { untrusted } from './audit-text.ts';
import type { AuditContainer } from './container.ts';

/** The login that a task belongs to; (u32)-1 = none. */
export interface LoginSession {
  readonly loginuid: number;
  readonly sessionid: number;
}

/** What audit_log_task_info() tells of a task. */
export interface TaskInfo extends LoginSession {
  readonly pid: Tgid;
  readonly ppid: number;
  /** Real, effective, saved, filesystem. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  /** `(none)` without a terminal. */
  readonly tty: string;
  readonly comm: string;
  /** Path of the program; absent = it cannot be told. */
  readonly exe?: string;
  /** Label by the modules; absent = no module labels tasks. */
  readonly label?: string | undefined;
}

/** Facts of a task during a call. */
export interface RecordSubject extends TaskInfo {
  /** Its command line as it shows in /proc/PID/cmdline, with its NULs; records have at most 128 bytes. */
  readonly title: string;
  /** Labels by several modules, which a record of their own tells; `label` is then `?`. */
  readonly contexts?: string;
  /** Absent = none. */
  readonly container?: AuditContainer;
  /** Whose labels rules are about; absent = not known. */
  readonly task?: Task;
}

/** audit_log_session_info() */
export function sessionText({ loginuid, sessionid }: LoginSession): string {
  return `auid=${loginuid} ses=${sessionid}`;
}

/** Of a task that never logged in. */
export const NO_SESSION = sessionText({ loginuid: UNSET, sessionid: UNSET });

/** audit_log_task_context(): with its leading blank. */
export function labelText({ label }: Pick<TaskInfo, 'label'>): string {
  return label === undefined ? '' : ` subj=${label}`;
}

export function exeText({ exe }: TaskInfo): string {
  return exe === undefined ? ' exe=(null)' : ` exe=${untrusted(exe)}`;
}

export function keyText(key: string | undefined): string {
  return ` key=${key === undefined ? '(null)' : untrusted(key)}`;
}

/** audit_log_task_info(): it begins with a blank. */
export function taskText(subject: TaskInfo): string {
  const { pid, ppid, uids, gids, tty, comm, loginuid, sessionid } = subject;
  const [uid, euid, suid, fsuid] = uids;
  const [gid, egid, sgid, fsgid] = gids;
  return (
    ` ppid=${ppid} pid=${pid} auid=${loginuid} uid=${uid} gid=${gid} euid=${euid} suid=${suid} fsuid=${fsuid}` +
    ` egid=${egid} sgid=${sgid} fsgid=${fsgid} tty=${tty} ses=${sessionid} comm=${untrusted(comm)}${exeText(subject)}${labelText(subject)}`
  );
}

const TITLE_MAX = 128;

/** audit_log_proctitle(): without what is not printable at its end, as the kernel's ctype (latin-1) has it. */
export function titleText({ title }: RecordSubject): string {
  const text = title.slice(0, TITLE_MAX).replace(/[^\x20-\x7e\xa0-\xff]+$/, '');
  return `proctitle=${text === '' ? '(null)' : untrusted(text)}`;
}

export function loginuidSet({ loginuid }: RecordSubject): boolean {
  return loginuid !== UNSET;
}
