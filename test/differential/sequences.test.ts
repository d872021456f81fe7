import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../conformance/scenario.ts';
import { firstFailing, scenarioText } from './batch.ts';
import { generateSequences } from './sequences.ts';
import { countOperations, type Step } from './step.ts';

const COUNT = 300;
const steps = generateSequences(5, COUNT)
  .flat()
  .map(({ value }) => value);
const text = JSON.stringify(steps);

/** All steps, however deep. */
function everyStep(list: readonly Step[]): Step[] {
  return list.flatMap((step) => [step, ...everyStep(step.steps ?? [])]);
}

const every = everyStep(steps);

describe('sequences', () => {
  it('are the same for the same seed only', () => {
    const again = (seed: number) =>
      JSON.stringify(
        generateSequences(seed, COUNT)
          .flat()
          .map(({ value }) => value),
      );
    expect(again(5)).toBe(text);
    expect(again(6)).not.toBe(text);
  });

  it('load the policy once all sequences before it are through', () => {
    const loading = steps.findIndex(
      (step) => JSON.stringify(step) === '{"op":"write","path":"/sys/fs/selinux/load","data":{"file":"data/mini.33"}}',
    );
    const closed = steps.slice(0, loading).filter((step) => step.op === 'closefd' && step.use === 'b').length;
    expect(closed).toBeGreaterThanOrEqual(COUNT / 5);
    expect(loading).toBeGreaterThan(0);
  });

  it('hold every kind of operation', () => {
    const kinds = new Set(every.map((step) => String(step.op)));
    const wanted = [
      ...[
        'fd',
        'txn',
        'read',
        'write',
        'open',
        'closefd',
        'child',
        'thread',
        'group',
        'lsm_get',
        'lsm_set',
        'list',
        'stat',
        'access',
      ],
      ...[
        'mkdir',
        'rmdir',
        'unlink',
        'rename',
        'link',
        'symlink',
        'mknod',
        'mkfile',
        'chmod',
        'chown',
        'truncate',
        'utime',
      ],
      ...['getxattr', 'getxattrn', 'setxattr', 'removexattr', 'listxattr', 'statfs', 'readlink'],
    ];
    expect(wanted.filter((kind) => !kinds.has(kind))).toEqual([]);
    expect(every.some((step) => 'as' in step)).toBe(true);
  });

  it('never leave enforcing mode on, nor another policy in force', () => {
    const groups = steps.filter((step) => step.op === 'group');
    const endings = groups.map((group) => JSON.stringify(group.steps?.at(-1)));
    expect([...new Set(endings)].sort()).toEqual([
      '{"op":"write","path":"/sys/fs/selinux/enforce","data":"0"}',
      '{"op":"write","path":"/sys/fs/selinux/load","data":{"file":"data/mini.33"}}',
    ]);
    const loading = steps.findIndex((step) => JSON.stringify(step).includes('"data/mini.33"}}'));
    const writing = ['write', 'fd', 'txn'];
    const after = steps.slice(loading).filter((step) => step.path === '/sys/fs/selinux/enforce');
    expect(after.filter((step) => writing.includes(step.op))).toEqual([]);
  });

  it('change the context only of children', () => {
    const own = steps.filter((step) => String(step.path).startsWith('/proc/') && step.op !== 'child');
    expect(own).toEqual([]);
  });

  it('hold no token of the probe but ids of processes', () => {
    expect([...new Set(text.match(/@[^/]*/g))].sort()).toEqual(['@PID', '@PPID', '@TID']);
  });

  it('have smaller variants that are steps too', () => {
    const sequence = generateSequences(5, 10).flat();
    const smaller = sequence.flatMap((step) => [...step.smaller()].slice(0, 3));
    expect(smaller.length).toBeGreaterThan(10);
    expect(smaller.every(({ value }) => typeof value.op === 'string')).toBe(true);
  });
});

describe('a batch', () => {
  it('is a scenario file', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-differential-'));
    try {
      const file = path.join(folder, 'random.json');
      writeFileSync(file, scenarioText(steps, 'a "quoted" text'));
      const scenario = loadScenario(file);
      expect([scenario.lsm, scenario.kernel, scenario.steps.length]).toEqual(['selinux', 'uml', steps.length]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('fails at the first step with a difference, nested or broken ones included', () => {
    const difference = (key: string) => ({
      key,
      op: 'read',
      what: '',
      fields: ['data'],
      expected: undefined,
      actual: undefined,
    });
    expect(firstFailing([], 9)).toBeUndefined();
    expect(firstFailing([difference('7.1.0'), difference('5!'), difference('6')], 9)).toBe(5);
    expect(firstFailing([difference('end')], 9)).toBe(8);
  });

  it('counts nested operations', () => {
    expect(
      countOperations([
        { op: 'read' },
        { op: 'child', steps: [{ op: 'read' }, { op: 'thread', steps: [{ op: 'x' }] }] },
      ]),
    ).toBe(3);
  });
});
