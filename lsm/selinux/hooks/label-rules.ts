/** Rules about parts of contexts: selinux_audit_rule_init() and selinux_audit_rule_match() of security/selinux/ss/services.c. */
import type { LabelRule } from '../../framework/labels/label-rule.ts';
import type { LoadedPolicy } from '../decide/load.ts';
import type { Sid } from '../policy/index.ts';

/** Does the policy have a user, role or type with this name? */
export function isKnown({ state: { db } }: LoadedPolicy, { field, value }: LabelRule): boolean {
  if (field.endsWith('_user')) return db.users.byName(value) !== undefined;
  if (field.endsWith('_role')) return db.roles.byName(value) !== undefined;
  return db.types.byName(value) !== undefined;
}

export function matches({ state: { db }, sids }: LoadedPolicy, sid: Sid, { field, value }: LabelRule): boolean {
  const context = sids.context(sid);
  if (context === undefined) return false;
  if (field.endsWith('_user')) return db.users.byName(value)?.value === context.user;
  if (field.endsWith('_role')) return db.roles.byName(value)?.value === context.role;
  return db.types.byName(value)?.value === context.type;
}
