/** Conditions of rules: `path="/bin/x"`, `task.exe!="/usr/bin/\*"`, `exec=path`, `exec!=NULL`, of which all must hold. */
import { matchesPattern } from '../framework/policy-text/pattern.ts';
import { isWord } from './words.ts';

export type Operation = 'execute' | 'modify_policy';

/** `path` = the program, `exec` = what it was called by, if that is a symbolic link, `task.exe` = the program that asks. */
type Variable = 'path' | 'exec' | 'task.exe';

/** Encoded names; `undefined` = not known. */
export type Names = Readonly<Partial<Record<Variable, string | undefined>>>;

const VARIABLES: Readonly<Record<Operation, readonly Variable[]>> = {
  execute: ['exec', 'path', 'task.exe'],
  modify_policy: ['task.exe'],
};

interface Comparison {
  readonly left: Variable;
  readonly not: boolean;
  readonly right: { readonly variable: Variable } | { readonly name: string } | 'NULL';
}

export interface Condition {
  /** As policy shows it, with a space before each comparison. Equal texts, equal conditions. */
  readonly text: string;
  readonly comparisons: readonly Comparison[];
  /** Bytes of struct cs_condition with its elements. */
  readonly size: number;
}

/** A page holds a condition: struct cs_condition, then for each comparison an element, and one for a name. */
const LIMIT = 4096;
const HEADER = 24;
const ELEMENT = 8;

/** @returns `undefined` for what is no condition, or too long. */
export function parseCondition(operation: Operation, text: string): Condition | undefined {
  const comparisons: Comparison[] = [];
  let size = HEADER;
  for (const word of text.split(' ')) {
    const comparison = size < LIMIT - 2 * ELEMENT ? parseComparison(operation, word) : undefined;
    if (comparison === undefined) return undefined;
    comparisons.push(comparison);
    size += isVariable(comparison) ? ELEMENT : 2 * ELEMENT;
  }
  return { text: comparisons.map(show).join(''), comparisons, size };
}

export function holds(condition: Condition | undefined, names: Names): boolean {
  return (condition?.comparisons ?? []).every(({ left, not, right }) => {
    const name = names[left];
    const pattern = right === 'NULL' ? right : 'name' in right ? right.name : names[right.variable];
    return name !== undefined && pattern !== undefined && matchesPattern(name, pattern) === !not;
  });
}

/** Names that it holds in memory. */
export function namesIn({ comparisons }: Condition): readonly string[] {
  return comparisons.flatMap(({ right }) => (right !== 'NULL' && 'name' in right ? [right.name] : []));
}

function parseComparison(operation: Operation, word: string): Comparison | undefined {
  const [, name, mark, value = ''] = /^([^=]*?)(!?)=(.+)$/.exec(word) ?? [];
  const known = (text: string | undefined) => VARIABLES[operation].find((one) => one === text);
  const left = known(name);
  if (left === undefined) return undefined;
  const variable = known(value);
  const right = variable === undefined ? literal(value) : { variable };
  return right && { left, not: mark === '!', right };
}

function literal(value: string): 'NULL' | { readonly name: string } | undefined {
  if (value === 'NULL') return value;
  const name = /^"(.*)"$/.exec(value)?.[1];
  return name === '' || (name !== undefined && isWord(name)) ? { name } : undefined;
}

function isVariable({ right }: Comparison): boolean {
  return right !== 'NULL' && 'variable' in right;
}

function show({ left, not, right }: Comparison): string {
  const value = right === 'NULL' ? right : 'name' in right ? `"${right.name}"` : right.variable;
  return ` ${left}${not ? '!=' : '='}${value}`;
}
