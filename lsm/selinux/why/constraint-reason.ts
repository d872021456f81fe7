/**
 * A constraint in words: its source text, and what each of its comparisons compared.
 */
import { constraintHolds } from '../decide/constraints.ts';
import { formatLevel } from '../decide/index.ts';
import { TERM_ATTRIBUTE, TERM_NAMES } from '../policy/constraint.ts';
import type { ClassDatum, Constraint } from '../policy/datums.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import { constraintTermText, constraintText, operands } from './expression-text.ts';
import { braced, typeName } from './names.ts';
import type { WhyConstraint, WhyTerm } from './report.ts';
import { permissionNames } from './rule-text.ts';

/** The contexts that `u1`, `u2` and `u3` are about; the third only for validatetrans. */
export interface ConstraintContexts {
  readonly source: Context;
  readonly target: Context;
  readonly third?: Context;
  readonly class: ClassDatum;
}

/** The binary does not tell `constrain` from `mlsconstrain`; comparing levels does. */
export function describeConstraint(
  db: PolicyDb,
  contexts: ConstraintContexts,
  { permissions, expression }: Constraint,
): WhyConstraint {
  const { source, target, third, class: datum } = contexts;
  const comparisons = expression.filter(({ kind }) => kind === TERM_ATTRIBUTE || kind === TERM_NAMES);
  const terms: WhyTerm[] = comparisons.map((term) => ({
    term: constraintTermText(db, term),
    holds: constraintHolds(db, [term], source, target, third),
    values: Object.fromEntries(operands(term).map((name) => [name, operandValue(db, name, contexts)])),
  }));
  const mls = comparisons.some((term) => /^[lh]/.test(operands(term)[0] ?? '')) ? 'mls' : '';
  const head =
    third === undefined
      ? `${mls}constrain ${datum.name} ${braced(permissionNames(datum, permissions))}`
      : `${mls}validatetrans ${datum.name}`;
  return { constraint: `${head} (${constraintText(db, expression)});`, terms };
}

/** Value of `u1`, `r2`, `t3`, `l2`, `h1`, ... */
function operandValue(db: PolicyDb, name: string, { source, target, third }: ConstraintContexts): string {
  const context = name.endsWith('1') ? source : name.endsWith('2') ? target : (third ?? source);
  switch (name[0]) {
    case 'u':
      return db.users.nameOf(context.user) ?? '?';
    case 'r':
      return db.roles.nameOf(context.role) ?? '?';
    case 't':
      return typeName(db, context.type);
    case 'l':
      return formatLevel(db, context.range.low);
    default:
      return formatLevel(db, context.range.high);
  }
}
