import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readGolden, writeGolden } from './outcomes.ts';
import { loadScenario, scenarioFiles } from './scenario.ts';
import { areaOf, globMatcher, missingModules } from './selection.ts';

const STORED = path.join(import.meta.dirname, 'scenarios');
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-scenario-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const file = path.join(folder, 'x-test.json');
  writeFileSync(file, text);
  return file;
}

const good = {
  about: 'a',
  lsm: 'selinux',
  kernel: 'uml',
  steps: [
    { op: 'read', path: '/x' },
    { op: 'sh', id: 'named' },
  ],
};

test('a scenario is read with the keys of its steps', () => {
  const scenario = loadScenario(written(JSON.stringify({ ...good, cmdline: 'enforcing=1  quiet' })));
  expect(scenario).toMatchObject({ name: 'x-test', lsm: 'selinux', bootParameters: ['enforcing=1', 'quiet'] });
  expect(scenario.steps).toEqual([
    { key: '0', op: 'read' },
    { key: 'named', op: 'sh' },
  ]);
});

test('a scenario may say what a world mediates, and how the scratch folder is named', () => {
  const more = { mediate: 'files', scratch: '/run/named' };
  expect(loadScenario(written(JSON.stringify({ ...good, ...more })))).toMatchObject(more);
});

test.each([
  ['no JSON', 'this is no JSON', 'JSON'],
  ['no object', 'null', 'top level'],
  ['no steps', JSON.stringify({ ...good, steps: [] }), 'steps'],
  ['a step without operation', JSON.stringify({ ...good, steps: [{ path: '/x' }] }), 'steps.0.op'],
  ['another kernel', JSON.stringify({ ...good, kernel: 'bsd' }), 'kernel'],
  ['an unknown member', JSON.stringify({ ...good, stesp: [] }), 'stesp'],
])('a malformed scenario is refused with its file name and the place: %s', (_, text, message) => {
  const file = written(text);
  expect(() => loadScenario(file)).toThrow(new RegExp(`x-test\\.json.*${message}`, 's'));
});

test('a file that does not exist is refused', () => {
  expect(() => loadScenario(path.join(folder, 'none.json'))).toThrow('none.json');
  expect(() => scenarioFiles(path.join(folder, 'none'))).toThrow('no such folder');
});

test('goldens are written once, compressed when large, and a missing one is named', () => {
  expect(() => readGolden(folder, 'x-test')).toThrow('x-test: no golden');
  expect(writeGolden(folder, 'x-test', '{"k":"0"}\n')).toBe(true);
  expect(writeGolden(folder, 'x-test', '{"k":"0"}\n')).toBe(false);
  const large = '{"k":"0"}\n'.repeat(10_000);
  expect(writeGolden(folder, 'x-test', large)).toBe(true);
  expect(readGolden(folder, 'x-test')).toBe(large);
});

test('every stored scenario is well-formed, has a golden and belongs to an area', () => {
  const scenarios = scenarioFiles(STORED).map(loadScenario);
  expect(scenarios.length).toBeGreaterThanOrEqual(45);
  for (const { name } of scenarios) {
    expect(readGolden(STORED, name)).toMatch(/\{"k": "end"[^\n]*\n$/);
    expect(areaOf(name)).not.toBe('other');
  }
});

test('every stored scenario can run: its modules are implemented', () => {
  expect(scenarioFiles(STORED).flatMap((file) => missingModules(loadScenario(file)))).toEqual([]);
});

test('glob patterns match whole names', () => {
  expect(['a-attr-x', 'ba-attr', 'a'].filter(globMatcher('a-*'))).toEqual(['a-attr-x']);
  expect(['a.b', 'axb'].filter(globMatcher('a.b'))).toEqual(['a.b']);
  expect(['ab', 'abc'].filter(globMatcher('a?'))).toEqual(['ab']);
});
