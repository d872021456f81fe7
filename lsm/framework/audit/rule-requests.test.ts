/** Texts in requests, with NULs and wrong lengths. */
import { expect, it } from 'vitest';
import { AUDIT, FIELD, LIST, OP } from '../../../linux/audit.ts';
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { type E, failed } from '../../../linux/errno.ts';
import { isProgram } from './match.ts';
import { encodeMessage } from './netlink.ts';
import { lookedUp, requestPaths } from './paths.ts';
import { parseAuditRule, type RuleField, ruleData, rulePaths } from './rule.ts';
import { equivalentPaths } from './rule-requests.ts';
import type { RecordSubject } from './subject.ts';

const PATHS = { parent: () => undefined, exists: () => undefined };
const base = { list: LIST.EXIT, prepend: false, action: 2, mask: new Uint32Array(64), legacyLogin: false };
const field = (type: number, value: string): RuleField => ({ type, op: OP.EQUAL, value });
const codeOf = (result: unknown): unknown => (failed(result as never) ? (result as typeof E.EINVAL).code : result);

it.each([
  ['a watch', FIELD.WATCH, '/etc/passwd\0x', '/etc/passwd'],
  ['a watch with a slash before it', FIELD.WATCH, '/etc/\0', '/etc/'],
  ['a watch with a slash behind it', FIELD.WATCH, '/etc\0/', 'EINVAL'],
  ['a directory', FIELD.DIR, '/etc\0/x/', '/etc'],
  ['a program', FIELD.EXE, '/bin/ls\0', '/bin/ls'],
  ['a path that begins with it', FIELD.DIR, '\0/etc', 'EINVAL'],
  ['a key', FIELD.FILTERKEY, 'a\0b', 'a'],
  ['a label', FIELD.SUBJ_TYPE, '\0', ''],
])('%s ends at a NUL', (_title, type, given, expected) => {
  const data = ruleData({ ...base, fields: [field(type, given)] });
  const rule = parseAuditRule(data, PATHS, false);
  expect(failed(rule) ? rule.code : rule.fields[0]?.value).toBe(expected);
  if (!failed(rule) && rulePaths(data).length > 0) expect(rulePaths(data)).toEqual([expected]);
});

function pair(first: number, second: number, texts: string): Uint8Array {
  return new Uint8Array([...new Uint8Array(new Uint32Array([first, second]).buffer), ...bytesOf(texts)]);
}

it('two paths are looked at one after the other', () => {
  expect(codeOf(equivalentPaths(pair(2, 2, '/a/b')))).toEqual(['/a', '/b']);
  expect(codeOf(equivalentPaths(pair(3, 3, '/a\0/b\0')))).toEqual(['/a', '/b']);
  expect(codeOf(equivalentPaths(pair(2, 3, '/a/b')))).toBe('EINVAL');
  expect(codeOf(equivalentPaths(pair(0, 4, '/a/b')))).toBe('EINVAL');
  expect(codeOf(equivalentPaths(pair(5000, 0, 'x'.repeat(5000))))).toBe('ENAMETOOLONG');
  expect(codeOf(equivalentPaths(pair(5001, 0, 'x'.repeat(5000))))).toBe('EINVAL');
});

it('thousands of paths in a datagram are not looked up', () => {
  const messages = Array.from({ length: 5000 }, (_, index) =>
    encodeMessage({ type: AUDIT.MAKE_EQUIV }, pair(6, 6, `/${10_000 + index}/${60_000 + index}`)),
  );
  const paths = requestPaths(Buffer.concat(messages));
  expect([paths.length, paths[0], paths.at(-1)]).toEqual([16, '/10000', '/60007']);
});

it('a program is the one that its path leads to, and its rule is listed as it was given', () => {
  const look = { path: '/bin/ls', parent: 0, itself: 0, canonical: '/usr/bin/ls' };
  const rule = parseAuditRule(ruleData({ ...base, fields: [field(FIELD.EXE, '/bin/ls')] }), lookedUp([look]), false);
  if (failed(rule)) throw new Error(rule.code);
  const [program = field(0, '')] = rule.fields;
  const runs = (exe: string): boolean => isProgram(program, { exe } as RecordSubject);
  expect([runs('/usr/bin/ls'), runs('/bin/ls')]).toEqual([true, false]);
  expect(textOf(ruleData(rule))).toContain('/bin/ls');
  expect(textOf(ruleData(rule))).not.toContain('/usr');
});
