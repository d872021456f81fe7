/**
 * Audit records that the modules of file integrity share: security/integrity/integrity_audit.c.
 */

import type { Tgid } from '../../../linux/ids.ts';
import type { KernelLog } from '../facts.ts';
import type { RefusalAbout } from '../inspection/refusal.ts';
import { fieldOf, untrusted, untrustedField } from './audit-text.ts';
import { type InodePlace, nameField, placeFields } from './lsm-audit.ts';
import { type LoginSession, labelText, sessionText } from './subject.ts';

/** include/uapi/linux/audit.h */
export const INTEGRITY = {
  DATA: 1800,
  METADATA: 1801,
  STATUS: 1802,
  HASH: 1803,
  PCR: 1804,
  RULE: 1805,
  POLICY_RULE: 1807,
} as const;

/** Who acts. */
export interface IntegritySubject extends LoginSession {
  readonly tgid: Tgid;
  /** Real. */
  readonly uid: number;
  readonly comm: string;
  /** Label, where a module gives tasks any. */
  readonly label?: string | undefined;
}

export interface IntegrityMessage {
  readonly op: string;
  readonly cause: string;
  /** The result that the record counts as: 0 is `res=1`. */
  readonly result: number;
  /** As the record says it; absent = 0, which most causes have. */
  readonly errno?: number;
  readonly name?: string | undefined;
  readonly file?: InodePlace | undefined;
}

/** integrity_audit_message() */
export function integrityMessage(subject: IntegritySubject, message: IntegrityMessage): string {
  const { op, cause, result, errno = 0, name, file } = message;
  return [
    `pid=${subject.tgid} uid=${subject.uid} ${sessionText(subject)}${labelText(subject)} op=${op} cause=${cause}`,
    ` comm=${untrusted(subject.comm)}`,
    name === undefined ? '' : nameField(name),
    file === undefined ? '' : placeFields(file),
    ` res=${result === 0 ? 1 : 0} errno=${errno}`,
  ].join('');
}

export function logMessage(log: KernelLog, type: number, subject: IntegritySubject, message: IntegrityMessage): void {
  log.audit(type, integrityMessage(subject, message));
}

/**
 * What a record of integrity_audit_message() is about that tells of a refusal; such records do not say whether the use was let through
 * (`ima_appraise=log`).
 */
export function integrityRefusal(text: string, hint: (path: string) => string): RefusalAbout | undefined {
  if (fieldOf(text, 'res') !== '0') return undefined;
  const [subject = '', object = ''] = [untrustedField(text, 'comm'), untrustedField(text, 'name')];
  const [, cause = ''] = / cause=(.*?) comm=/.exec(text) ?? [];
  return { subject, object, kind: fieldOf(text, 'op') ?? '', access: cause, permissive: false, hint: hint(object) };
}
