/** Rules about parts of contexts: selinux_audit_rule_init() and selinux_audit_rule_match() of security/selinux/ss/services.c. */
import { failed } from '../../../linux/errno.ts';
import type { LabelRule, LevelField } from '../../framework/labels/label-rule.ts';
import { parseLevel } from '../decide/context-text.ts';
import type { LoadedPolicy } from '../decide/load.ts';
import type { MlsLevel } from '../policy/datums.ts';
import type { PolicyDb, Sid } from '../policy/index.ts';
import { dominates, levelsEqual } from '../policy/mls.ts';

const LOW: readonly string[] = ['subj_sen', 'obj_lev_low'] satisfies LevelField[];
const HIGH: readonly string[] = ['subj_clr', 'obj_lev_high'] satisfies LevelField[];

/** Does the policy have a user, role or type with this name, or such a level? */
export function isKnown({ state: { db } }: LoadedPolicy, { field, value }: LabelRule): boolean {
  if (isLevel(field)) return levelIn(db, value) !== undefined;
  if (field.endsWith('_user')) return db.users.byName(value) !== undefined;
  if (field.endsWith('_role')) return db.roles.byName(value) !== undefined;
  return db.types.byName(value) !== undefined;
}

export function matches({ state: { db }, sids }: LoadedPolicy, sid: Sid, rule: LabelRule): boolean {
  const { field, value } = rule;
  const context = sids.context(sid);
  if (context === undefined) return false;
  if (isLevel(field)) {
    const level = levelIn(db, value);
    const { low, high } = context.range;
    return level !== undefined && compares(LOW.includes(field) ? low : high, rule.order, level);
  }
  if (field.endsWith('_user')) return db.users.byName(value)?.value === context.user;
  if (field.endsWith('_role')) return db.roles.byName(value)?.value === context.role;
  return db.types.byName(value)?.value === context.type;
}

function isLevel(field: string): boolean {
  return LOW.includes(field) || HIGH.includes(field);
}

/** No range. */
function levelIn(db: PolicyDb, text: string): MlsLevel | undefined {
  if (!db.mls || text.includes('-')) return undefined;
  const level = parseLevel(db, text);
  return failed(level) ? undefined : level;
}

function compares(level: MlsLevel, order: LabelRule['order'], other: MlsLevel): boolean {
  const equal = levelsEqual(level, other);
  switch (order) {
    case '<':
      return dominates(other, level) && !equal;
    case '<=':
      return dominates(other, level);
    case '>':
      return dominates(level, other) && !equal;
    case '>=':
      return dominates(level, other);
    default:
      return equal;
  }
}
