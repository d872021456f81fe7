/**
 * Records of decisions: smack_log() and smack_log_callback() of security/smack/smack_access.c, Linux 6.12.
 */

import { untrusted } from '../../framework/audit/audit-text.ts';
import { type ActingTask, actingFields } from '../../framework/audit/lsm-audit.ts';
import { type Exception, formatAccess } from './access.ts';

/** What stands behind the letters of a request that the label `unconfined` granted. */
const MARKS: Readonly<Record<Exception, string>> = {
  bringup: '',
  'unconfined subject': '(US)',
  'unconfined object': '(UO)',
};

export interface AccessRecord {
  readonly hook: string;
  readonly subject: string;
  readonly object: string;
  readonly request: number;
  readonly allowed: boolean;
  readonly exception?: Exception;
  /** What the record says of the object, with a leading space. */
  readonly details?: string;
}

export function accessRecord(
  { hook, subject, object, request, allowed, exception, details = '' }: AccessRecord,
  task: ActingTask,
): string {
  const letters = formatAccess(request) + (exception === undefined ? '' : MARKS[exception]);
  const requested = letters === '' ? ' labels_differ' : ` requested=${letters}`;
  const action = allowed ? 'granted' : 'denied';
  return (
    `lsm=SMACK fn=${hook} action=${action} subject=${untrusted(subject)} object=${untrusted(object)}${requested}` +
    `${actingFields(task)}${details}`
  );
}
