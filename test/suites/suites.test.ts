import { expect, test } from 'vitest';
import { casesOf } from './cases.ts';
import { compare } from './compare.ts';

const ended = (output: string, status: number | null = 0, name = 'prog') => ({ name, status, output });
const read = (...parameters: Parameters<typeof casesOf>) => Object.fromEntries(casesOf(...parameters));

test('a program without cases is one, by its status', () => {
  const outcomes = [0, 1, 32, 77, null].map((status) => read('status', ended('', status)).prog);
  expect(outcomes).toEqual(['passed', 'failed', 'skipped', 'skipped', 'failed']);
});

test('TAP', () => {
  const output = '1..4\nok 1 - one\nnot ok 2 two\nok 3 - three # SKIP no such thing\nok 4 - one\n';
  expect(read('tap', ended(output, 1))).toEqual({
    'prog: one': 'passed',
    'prog: two': 'failed',
    'prog: three': 'skipped',
    'prog: one (2)': 'passed',
  });
});

test('what ends badly after good cases has failed', () => {
  expect(read('tap', ended('ok 1 - one\n', null))).toEqual({ 'prog: one': 'passed', prog: 'failed' });
});

test('JUnit, as CPython and pytest write it', () => {
  const output = `noise <testcase name="test.test_os.A.test_b" status="run" time="0.1"><system-out>x</system-out></testcase>
<testcase classname="tests.C" name="test_d" time="0"/><testcase name="e"><failure type="x">y
z</failure></testcase><testcase name="f"><skipped>why</skipped></testcase>`;
  expect(read('junit', ended(output, 2))).toEqual({
    'prog: test.test_os.A.test_b': 'passed',
    'prog: tests.C.test_d': 'passed',
    'prog: e': 'failed',
    'prog: f': 'skipped',
  });
});

test('automake and autotest', () => {
  expect(read('automake', ended('PASS: tests/a.sh\nFAIL: tests/b.sh\n# FAIL:  1\nSKIP: tests/c.sh\n', 2))).toEqual({
    'prog: tests/a.sh': 'passed',
    'prog: tests/b.sh': 'failed',
    'prog: tests/c.sh': 'skipped',
  });
  const output =
    '  1: tar version                     ok\n231: selinux: basic       skipped (selnx01.at:28)\n 7: z      FAILED (z.at:1)\n';
  expect(read('autotest', ended(output, 1))).toEqual({
    'prog: tar version': 'passed',
    'prog: selinux: basic': 'skipped',
    'prog: z': 'failed',
  });
});

test('what passes on the host and not in the world is worse, a skip too', () => {
  const host = [ended('ok 1 a\nok 2 b\nok 3 c # SKIP x\n'), ended('', 0, 'other')];
  const world = [ended('ok 1 a\nok 2 b # SKIP x\nok 3 c\n'), ended('', null, 'other')];
  const { worse, others, ...counts } = compare('tap', host, world);
  expect(worse.map(({ name }) => name)).toEqual(['prog: b', 'other']);
  expect(others.map(({ name }) => name)).toEqual(['prog: c']);
  expect(counts).toEqual({ host: { passed: 3, failed: 0, skipped: 1 }, world: { passed: 2, failed: 1, skipped: 1 } });
});

test('a test that was not run in the world is worse', () => {
  expect(compare('status', [ended('')], []).worse).toHaveLength(1);
});
