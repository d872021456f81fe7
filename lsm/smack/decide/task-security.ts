/**
 * What Smack keeps with a task. A value is replaced, never changed.
 */

import type { SmackNamespace } from '../namespaces/namespaces.ts';
import { SPECIAL } from '../policy/label.ts';
import type { RuleChange } from './access.ts';

/** A rule that a task set for itself: it takes away, never gives. */
export interface OwnRule {
  readonly subject: string;
  readonly object: string;
  readonly access: number;
}

export interface TaskSecurity {
  readonly label: string;
  /** Newest first. */
  readonly rules: readonly OwnRule[];
  /** Labels that it may change to once without privilege, newest first. */
  readonly relabel: readonly string[];
  /** Its own, whatever user namespace it is in (lsm_unshare(2)). */
  readonly namespace?: SmackNamespace;
}

export const INITIAL: TaskSecurity = { label: SPECIAL.floor, rules: [], relabel: [] };

/** Credentials are copied entry by entry to the front of a new list, at fork and at exec: so the order turns round. */
export function copied(security: TaskSecurity): TaskSecurity {
  const { rules, relabel } = security;
  return { ...security, rules: rules.toReversed(), relabel: relabel.toReversed() };
}

export function changeOwnRule(security: TaskSecurity, { subject, object, add, remove }: RuleChange): TaskSecurity {
  const isThis = (rule: OwnRule) => rule.subject === subject && rule.object === object;
  const { rules } = security;
  if (!rules.some(isThis)) return { ...security, rules: [{ subject, object, access: add & ~remove }, ...rules] };
  const changed = (rule: OwnRule) => ({ ...rule, access: (rule.access | add) & ~remove });
  return { ...security, rules: rules.map((rule) => (isThis(rule) ? changed(rule) : rule)) };
}
