/**
 * Evaluation of constraint expressions (constraint_expr_eval of ss/services.c).
 *
 * The operand stack is the low bits of one number, top of stack in bit 0; the parser has checked its depth.
 */
import {
  ATTRIBUTE_H1H2,
  ATTRIBUTE_H1L2,
  ATTRIBUTE_L1H1,
  ATTRIBUTE_L1H2,
  ATTRIBUTE_L1L2,
  ATTRIBUTE_L2H2,
  ATTRIBUTE_ROLE,
  ATTRIBUTE_TARGET,
  ATTRIBUTE_TYPE,
  ATTRIBUTE_USER,
  ATTRIBUTE_XTARGET,
  OPERATOR_DOM,
  OPERATOR_DOMBY,
  OPERATOR_EQ,
  OPERATOR_INCOMP,
  OPERATOR_NE,
  TERM_AND,
  TERM_ATTRIBUTE,
  TERM_NAMES,
  TERM_NOT,
  TERM_OR,
} from '../policy/constraint.ts';
import type { ConstraintTerm, MlsLevel } from '../policy/datums.ts';
import { dominates, levelsEqual } from '../policy/mls.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';

/** `third`: the task of validatetrans. A term that makes no sense makes the whole expression false. */
export function constraintHolds(
  db: PolicyDb,
  expression: readonly ConstraintTerm[],
  source: Context,
  target: Context,
  third?: Context,
): boolean {
  let stack = 0;
  for (const term of expression) {
    let value: boolean | undefined;
    switch (term.kind) {
      case TERM_NOT:
        stack ^= 1;
        continue;
      case TERM_AND:
        stack = (stack >> 1) & (stack & 1 ? -1 : ~1);
        continue;
      case TERM_OR:
        stack = (stack >> 1) | (stack & 1);
        continue;
      case TERM_ATTRIBUTE:
        value = compareAttributes(db, term, source, target);
        break;
      case TERM_NAMES:
        value = compareNames(term, source, target, third);
        break;
    }
    if (value === undefined) return false;
    stack = (stack << 1) | (value ? 1 : 0);
  }
  return (stack & 1) === 1;
}

function compareAttributes(
  db: PolicyDb,
  { attribute, operator }: ConstraintTerm,
  source: Context,
  target: Context,
): boolean | undefined {
  switch (attribute) {
    case ATTRIBUTE_USER:
      return compareValues(source.user, target.user, operator);
    case ATTRIBUTE_TYPE:
      return compareValues(source.type, target.type, operator);
    case ATTRIBUTE_ROLE:
      return compareRoles(db, source.role, target.role, operator);
    case ATTRIBUTE_L1L2:
      return compareLevels(source.range.low, target.range.low, operator);
    case ATTRIBUTE_L1H2:
      return compareLevels(source.range.low, target.range.high, operator);
    case ATTRIBUTE_H1L2:
      return compareLevels(source.range.high, target.range.low, operator);
    case ATTRIBUTE_H1H2:
      return compareLevels(source.range.high, target.range.high, operator);
    case ATTRIBUTE_L1H1:
      return compareLevels(source.range.low, source.range.high, operator);
    case ATTRIBUTE_L2H2:
      return compareLevels(target.range.low, target.range.high, operator);
    default:
      return undefined;
  }
}

function compareValues(a: number, b: number, operator: number): boolean | undefined {
  if (operator === OPERATOR_EQ) return a === b;
  return operator === OPERATOR_NE ? a !== b : undefined;
}

function compareRoles(db: PolicyDb, a: number, b: number, operator: number): boolean | undefined {
  const aDominates = () => db.roles.byValue(a)?.dominates.has(b - 1) === true;
  const bDominates = () => db.roles.byValue(b)?.dominates.has(a - 1) === true;
  switch (operator) {
    case OPERATOR_DOM:
      return aDominates();
    case OPERATOR_DOMBY:
      return bDominates();
    case OPERATOR_INCOMP:
      return !aDominates() && !bDominates();
    default:
      return compareValues(a, b, operator);
  }
}

function compareLevels(a: MlsLevel, b: MlsLevel, operator: number): boolean | undefined {
  switch (operator) {
    case OPERATOR_EQ:
      return levelsEqual(a, b);
    case OPERATOR_NE:
      return !levelsEqual(a, b);
    case OPERATOR_DOM:
      return dominates(a, b);
    case OPERATOR_DOMBY:
      return dominates(b, a);
    case OPERATOR_INCOMP:
      return !dominates(a, b) && !dominates(b, a);
    default:
      return undefined;
  }
}

function compareNames(
  { attribute, operator, names }: ConstraintTerm,
  source: Context,
  target: Context,
  third: Context | undefined,
): boolean | undefined {
  const context = attribute & ATTRIBUTE_TARGET ? target : attribute & ATTRIBUTE_XTARGET ? third : source;
  if (context === undefined) return undefined;
  let value: number;
  if (attribute & ATTRIBUTE_USER) value = context.user;
  else if (attribute & ATTRIBUTE_ROLE) value = context.role;
  else if (attribute & ATTRIBUTE_TYPE) value = context.type;
  else return undefined;
  if (operator === OPERATOR_EQ) return names.has(value - 1);
  return operator === OPERATOR_NE ? !names.has(value - 1) : undefined;
}
