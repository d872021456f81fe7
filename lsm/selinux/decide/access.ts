/**
 * The access decision: what a source context may do to a target context of a class (context_struct_compute_av of ss/services.c).
 *
 * Order: type enforcement rules over the attributes of both types, constraints, role allows, type bounds. Vectors are u32.
 */
import { AVTAB_ALLOWED, AVTAB_AUDITALLOW, AVTAB_AUDITDENY } from '../policy/avtab.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import { constraintHolds } from './constraints.ts';
import type { PolicyState } from './policy-state.ts';

/** The source type is permissive. */
export const FLAG_PERMISSIVE = 1;
/** The source type is never audited. */
export const FLAG_NEVERAUDIT = 2;

export const ALL_PERMISSIONS = 0xffffffff;

export interface AvDecision {
  /** u32 */
  readonly allowed: number;
  readonly auditallow: number;
  readonly auditdeny: number;
  /** FLAG_* bits. */
  readonly flags: number;
}

/** Permissions that a bounding type took away: audit 1401 op=security_compute_av reason=bounds. */
export interface BoundsViolation {
  readonly source: Context;
  readonly target: Context;
  readonly class: number;
  /** u32 */
  readonly permissions: number;
}

export type OnBounds = (violation: BoundsViolation) => void;

/** @param classValue the policy's. 0: everything when handle_unknown is allow, else nothing, as userspace object managers expect. */
export function computeAv(
  state: PolicyState,
  source: Context,
  target: Context,
  classValue: number,
  onBounds?: OnBounds,
): AvDecision {
  const { db } = state;
  const permissive = db.permissiveTypes.has(source.type);
  const neveraudit = db.neverauditTypes.has(source.type);
  const flags = (permissive ? FLAG_PERMISSIVE : 0) | (neveraudit ? FLAG_NEVERAUDIT : 0);
  if (permissive && neveraudit) return { allowed: ALL_PERMISSIONS, auditallow: 0, auditdeny: 0, flags };
  if (classValue === 0) return decideUnknown(db, flags);
  const vectors = computeVectors(state, source, target, classValue, onBounds);
  if (neveraudit) return { allowed: vectors.allowed, auditallow: 0, auditdeny: 0, flags };
  return { ...vectors, flags };
}

/** The decision for a class that the policy does not have. */
export function decideUnknown(db: PolicyDb, flags: number): AvDecision {
  const allowed = db.handleUnknown === 'allow' ? ALL_PERMISSIONS : 0;
  return { allowed, auditallow: 0, auditdeny: ALL_PERMISSIONS, flags };
}

type Vectors = Omit<AvDecision, 'flags'>;

function computeVectors(
  state: PolicyState,
  source: Context,
  target: Context,
  classValue: number,
  onBounds: OnBounds | undefined,
): Vectors {
  const { db } = state;
  const datum = db.classes.byValue(classValue);
  if (datum === undefined) return { allowed: 0, auditallow: 0, auditdeny: ALL_PERMISSIONS };
  const { rules, conditionalRules } = db;
  let allowed = 0;
  let auditallow = 0;
  let auditdeny = -1;
  const sourceTypes = db.typeAttributes.of(source.type);
  const targetTypes = db.typeAttributes.of(target.type);
  for (let i = 0; i < sourceTypes.length; i++) {
    const sourceType = sourceTypes[i] ?? 0;
    if (!rules.mayHave(sourceType, classValue) && !conditionalRules.mayHave(sourceType, classValue)) continue;
    for (let j = 0; j < targetTypes.length; j++) {
      const targetType = targetTypes[j] ?? 0;
      for (let rule = rules.first(sourceType, targetType, classValue); rule >= 0; rule = rules.next(rule)) {
        const kind = rules.kind(rule);
        if (kind === AVTAB_ALLOWED) allowed |= rules.data(rule);
        else if (kind === AVTAB_AUDITDENY) auditdeny &= rules.data(rule);
        else if (kind === AVTAB_AUDITALLOW) auditallow |= rules.data(rule);
      }
      let rule = conditionalRules.first(sourceType, targetType, classValue);
      for (; rule >= 0; rule = conditionalRules.next(rule)) {
        if (!state.isEnabled(rule)) continue;
        const kind = conditionalRules.kind(rule);
        if (kind === AVTAB_ALLOWED) allowed |= conditionalRules.data(rule);
        else if (kind === AVTAB_AUDITDENY) auditdeny &= conditionalRules.data(rule);
        else if (kind === AVTAB_AUDITALLOW) auditallow |= conditionalRules.data(rule);
      }
    }
  }
  for (const { permissions, expression } of datum.constraints) {
    if ((permissions & allowed) !== 0 && !constraintHolds(db, expression, source, target)) allowed &= ~permissions;
  }
  const transitions = db.processTransition | db.processDyntransition;
  if (classValue === db.processClass && (allowed & transitions) !== 0 && !roleMayChange(db, source, target)) {
    allowed &= ~transitions;
  }
  allowed &= ~exceedsBounds(state, source, target, classValue, allowed, onBounds);
  return { allowed: allowed >>> 0, auditallow: auditallow >>> 0, auditdeny: auditdeny >>> 0 };
}

/** A process may keep its role; into another one it needs a role allow. */
export function roleMayChange(db: PolicyDb, source: Context, target: Context): boolean {
  if (source.role === target.role) return true;
  return db.roleAllows.some((rule) => rule.role === source.role && rule.newRole === target.role);
}

/** Whose decision limits this one: the bounding type of the source, towards that of the target if it has one. */
export function boundingContexts(
  { types }: PolicyDb,
  source: Context,
  target: Context,
): { readonly source: Context; readonly target: Context } | undefined {
  const sourceBounds = types.byValue(source.type)?.bounds ?? 0;
  if (sourceBounds === 0) return undefined;
  const targetBounds = types.byValue(target.type)?.bounds ?? 0;
  return {
    source: { ...source, type: sourceBounds },
    target: targetBounds === 0 ? target : { ...target, type: targetBounds },
  };
}

/** The part of `allowed` that the bounding type of the source does not have. */
function exceedsBounds(
  state: PolicyState,
  source: Context,
  target: Context,
  classValue: number,
  allowed: number,
  onBounds: OnBounds | undefined,
): number {
  const bounding = boundingContexts(state.db, source, target);
  if (bounding === undefined) return 0;
  const bound = computeVectors(state, bounding.source, bounding.target, classValue, onBounds);
  const permissions = (allowed & ~bound.allowed) >>> 0;
  if (permissions !== 0) onBounds?.({ source, target, class: classValue, permissions });
  return permissions;
}
