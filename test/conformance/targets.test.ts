import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeRun, runConformance } from './conformance.ts';
import { parseOutcomes } from './outcomes.ts';
import { isGood } from './report.ts';
import { loadScenario } from './scenario.ts';
import { bareTarget, lsmfsTarget, runOnTarget, type Target } from './targets.ts';

/** These scenarios ask nothing of a security module, so the bare host can answer them. */
let folder = '';
const limits = { timeoutMs: 30_000, stepSeconds: 10 };

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-targets-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function scenario(name: string, steps: readonly object[]) {
  const file = path.join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ about: name, lsm: '', kernel: 'uml', steps }));
  return loadScenario(file);
}

const write = { op: 'write', path: '@S/f', data: ['a', { hex: '00ff' }, { rep: ['z', 3] }], flags: 'O_WRONLY|O_CREAT' };

test('steps that hang fail alone, and leave neither processes nor a daemon nor mounts', async () => {
  const steps = [
    {
      op: 'blocked',
      path: '/etc/passwd',
      do: [['read', 1]],
      steps: [{ op: 'sh', cmd: '(sleep 90; true) & sleep 90' }],
    },
    { op: 'child', steps: [{ op: 'sh', cmd: 'mkfifo f; (sleep 90 &); cat f' }] },
    { op: 'read', path: '/sys/kernel/security/lsm' },
  ];
  const hanging = { ...scenario('x-hangs', steps), lsm: 'yama' };
  const run = await runOnTarget(lsmfsTarget, hanging, { timeoutMs: 60_000, stepSeconds: 3 });
  expect(run.problem).toBeUndefined();
  const outcomes = parseOutcomes(run.outcomes);
  expect([...outcomes.keys()]).toEqual(['0!', '1!', '2', 'end']);
  expect([outcomes.get('0!')?.crash, outcomes.get('1!')?.crash]).toEqual(['StepTimeout()', 'StepTimeout()']);
});

test('the probe answers with values, errors, children, threads and identities', async () => {
  const steps = [
    write,
    { op: 'read', path: '@S/f' },
    { op: 'read', path: '@S/none' },
    { op: 'child', steps: [{ op: 'reexec', steps: [{ op: 'stat', path: '@S/f', id: 'deep' }] }] },
    { op: 'thread', steps: [{ op: 'list', path: '@S' }] },
    { op: 'write', path: '@S/f', data: 'x', as: 1000 },
    { op: 'sh', cmd: 'echo $S; exit 3' },
    { op: 'no such operation' },
    {
      op: 'child',
      steps: [
        { op: 'sh', argv: ['/none'] },
        { op: 'become', who: 12 },
        { op: 'access', path: '@S/f', mode: 'w' },
      ],
    },
  ];
  const run = await runOnTarget(bareTarget, scenario('x-steps', steps), limits);
  expect(run.problem).toBeUndefined();
  const outcomes = parseOutcomes(run.outcomes);
  const answer = (key: string) => {
    const { k: _k, op: _op, what: _what, ...rest } = outcomes.get(key) ?? {};
    return rest;
  };
  expect(answer('0')).toEqual({ n: 6 });
  expect(answer('1')).toEqual({ data: { b64: Buffer.from('a\0\xffzzz', 'latin1').toString('base64') } });
  expect(answer('2')).toEqual({ err: 'ENOENT', at: 'open' });
  expect(answer('3.0.deep')).toEqual({ type: 'file', mode: '0644', uid: 0, gid: 0, size: 6 });
  expect(answer('3')).toEqual({ exit: 0 });
  expect(answer('4.0')).toEqual({ names: ['f'] });
  expect(answer('5')).toEqual({ err: 'EACCES', at: 'open', as: 1000 });
  expect(answer('6')).toEqual({ rc: 3, out: '@S\n' });
  expect(answer('7!')).toEqual({ crash: expect.stringContaining('unknown operation') });
  expect(answer('8.0')).toEqual({ err: 'ENOENT', at: 'exec' });
  expect(answer('8.2')).toEqual({ ok: false });
  expect(answer('end')).toEqual({ steps: steps.length });
});

test('calls keep what they make for later ones, and for processes that they start', async () => {
  const calls = (...items: readonly (readonly unknown[])[]) => ({ op: 'calls', do: items });
  const steps = [
    calls(
      ['-f=open', '@S/f', 'O_RDWR|O_CREAT', '600'],
      ['write', '%f', 'abc'],
      ['pread', '%f', 2, 1],
      ['none=open', '@S/none'],
      ['close', '%none'],
      ['fcntl', '%f', 'F_GETFL'],
      ['p=socketpair'],
      ['send', '%p', 'hi'],
      ['recv', '%p2'],
      ['run', '/bin/echo', '@S'],
    ),
    { op: 'spawn', name: 'other', do: [['dup2', '%f', 50]], ignore: ['SIGTERM'] },
    calls(['kill', '%other', 'SIGTERM'], ['isalive', '%other'], ['-keep', 'pid', '%other']),
    { op: 'child', quiet: true, steps: [calls(['stat', '/proc/@{pid}/fd/50'], ['!rmdir', '@S/none'], ['getcwd'])] },
    { op: 'reap', name: 'other' },
    { op: 'reap', name: 'other' },
  ];
  const run = await runOnTarget(bareTarget, scenario('x-calls', steps), limits);
  expect(run.problem).toBeUndefined();
  const answers = [...parseOutcomes(run.outcomes)].map(([key, { k: _k, op: _op, what: _what, ...rest }]) => [
    key,
    rest,
  ]);
  expect(Object.fromEntries(answers)).toEqual({
    '0.1': { r: 3 },
    '0.2': { r: 'bc' },
    '0.3': { err: 'ENOENT' },
    '0.5': { r: '0o2' },
    '0.6': { r: 'ok' },
    '0.7': { r: 2 },
    '0.8': { r: 'hi' },
    '0.9': { rc: 0, out: '@S' },
    '1': { r: 'ready' },
    '2.0': { r: 'ok' },
    '2.1': { r: 'running' },
    '3.0.0': { r: 'ok' },
    '3.0.1': { err: 'ENOENT' },
    '4': { r: 'was alive' },
    '5': { err: 'NOREG' },
    end: { steps: 6 },
  });
});

test('a hanging step fails alone, within its own limit', async () => {
  const hanging = {
    op: 'child',
    steps: [
      { op: 'mknod', path: '@S/p' },
      { op: 'read', path: '@S/p' },
    ],
  };
  const run = await runOnTarget(bareTarget, scenario('x-step-hangs', [hanging, write]), { ...limits, stepSeconds: 1 });
  expect(run.problem).toBeUndefined();
  const outcomes = parseOutcomes(run.outcomes);
  expect(outcomes.get('0!')).toMatchObject({ crash: 'StepTimeout()' });
  expect(outcomes.get('1')).toMatchObject({ n: 6 });
});

test('a scenario that does not end is killed, and the report says where it was', async () => {
  const hanging = { op: 'sh', cmd: 'sleep 1006' };
  const run = await runOnTarget(bareTarget, scenario('x-hangs', [write, hanging]), {
    timeoutMs: 1000,
    stepSeconds: 100,
  });
  expect(run.problem).toContain('no end within 1000 ms, stopped at step 1 (sh)');
  expect(run.problem).toContain('sleep 1006');
  expect(parseOutcomes(run.outcomes).get('0')).toMatchObject({ n: 6 });
});

test('a world mediates what the scenario says', () => {
  const asked = scenario('x-mediate', [write]);
  expect(lsmfsTarget.wrap(asked, [])).not.toContainEqual(expect.stringContaining('--mediate'));
  expect(lsmfsTarget.wrap({ ...asked, mediate: 'files,stat' }, [])).toContain('--mediate=files,stat');
});

test('a target that cannot start, or dies, is a failure with its own message', async () => {
  const dying: Target = { name: 'dying', wrap: () => ['/bin/sh', '-c', 'echo no world here >&2; exit 125'] };
  const run = await runOnTarget(dying, scenario('x-dies', [write]), limits);
  expect(run.problem).toContain('ended early at step 0 (write): exit status 125');
  expect(run.problem).toContain('no world here');
});

test('a changed errno makes the run fail, and a missing golden stops it', async () => {
  const asked = scenario('x-golden', [write, { op: 'read', path: '@S/none' }]);
  const options = { ...limits, folder, known: [], target: bareTarget, only: ['x-golden'], bare: false };
  await expect(runConformance(options)).rejects.toThrow('x-golden: no golden');
  const golden = (await runOnTarget(bareTarget, asked, limits)).outcomes;
  const save = (text: string) => writeFileSync(path.join(folder, 'x-golden.golden.jsonl'), text);
  save(golden);
  expect(isGood(await runConformance(options))).toBe(true);
  save(golden.replace('ENOENT', 'EPERM'));
  const report = await runConformance(options);
  expect(isGood(report)).toBe(false);
  expect(report.results[0]?.unexpected.map((found) => [found.key, found.fields])).toEqual([['1', ['err']]]);
  expect(report.results[0]?.counts).toEqual({ steps: 3, equal: 2, known: 0, unexpected: 1 });
});

test('a run with a problem is bad even when every answer is equal', () => {
  const outcomes = '{"k": "end"}\n';
  const result = judgeRun('x-a', parseOutcomes(outcomes), { outcomes, problem: 'left behind' }, { known: [] });
  expect(result.counts.unexpected).toBe(0);
  expect(isGood({ results: [result], notRun: [], stale: [] })).toBe(false);
  expect(isGood({ results: [{ ...result, problem: undefined }], notRun: [], stale: [] })).toBe(true);
  expect(isGood({ results: [], notRun: [], stale: [] })).toBe(false);
});
