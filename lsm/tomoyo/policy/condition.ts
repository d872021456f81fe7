/**
 * Conditions at the end of a rule: `task.uid=0 exec.realpath="/bin/sh" exec.argv[0]!="-sh" grant_log=no`, after the
 * domain that an execute rule may lead to.
 *
 * Model: security/tomoyo/condition.c of Linux 6.12. All of them must hold. What is not known of a request (the
 * environment, permission bits of files) makes a condition that asks for it fail.
 */
import { type Groups, matchName, type NumberOperand, type Operand, parseName, parseNumber } from './values.ts';
import { isPath, isWord, Words } from './words.ts';

const TASK = ['uid', 'euid', 'suid', 'fsuid', 'gid', 'egid', 'sgid', 'fsgid', 'pid', 'ppid'].map(
  (name) => `task.${name}`,
);
const TYPES = ['socket', 'symlink', 'file', 'block', 'directory', 'char', 'fifo'];
const MODES = [
  'setuid',
  'setgid',
  'sticky',
  ...['owner', 'group', 'others'].flatMap((who) => ['read', 'write', 'execute'].map((right) => `${who}_${right}`)),
];
const ATTRIBUTES = ['uid', 'gid', 'ino', 'major', 'minor', 'perm', 'type', 'dev_major', 'dev_minor'];
const PATHS = ['path1', 'path2'].flatMap((path) => [
  ...ATTRIBUTES.map((name) => `${path}.${name}`),
  ...['uid', 'gid', 'ino', 'perm'].map((name) => `${path}.parent.${name}`),
]);
const KEYWORDS = new Set([...TASK, 'exec.argc', 'exec.envc', ...TYPES, ...MODES, ...PATHS]);
const NAME_KEYWORDS = new Set(['exec.realpath', 'symlink.target']);
const TRANSITION_WORDS = new Set(['keep', 'initialize', 'reset', 'child', 'parent']);

/** What a request is known by. Absent = not known. */
export interface ConditionFacts {
  number(keyword: string): bigint | undefined;
  name(keyword: string): string | undefined;
  argument(index: number): string | undefined;
}

type Side = { readonly keyword: string } | { readonly range: NumberOperand };

type Test =
  | { readonly kind: 'number'; readonly left: Side; readonly right: Side; readonly equal: boolean }
  | { readonly kind: 'name'; readonly keyword: string; readonly value: Operand; readonly equal: boolean }
  | { readonly kind: 'argv'; readonly index: bigint; readonly value: string; readonly equal: boolean }
  | { readonly kind: 'envp'; readonly name: string; readonly value: string | undefined; readonly equal: boolean };

export interface Condition {
  /** As printed, without a space before. Equal conditions have equal texts. */
  readonly text: string;
  readonly tests: readonly Test[];
  /** Where an execute rule leads: a domain name, a path, or a keyword. */
  readonly transition?: string;
  /** Absent = as the profile says. */
  readonly grantLog?: boolean;
}

/** @param words what follows the operands of a rule. `undefined` = malformed. */
export function parseCondition(words: Words): Condition | undefined {
  const transition = parseTransition(words);
  if (transition === null) return undefined;
  const tests: Test[] = [];
  let grantLog: boolean | undefined;
  while (words.rest !== '') {
    const word = words.next();
    const parts = /^([^=]+?)(!?)=(?!=)(.*)$/s.exec(word);
    if (parts === null) return undefined;
    const [, left = '', not, right = ''] = parts;
    if (left === 'grant_log') {
      if (not === '!' || grantLog !== undefined || (right !== 'yes' && right !== 'no')) return undefined;
      grantLog = right === 'yes';
      continue;
    }
    const test = parseTest(left, right, not !== '!');
    if (test === undefined) return undefined;
    tests.push(test);
  }
  const printed = [
    transition,
    ...tests.map(printTest),
    grantLog === undefined ? undefined : `grant_log=${grantLog ? 'yes' : 'no'}`,
  ];
  return {
    text: printed.filter((part) => part !== undefined).join(' '),
    tests,
    ...(transition !== undefined && { transition }),
    ...(grantLog !== undefined && { grantLog }),
  };
}

/** `null` = malformed. */
function parseTransition(words: Words): string | undefined | null {
  if (words.rest.startsWith('<')) return words.domainName() ?? null;
  const word = words.rest.split(' ', 1)[0] as string;
  return isPath(word) || TRANSITION_WORDS.has(word) ? words.next() : undefined;
}

function parseTest(left: string, right: string, equal: boolean): Test | undefined {
  const argv = /^exec\.argv\[(0|[1-9]\d*)\]$/.exec(left);
  if (left.startsWith('exec.argv[')) {
    const value = quoted(right);
    return argv === null || value === undefined
      ? undefined
      : { kind: 'argv', index: BigInt(argv[1] as string), value, equal };
  }
  if (left.startsWith('exec.envp["')) {
    const name = /^exec\.envp\["(.*)"\]$/s.exec(left)?.[1];
    const value = right === 'NULL' ? undefined : quoted(right);
    if (name === undefined || !isWord(name) || (value === undefined && right !== 'NULL')) return undefined;
    return { kind: 'envp', name, value, equal };
  }
  if (NAME_KEYWORDS.has(left)) {
    const text = quoted(right);
    const value = right.startsWith('@') ? parseName(new Words(right)) : text === undefined ? undefined : { text };
    return value && { kind: 'name', keyword: left, value, equal };
  }
  if (left.startsWith('@')) return undefined;
  const sides = [side(left), side(right)];
  return sides[0] && sides[1] && { kind: 'number', left: sides[0], right: sides[1], equal };
}

function side(text: string): Side | undefined {
  if (KEYWORDS.has(text)) return { keyword: text };
  const range = parseNumber(new Words(text));
  return range && { range };
}

/** What is between quotation marks; may be empty. */
function quoted(text: string): string | undefined {
  const inner = /^"(.*)"$/s.exec(text)?.[1];
  return inner === undefined || (inner !== '' && !isWord(inner)) ? undefined : inner;
}

function printTest(test: Test): string {
  const operator = test.equal ? '=' : '!=';
  switch (test.kind) {
    case 'argv':
      return `exec.argv[${test.index}]${operator}"${test.value}"`;
    case 'envp':
      return `exec.envp["${test.name}"]${operator}${test.value === undefined ? 'NULL' : `"${test.value}"`}`;
    case 'name': {
      const { text, group } = test.value;
      return `${test.keyword}${operator}${group === undefined ? `"${text}"` : text}`;
    }
    case 'number':
      return `${printSide(test.left)}${operator}${printSide(test.right)}`;
  }
}

const printSide = (one: Side): string => ('keyword' in one ? one.keyword : one.range.text);

export function holds(condition: Condition, facts: ConditionFacts, groups: Groups): boolean {
  return condition.tests.every((test) => testHolds(test, facts, groups));
}

function testHolds(test: Test, facts: ConditionFacts, groups: Groups): boolean {
  switch (test.kind) {
    case 'argv': {
      const argument = facts.argument(Number(test.index));
      if (argument === undefined) return !test.equal;
      return (matchName({ text: test.value }, argument, groups) !== undefined) === test.equal;
    }
    case 'envp':
      return false;
    case 'name': {
      const name = facts.name(test.keyword);
      return name !== undefined && (matchName(test.value, name, groups) !== undefined) === test.equal;
    }
    case 'number': {
      const left = range(test.left, facts);
      if (left === undefined) return false;
      if ('range' in test.right && test.right.range.group !== undefined) {
        return groups.hasNumber(test.right.range.group, left.min, left.max) === test.equal;
      }
      const right = range(test.right, facts);
      if (right === undefined) return false;
      return (left.min <= right.max && left.max >= right.min) === test.equal;
    }
  }
}

/** S_IFMT bits of the words that stand for a file type. */
const TYPE_BITS: Readonly<Record<string, bigint>> = {
  socket: 0o140000n,
  symlink: 0o120000n,
  file: 0o100000n,
  block: 0o060000n,
  directory: 0o040000n,
  char: 0o020000n,
  fifo: 0o010000n,
};

function range(one: Side, facts: ConditionFacts): { readonly min: bigint; readonly max: bigint } | undefined {
  if ('range' in one) return one.range;
  const value = TYPE_BITS[one.keyword] ?? facts.number(one.keyword);
  return value === undefined ? undefined : { min: value, max: value };
}
