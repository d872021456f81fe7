/**
 * Boolean and constraint expressions as policy source text, from the reverse Polish notation of the binary.
 */
import {
  CONDITION_AND,
  CONDITION_BOOLEAN,
  CONDITION_EQ,
  CONDITION_NE,
  CONDITION_NOT,
  CONDITION_OR,
  CONDITION_XOR,
  type ConditionalTerm,
} from '../policy/conditional.ts';
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
  TERM_NAMES,
  TERM_NOT,
  TERM_OR,
} from '../policy/constraint.ts';
import type { ConstraintTerm } from '../policy/datums.ts';
import type { PolicyDb } from '../policy/policydb.ts';
import { braced, typeSetText } from './names.ts';

const CONDITION_SIGNS: ReadonlyMap<number, string> = new Map([
  [CONDITION_OR, '||'],
  [CONDITION_AND, '&&'],
  [CONDITION_XOR, '^'],
  [CONDITION_EQ, '=='],
  [CONDITION_NE, '!='],
]);

/** `httpd_enable_cgi && !fast`; inner binary expressions in parentheses. */
export function conditionText({ booleans }: PolicyDb, expression: readonly ConditionalTerm[]): string {
  return infix(expression, ({ kind, boolean }) => {
    if (kind === CONDITION_BOOLEAN) return booleans.nameOf(boolean) ?? '?';
    return kind === CONDITION_NOT ? { prefix: '!' } : { between: CONDITION_SIGNS.get(kind) ?? '?' };
  });
}

/** `(l1 eq l2) or (u1 == u2)`. */
export function constraintText(db: PolicyDb, expression: readonly ConstraintTerm[]): string {
  return infix(expression, (term) => {
    if (term.kind === TERM_NOT) return { prefix: 'not ' };
    if (term.kind === TERM_AND) return { between: 'and' };
    if (term.kind === TERM_OR) return { between: 'or' };
    return constraintTermText(db, term);
  });
}

type Piece = string | { readonly prefix: string } | { readonly between: string };

/** Operands are put in parentheses when they are made of two others. */
function infix<T>(expression: readonly T[], piece: (term: T) => Piece): string {
  const stack: { readonly text: string; readonly binary: boolean }[] = [];
  const pop = () => {
    const { text, binary } = stack.pop() ?? { text: '?', binary: false };
    return binary ? `(${text})` : text;
  };
  for (const term of expression) {
    const made = piece(term);
    if (typeof made === 'string') stack.push({ text: made, binary: false });
    else if ('prefix' in made) stack.push({ text: `${made.prefix}${pop()}`, binary: false });
    else {
      const right = pop();
      stack.push({ text: `${pop()} ${made.between} ${right}`, binary: true });
    }
  }
  return stack.at(-1)?.text ?? '?';
}

const LEVEL_PAIRS: ReadonlyMap<number, readonly [string, string]> = new Map([
  [ATTRIBUTE_L1L2, ['l1', 'l2']],
  [ATTRIBUTE_L1H2, ['l1', 'h2']],
  [ATTRIBUTE_H1L2, ['h1', 'l2']],
  [ATTRIBUTE_H1H2, ['h1', 'h2']],
  [ATTRIBUTE_L1H1, ['l1', 'h1']],
  [ATTRIBUTE_L2H2, ['l2', 'h2']],
]);

const OPERATORS: ReadonlyMap<number, string> = new Map([
  [OPERATOR_EQ, '=='],
  [OPERATOR_NE, '!='],
  [OPERATOR_DOM, 'dom'],
  [OPERATOR_DOMBY, 'domby'],
  [OPERATOR_INCOMP, 'incomp'],
]);

/** What a comparison compares: `l1` and `l2`, `u1` and `u2`; of a comparison with names only the first. */
export function operands({ kind, attribute }: ConstraintTerm): readonly string[] {
  const levels = LEVEL_PAIRS.get(attribute);
  if (levels !== undefined) return levels;
  const letter = attribute & ATTRIBUTE_USER ? 'u' : attribute & ATTRIBUTE_ROLE ? 'r' : 't';
  if (kind !== TERM_NAMES) return [`${letter}1`, `${letter}2`];
  return [`${letter}${attribute & ATTRIBUTE_TARGET ? 2 : attribute & ATTRIBUTE_XTARGET ? 3 : 1}`];
}

/** One comparison. Level comparisons have words for operators. */
export function constraintTermText(db: PolicyDb, term: ConstraintTerm): string {
  const [left, right = nameSetText(db, term)] = operands(term);
  const sign = OPERATORS.get(term.operator) ?? '?';
  const words = LEVEL_PAIRS.has(term.attribute) ? { '==': 'eq', '!=': 'ne' }[sign] : undefined;
  return `${left} ${words ?? sign} ${right}`;
}

function nameSetText(db: PolicyDb, { attribute, names, written }: ConstraintTerm): string {
  if (attribute & ATTRIBUTE_TYPE) return typeSetText(db, names, written);
  const table = attribute & ATTRIBUTE_USER ? db.users : db.roles;
  return braced([...names].map((bit) => table.nameOf(bit + 1) ?? '?'));
}
