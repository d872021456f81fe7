/** Rules of audit and IMA about labels: smack_audit_rule_init() and smack_audit_rule_match() of security/smack/smack_lsm.c. */
import type { LabelRule } from '../../framework/labels/label-rule.ts';
import { parseLabel } from '../policy/label.ts';

/** The label that a rule names; `undefined` = Smack knows no such rule: a label stands where SELinux has the user. */
export function labelInRule({ field, value }: LabelRule): string | undefined {
  return field.endsWith('_user') ? parseLabel(Buffer.from(value, 'latin1')) : undefined;
}
