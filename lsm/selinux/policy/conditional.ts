/**
 * Conditional blocks: a boolean expression and the rules it turns on and off (ss/conditional.c).
 */
import { AVTAB_AV, AVTAB_TYPE, AvTable, PLAIN_RULE_SIZE } from './avtab.ts';
import type { SymbolTables } from './datums.ts';
import { POINTER, type Reader, require } from './reader.ts';
import { type RuleItem, readPlainRules, readRule } from './rules.ts';

export const CONDITION_BOOLEAN = 1;
export const CONDITION_NOT = 2;
export const CONDITION_OR = 3;
export const CONDITION_AND = 4;
export const CONDITION_XOR = 5;
export const CONDITION_EQ = 6;
export const CONDITION_NE = 7;

/** Sizes of the kernel's structures, for what it cannot allocate. */
const NODE_SIZE = 56;
const TERM_SIZE = 8;

/** Of a block; more cost time. */
const USUAL_RULES = 32;
/** A type rule is looked for among others. */
const WITHOUT_TYPES = { kinds: AVTAB_AV, mayRepeat: true };

export interface ConditionalNode {
  /** Reverse Polish. */
  readonly expression: readonly ConditionalTerm[];
  /** Rules of `conditionalRules`, as half-open ranges of rule numbers. */
  readonly whenTrue: RuleSpan;
  readonly whenFalse: RuleSpan;
}

export interface ConditionalTerm {
  readonly kind: number;
  /** Value of a boolean; only for CONDITION_BOOLEAN. */
  readonly boolean: number;
}

export interface RuleSpan {
  readonly start: number;
  readonly end: number;
}

export interface Conditionals {
  readonly conditionals: ConditionalNode[];
  readonly conditionalRules: AvTable;
}

export type ConditionalTables = Pick<SymbolTables, 'types' | 'classes' | 'booleans'>;

/** u32 number of blocks; each: u32 state, u32 number of terms, terms, rules when true, rules when false. */
export function readConditionals(
  reader: Reader,
  tables: ConditionalTables,
  rules: AvTable,
  version: number,
): Conditionals {
  const count = reader.u32();
  reader.allocation(count, NODE_SIZE);
  const conditionalRules = new AvTable(Math.min(count * USUAL_RULES, Math.floor(reader.remaining / PLAIN_RULE_SIZE)));
  const conditionals: ConditionalNode[] = [];
  for (let i = 0; i < count; i++) {
    reader.u32(); // recomputed when the policy is used
    const terms = reader.u32();
    reader.allocation(terms, TERM_SIZE);
    const expression: ConditionalTerm[] = [];
    for (let j = 0; j < terms; j++) {
      const term = { kind: reader.u32(), boolean: reader.u32() };
      require(term.kind >= CONDITION_BOOLEAN && term.kind <= CONDITION_NE);
      if (term.kind === CONDITION_BOOLEAN) require(term.boolean >= 1 && term.boolean <= tables.booleans.maximum);
      expression.push(term);
    }
    const readList = (mayRepeat: RuleSpan): RuleSpan => {
      const start = conditionalRules.length;
      const length = reader.u32();
      reader.allocation(length, POINTER);
      for (let j = 0; j < length; j++) {
        j += readPlainRules(reader, tables, conditionalRules, length - j, WITHOUT_TYPES);
        if (j === length) break;
        const rule = readRule(reader, tables, version);
        if ((rule.kind & AVTAB_TYPE) !== 0) checkTypeRule(rule, rules, conditionalRules, mayRepeat);
        conditionalRules.add(rule.source, rule.target, rule.class, rule.kind, rule.data);
      }
      return { start, end: conditionalRules.length };
    };
    const whenTrue = readList({ start: 0, end: 0 });
    const whenFalse = readList(whenTrue);
    conditionals.push({ expression, whenTrue, whenFalse });
  }
  return { conditionals, conditionalRules };
}

/** A type rule must be the only one of its key, except that the true and the false list of one block may have one each. */
function checkTypeRule(rule: RuleItem, rules: AvTable, conditionalRules: AvTable, mayRepeat: RuleSpan): void {
  require(rules.find(rule.source, rule.target, rule.class, rule.kind) < 0);
  const other = conditionalRules.find(rule.source, rule.target, rule.class, rule.kind);
  require(other < 0 || (other >= mayRepeat.start && other < mayRepeat.end));
}

/** Of each block: number of terms, kind and boolean of each, the two spans. */
export function saveConditionals(conditionals: readonly ConditionalNode[]): Uint32Array {
  return Uint32Array.from(
    conditionals.flatMap(({ expression, whenTrue, whenFalse }) => [
      expression.length,
      ...expression.flatMap(({ kind, boolean }) => [kind, boolean]),
      ...[whenTrue.start, whenTrue.end, whenFalse.start, whenFalse.end],
    ]),
  );
}

export function savedConditionals(saved: Uint32Array): ConditionalNode[] {
  const conditionals: ConditionalNode[] = [];
  let at = 0;
  const next = (): number => saved[at++] ?? 0;
  while (at < saved.length) {
    const terms = next();
    const expression: ConditionalTerm[] = [];
    for (let i = 0; i < terms; i++) expression.push({ kind: next(), boolean: next() });
    const whenTrue = { start: next(), end: next() };
    conditionals.push({ expression, whenTrue, whenFalse: { start: next(), end: next() } });
  }
  return conditionals;
}
