import { expect, it } from 'vitest';
import { ALWAYS, FIELD, LIST, NEVER, OP } from '../../../linux/audit.ts';
import { auditArch, type SyscallName, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import type { AuditRule, RuleField } from '../../../lsm/framework/audit/rule.ts';
import { UnseenCalls } from './unseen-calls.ts';

const NR = syscallNumbers(process.arch);
const numbers = (...names: SyscallName[]) => new Set(names.map((name) => NR[name]));
const ARCH: RuleField = { type: FIELD.ARCH, op: OP.EQUAL, value: auditArch(process.arch) };
const SEEN = {
  all: numbers('execve', 'setuid'),
  some: numbers('write'),
  onDemand: numbers('execve', 'openat', 'mkdirat'),
};

function rule(names: readonly SyscallName[], fields: readonly RuleField[] = [], action = ALWAYS): AuditRule {
  const mask = new Uint32Array(64);
  for (const name of names) mask[NR[name] >>> 5] = (mask[NR[name] >>> 5] ?? 0) | (1 << (NR[name] & 31));
  return { list: LIST.EXIT, prepend: false, action, mask, fields, legacyLogin: false };
}
const ofAll = (fields: readonly RuleField[]): AuditRule => ({
  ...rule([], fields),
  mask: new Uint32Array(64).fill(0xffff_ffff, 0, 63),
});

/** What is said of rules that are added one after the other. */
function said(...rules: AuditRule[]): string[] {
  const texts: string[] = [];
  const unseen = new UnseenCalls((text) => texts.push(text));
  rules.forEach((_, index) => {
    unseen.check(rules.slice(0, index + 1), SEEN);
  });
  return texts;
}

it('calls that are not seen are named, with what would show them', () => {
  const names = ['execve', 'read', 'write', 'openat', 'mkdirat'] as const;
  expect(said(rule(names, [ARCH]))).toEqual([
    'rules of audit see none of read, only some of write, only with --audit-calls openat, mkdirat',
  ]);
});

it('each is named once, also where another rule is about it', () => {
  expect(said(rule(['write']), rule(['write']), rule(['write', 'read']), rule(['read']))).toEqual([
    'rules of audit see only some of write',
    'rules of audit see none of read',
  ]);
});

it.each([
  ['is seen', rule(['execve', 'setuid'])],
  ['is to be ignored', rule(['read'], [], NEVER)],
  ['is of another machine', rule(['read'], [{ ...ARCH, value: 3 }])],
])('nothing is said of what %s', (_title, one) => {
  expect(said(one)).toEqual([]);
});

it('a watch is about calls of its permissions', () => {
  const [text = ''] = said(ofAll([ARCH, { type: FIELD.PERM, op: OP.EQUAL, value: 2 }]));
  expect(text).toMatch(/^rules of audit see none of .*only with --audit-calls openat, mkdirat$/);
  expect(text).not.toMatch(/ read\b| write\b|execve/);
});

it('of many the first are named', () => {
  expect(said(ofAll([]))[0]).toMatch(
    /^rules of audit see none of \w+(, \w+){7} and \d+ more, only some of write, only with /,
  );
});
