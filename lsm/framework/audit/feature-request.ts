/**
 * AUDIT_SET_FEATURE: audit_set_feature() of kernel/audit.c.
 */
import { AUDIT } from '../../../linux/audit.ts';
import { E } from '../../../linux/errno.ts';
import { type AuditRequest, type AuditResult, recordEnabled } from './request.ts';
import { statusWords } from './status.ts';
import { taskText } from './subject.ts';

/** Names of the bits, from the lowest on. */
export const FEATURES: readonly string[] = ['only_unset_loginuid', 'loginuid_immutable'];
const FEATURES_SIZE = 16;

export function setFeatures({ audit, instance, message, sender: { subject } }: AuditRequest): AuditResult {
  const { status } = instance;
  if (message.data.length < FEATURES_SIZE) return E.EINVAL;
  const [, mask = 0, features = 0, locks = 0] = statusWords(message.data);
  const one = (bits: number, bit: number): number => ((bits & bit) === 0 ? 0 : 1);
  const changes = FEATURES.map((name, index) => ({ name, bit: 1 << index })).filter(({ bit }) => (mask & bit) !== 0);
  const record = ({ name, bit }: { name: string; bit: number }, allowed: boolean): void => {
    const values = `old=${one(status.features, bit)} new=${one(features, bit)}`;
    const locked = `old_lock=${one(status.featureLocks, bit)} new_lock=${one(locks | status.featureLocks, bit)}`;
    const body = `${taskText(subject)} feature=${name} ${values} ${locked} res=${allowed ? 1 : 0}`;
    recordEnabled(audit, AUDIT.FEATURE_CHANGE, body, subject);
  };
  for (const change of changes) {
    const { bit } = change;
    if ((status.featureLocks & bit) !== 0 && ((features ^ status.features) & bit) !== 0) {
      record(change, false);
      return E.EPERM;
    }
  }
  for (const change of changes) {
    const { bit } = change;
    if (((features ^ status.features) & bit) !== 0) record(change, true);
    status.features = (status.features & ~bit) | (features & bit);
    status.featureLocks |= locks & bit;
  }
  return undefined;
}
