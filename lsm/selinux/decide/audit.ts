/**
 * Text of SELinux audit records: AVC (1400) and SELINUX_ERR (1401).
 *
 * Format: security/selinux/avc.c (avc_audit_pre_callback, avc_audit_post_callback) and security/lsm_audit.c, with their double spaces.
 */

import { untrusted } from '../../framework/audit/audit-text.ts';
import { type ActingTask, actingFields } from '../../framework/audit/lsm-audit.ts';

export interface AvcRecord {
  readonly subject: ActingTask;
  /** The bits reported, by the names of the class; `undefined` at an index without a name. */
  readonly vector: number;
  readonly permissionNames: readonly (string | undefined)[];
  /** `undefined` = an access that was granted (auditallow); else whether it was let through. */
  readonly denied: { readonly permissive: boolean } | undefined;
  /** Object fields, each with its leading space. */
  readonly details: string;
  readonly scontext: string;
  readonly tcontext: string;
  /** Stored text of a context that the present policy does not know. */
  readonly sraw?: string | undefined;
  readonly traw?: string | undefined;
  readonly tclass: string;
}

export function avcRecord(record: AvcRecord): string {
  const { denied, subject } = record;
  return [
    `avc:  ${denied === undefined ? 'granted' : 'denied'} `,
    vectorText(record.vector, record.permissionNames),
    actingFields(subject),
    record.details,
    ` scontext=${record.scontext} tcontext=${record.tcontext} tclass=${record.tclass}`,
    denied === undefined ? '' : ` permissive=${denied.permissive ? 1 : 0}`,
    record.sraw === undefined ? '' : ` srawcon=${untrusted(record.sraw)}`,
    record.traw === undefined ? '' : ` trawcon=${untrusted(record.traw)}`,
  ].join('');
}

function vectorText(vector: number, names: readonly (string | undefined)[]): string {
  if (vector === 0) return ' null';
  let rest = vector;
  let text = ' {';
  names.forEach((name, bit) => {
    const mask = 1 << bit;
    if (name === undefined || (rest & mask) === 0) return;
    text += ` ${name}`;
    rest &= ~mask;
  });
  if (rest !== 0) text += ` 0x${(rest >>> 0).toString(16)}`;
  return `${text} } for `;
}
