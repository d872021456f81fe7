/**
 * One netlink request of audit, and the records that all requests write.
 */
import { AUDIT } from '../../../linux/audit.ts';
import type { Errno } from '../../../linux/errno.ts';
import type { Task } from '../task.ts';
import type { Audit, AuditSocket } from './audit.ts';
import type { AuditInstance } from './instance.ts';
import type { Message } from './netlink.ts';
import type { RulePaths } from './rule.ts';
import { labelText, type RecordSubject, sessionText } from './subject.ts';

/** The sender of a datagram. */
export interface AuditSender {
  readonly task: Task;
  readonly subject: RecordSubject;
  /** In the initial namespaces. */
  readonly initialUserNamespace: boolean;
  readonly initialPidNamespace: boolean;
  /** Its process number in its own pid namespace. */
  readonly ownPid: number;
  /** It has the capability, and without an address the opener of the socket had it, too (netlink_capable()). */
  readonly control: boolean;
  readonly write: boolean;
  readonly paths: RulePaths;
}

/** Result of a request: an error, a positive number that is acknowledged like one, or success. */
export type AuditResult = Errno | number | undefined;

export interface AuditRequest {
  readonly audit: Audit;
  /** Whose settings are asked for or changed. */
  readonly instance: AuditInstance;
  readonly socket: AuditSocket;
  readonly sender: AuditSender;
  readonly message: Message;
  /** Sent when the whole datagram has been handled: by threads that wait for that. */
  readonly answers: Uint8Array[];
  acknowledged: boolean;
}

/** A record that is written where audit is on. */
export function recordEnabled(audit: Audit, type: number, body: string, subject: RecordSubject): void {
  audit.record({ type, body, subject: () => subject, whenEnabled: true });
}

/** audit_log_common_recv_msg() */
export function recordRequest({ audit, sender: { subject } }: AuditRequest, rest: string): void {
  recordEnabled(audit, AUDIT.CONFIG_CHANGE, `${identityText(subject)}${rest}`, subject);
}

export function identityText(subject: RecordSubject): string {
  return `pid=${subject.pid} uid=${subject.uids[0]} ${sessionText(subject)}${labelText(subject)}`;
}
