/**
 * Rules of audit about labels: aa_audit_rule_init() and aa_audit_rule_match() of security/apparmor/audit.c. A label stands where
 * SELinux has the role of a task, and is one of the root namespace.
 */
import { E, failed, type Result } from '../../../linux/errno.ts';
import type { LabelRule } from '../../framework/labels/label-rule.ts';
import { Label, type PolicyNamespace, parseLabel } from '../policy/index.ts';

/** `false` = AppArmor has no such rules. ENOENT = a profile that the rule names is not loaded. */
export function ruleKnown(root: PolicyNamespace, { field, value }: LabelRule): Result<boolean> {
  if (field !== 'subj_role') return false;
  const named = parseLabel(Label.of(root.unconfined), value);
  return failed(named) && named !== E.EINVAL ? named : !failed(named);
}

/** Has the label all profiles that the rule names? */
export function ruleMatches(root: PolicyNamespace, { value }: LabelRule, label: Label): boolean {
  const named = parseLabel(Label.of(root.unconfined), value);
  return !failed(named) && named.profiles.every((profile) => label.profiles.includes(profile));
}
