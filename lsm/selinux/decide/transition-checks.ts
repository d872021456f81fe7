/**
 * Whether a label may be replaced by another: validatetrans rules (relabelling) and bounds (threads, no_new_privs).
 */
import { E, type Result } from '../../../linux/errno.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import { constraintHolds } from './constraints.ts';
import type { PolicyState } from './policy-state.ts';

/** @returns EINVAL for class 0 or one above the maximum; `false` = EPERM. */
export function validateTransition(
  { db }: PolicyState,
  oldContext: Context,
  newContext: Context,
  taskContext: Context,
  classValue: number,
): Result<boolean> {
  if (classValue === 0 || classValue > db.classes.maximum) return E.EINVAL;
  const rules = db.classes.byValue(classValue)?.validateTransitions ?? [];
  return rules.every(({ expression }) => constraintHolds(db, expression, oldContext, newContext, taskContext));
}

/** The new type is the old one or bounded by it, directly or through others. */
export function boundedTransition(db: PolicyDb, oldContext: Context, newContext: Context): boolean {
  if (oldContext.type === newContext.type) return true;
  let bounds = db.types.byValue(newContext.type)?.bounds ?? 0; // the parser has limited the length of the chain
  while (bounds !== 0 && bounds !== oldContext.type) bounds = db.types.byValue(bounds)?.bounds ?? 0;
  return bounds !== 0;
}
