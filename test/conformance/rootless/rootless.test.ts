/** Some scenarios in worlds of a user without privileges: nothing differs that differences.json does not explain. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readKnownDifferences } from '../known-differences.ts';
import { complaints } from './print.ts';
import { explanation, readApart, readRules } from './rules.ts';
import { runRootless } from './run.ts';
import { mappedTarget, userTarget } from './targets.ts';

const CONFORMANCE = path.resolve(import.meta.dirname, '..');
const options = {
  folder: path.join(CONFORMANCE, 'scenarios'),
  known: readKnownDifferences(path.join(CONFORMANCE, 'known-differences.json')),
  rules: readRules(path.join(import.meta.dirname, 'differences.json')),
  apart: readApart(path.join(import.meta.dirname, 'not-run.json')),
  timeoutMs: 300_000,
  stepSeconds: 120,
};
/** A busy machine takes ten times as long. */
const LIMIT_MS = 2 * options.timeoutMs;

describe('a world of a user without privileges', () => {
  test.each(['a-attr-flags', 'c-selinux-kmsg', 'c-selinux-replaced', 'd-aa-access', 'd-aa-detached', 'f-yama'])(
    '%s',
    async (name) => {
      const results = await runRootless(userTarget, { ...options, only: [name] });
      expect(results.map(({ scenario }) => scenario)).toEqual([name]);
      expect(complaints(results)).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('a world of a user with further ids, asked by its user 0', () => {
  test.each(['c-selinux-deb-xattr', 'f-ima-boot-fmt', 'j-audit-loginuid', 'k-mediate-aa-dirs'])(
    '%s',
    async (name) => {
      const results = await runRootless(mappedTarget, { ...options, only: [name] });
      expect(results.map(({ scenario }) => scenario)).toEqual([name]);
      expect(complaints(results)).toEqual([]);
    },
    LIMIT_MS,
  );
});

test('a rule explains only what it says', () => {
  const rules = [
    { reason: 'the user is root', target: 'user' as const, fields: ['uid'], expected: '^0$', actual: '^1000$' },
  ];
  const difference = (fields: readonly string[], uid: number) => ({
    ...{ key: '1', op: 'stat', what: '/f', fields },
    expected: { k: '1', uid: 0, gid: 0 },
    actual: { k: '1', uid, gid: 1000 },
  });
  expect(explanation(rules, 'user', 'x', difference(['uid'], 1000))).toBe(rules[0]);
  expect(explanation(rules, 'mapped', 'x', difference(['uid'], 1000))).toBeUndefined();
  expect(explanation(rules, 'user', 'x', difference(['uid'], 1001))).toBeUndefined();
  expect(explanation(rules, 'user', 'x', difference(['gid', 'uid'], 1000))).toBeUndefined();
});
