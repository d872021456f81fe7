/**
 * Rules: lines of a domain or of an acl_group, as `file read/write /tmp/\*`.
 *
 * Model: tomoyo_write_file() and its relatives, Linux 6.12. Rules of one kind with the same operands and condition are one rule, with the
 * operations of all of them. What is not well-formed is dropped without a word, as the kernel does.
 */
import { type Condition, parseCondition } from './condition.ts';
import type { Lists } from './lists.ts';
import { type GroupKind, type NumberOperand, type Operand, parseAddress, parseName, parseNumber } from './values.ts';
import { hasKeyword, isWord, Words } from './words.ts';

export type AclKind = 'path' | 'path2' | 'number' | 'mkdev' | 'mount' | 'inet' | 'unix' | 'env' | 'task';

export interface Acl {
  readonly kind: AclKind;
  /** How its line begins, up to the operations: `file `, `network inet stream `. */
  readonly head: string;
  /** In the order in which they are printed; empty = the kind has none. */
  operations: readonly string[];
  readonly operands: readonly Operand[];
  readonly condition?: Condition;
  /** All that it says but the operations: rules of which it is equal are one. */
  readonly key: string;
}

/** In the kernel's order, which is that of printing. */
export const PATH_OPERATIONS: readonly string[] =
  'execute read write append unlink getattr rmdir truncate symlink chroot unmount'.split(' ');
const PATH2 = ['link', 'rename', 'pivot_root'];
const NUMBER = ['create', 'mkdir', 'mkfifo', 'mksock', 'ioctl', 'chmod', 'chown', 'chgrp'];
const MKDEV = ['mkblock', 'mkchar'];
const SOCKET = ['bind', 'listen', 'connect', 'send'];
const PROTOCOLS = ['stream', 'dgram', 'raw', 'seqpacket'];

type Parser = (words: Words) => Operand | undefined;

/** @returns the rule that a line stands for. */
export function parseAcl(line: string): Acl | undefined {
  const words = new Words(line);
  const bare = parseOperation(words);
  if (bare === undefined) return undefined;
  if (words.rest === '') return bare;
  const condition = parseCondition(words);
  if (condition === undefined) return undefined;
  const leads = condition.transition !== undefined;
  if (leads && (bare.kind !== 'path' || bare.operations.join() !== 'execute')) return undefined;
  return { ...bare, condition, key: `${bare.key} ${condition.text}` };
}

function parseOperation(words: Words): Acl | undefined {
  if (words.skip('file ')) return parseFile(words);
  if (words.skip('network inet ')) return parseNetwork('inet', words, [parseAddress, parsePort]);
  if (words.skip('network unix ')) return parseNetwork('unix', words, [parseName]);
  if (words.skip('misc ')) {
    if (!words.skip('env ')) return undefined;
    const name = words.next();
    return isWord(name) && !name.includes('=') ? acl('env', 'misc env ', [], [{ text: name }]) : undefined;
  }
  if (words.skip('task manual_domain_transition ')) {
    const text = words.domainName();
    return text === undefined ? undefined : acl('task', 'task manual_domain_transition ', [], [{ text }]);
  }
  return undefined;
}

const FILE_KINDS: readonly {
  readonly kind: AclKind;
  readonly operations: readonly string[];
  readonly operands: readonly Parser[];
}[] = [
  { kind: 'path', operations: PATH_OPERATIONS, operands: [parseName] },
  { kind: 'path2', operations: PATH2, operands: [parseName, parseName] },
  { kind: 'number', operations: NUMBER, operands: [parseName, parseNumber] },
  { kind: 'mkdev', operations: MKDEV, operands: [parseName, parseNumber, parseNumber, parseNumber] },
  { kind: 'mount', operations: ['mount'], operands: [parseName, parseName, parseName, parseNumber] },
];

function parseFile(words: Words): Acl | undefined {
  const asked = words.next();
  for (const { kind, operations, operands } of FILE_KINDS) {
    const found = operations.filter((operation) => hasKeyword(asked, operation));
    if (found.length > 0) return withOperands(kind, 'file ', found, words, operands);
  }
  return undefined;
}

function parseNetwork(family: 'inet' | 'unix', words: Words, operands: readonly Parser[]): Acl | undefined {
  const protocol = words.next();
  const asked = words.next();
  const found = SOCKET.filter((operation) => hasKeyword(asked, operation));
  if (!PROTOCOLS.includes(protocol) || found.length === 0) return undefined;
  return withOperands(family, `network ${family} ${protocol} `, found, words, operands);
}

function parsePort(words: Words): NumberOperand | undefined {
  const port = parseNumber(words);
  return port === undefined || port.max > 65535n ? undefined : port;
}

function withOperands(
  kind: AclKind,
  head: string,
  operations: readonly string[],
  words: Words,
  parsers: readonly Parser[],
): Acl | undefined {
  const operands: Operand[] = [];
  for (const parse of parsers) {
    const operand = parse(words);
    if (operand === undefined) return undefined;
    operands.push(operand);
  }
  return acl(kind, head, operations, operands);
}

function acl(kind: AclKind, head: string, operations: readonly string[], operands: readonly Operand[]): Acl {
  return { kind, head, operations, operands, key: [kind, head, ...operands.map(({ text }) => text)].join(' ') };
}

/** Without the newline. `operations`: those that are to be shown. */
export function printAcl(rule: Acl, operations = rule.operations): string {
  const texts = rule.operands.map(({ text }) => text).join(' ');
  const done = operations.length === 0 ? '' : `${operations.join('/')} `;
  const tail = rule.condition === undefined ? '' : ` ${rule.condition.text}`;
  return `${rule.head}${done}${texts}${tail}`;
}

/** May be part of what domain transitions follow: all that `select transition_only` leaves. */
export function printTransition(rule: Acl): string | undefined {
  if (rule.kind === 'task') return printAcl(rule);
  return rule.kind === 'path' && rule.operations.includes('execute') ? printAcl(rule, ['execute']) : undefined;
}

/** What an operand of a rule is: the last ones of some kinds are numbers. */
export function operandKind(kind: AclKind, at: number, count: number): GroupKind {
  if (kind === 'inet') return at === 0 ? 'address' : 'number';
  const names = { path: 1, path2: 2, number: 1, mkdev: 1, mount: 3, unix: 1, env: 1, task: 1 }[kind];
  return at < Math.min(names, count) ? 'path' : 'number';
}

/** The groups that a rule names. */
export function groupsOf({ kind, operands, condition }: Acl): { readonly kind: GroupKind; readonly group: string }[] {
  const named = operands.map(({ group }, at) => ({ kind: operandKind(kind, at, operands.length), group }));
  for (const test of condition?.tests ?? []) {
    if (test.kind === 'name') named.push({ kind: 'path', group: test.value.group });
    if (test.kind !== 'number') continue;
    for (const one of [test.left, test.right])
      if ('range' in one) named.push({ kind: 'number', group: one.range.group });
  }
  return named.flatMap(({ kind, group }) => (group === undefined ? [] : [{ kind, group }]));
}

const keyOf = ({ key }: Acl): string => key;

/** All operations of a kind in printing order. */
const ORDER: readonly string[] = [...PATH_OPERATIONS, ...PATH2, ...NUMBER, ...MKDEV, 'mount', ...SOCKET];

/** Adds a rule to a list or takes it away. @returns `false` when there was nothing to take away, or no room. */
export function updateAcls(list: Acl[], rule: Acl, remove: boolean, lists: Lists): boolean {
  const { key } = rule;
  const at = list.findIndex((other) => other.key === key);
  const known = list[at];
  if (known === undefined) return remove ? lists.wasDeleted(list, key) : lists.add(list, rule, keyOf);
  if (remove) {
    known.operations = known.operations.filter((operation) => !rule.operations.includes(operation));
    if (known.operations.length === 0) lists.delete(list, at, keyOf);
  } else {
    const all = new Set([...known.operations, ...rule.operations]);
    known.operations = ORDER.filter((operation) => all.has(operation));
  }
  return true;
}
