/**
 * What one operation takes among more and more of something: tasks, open handles, files in a directory and namespaces with
 * a policy in a world (inside/growth.py), AppArmor profiles in a stack without a transport. A world has one CPU: to wake an idle one takes
 * longer than most of these operations, and where the scheduler puts client and server is another question than what grows.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createWorld } from '../lsm/library/index.ts';
import { median } from './statistics.ts';

export interface Growth {
  /** What there is more and more of. */
  readonly what: string;
  readonly operation: string;
  readonly unit: string;
  /** How many, and what it takes then. */
  readonly points: readonly (readonly [number, number])[];
}

const root = path.resolve(import.meta.dirname, '..');
const PROFILE = path.join(root, 'test/conformance/scenarios/data/aa/simple.bin');
const REPLACE = '/sys/kernel/security/apparmor/.replace';
/** Of the profile in {@link PROFILE}. */
const NAME = 'simple';
const REPLACEMENTS = 50;
const LIMIT_MS = 300_000;

/** By `what` of the client. */
const OPERATIONS: Readonly<Record<string, string>> = {
  tasks: 'open+read+close of attr/current',
  'open handles': 'open+read+close of enforce',
  'files in a directory': 'create+close+unlink',
  'namespaces with a policy': 'transaction on access',
};

/** @param sizes ascending. */
export function runGrowthBench(sizes: readonly number[]): Growth[] {
  const argv = [
    '--cpu-list',
    '0',
    path.join(root, 'bin/lsmfs'),
    'run',
    '--lsm=selinux',
    '--no-mediation',
    '--',
    'python3',
    path.join(root, 'bench/inside/growth.py'),
    ...sizes.map(String),
  ];
  const text = execFileSync('taskset', argv, { encoding: 'utf8', timeout: LIMIT_MS });
  const points = new Map<string, [number, number][]>();
  for (const line of text.trim().split('\n')) {
    const [what = '', size, value] = line.split('\t');
    points.set(what, [...(points.get(what) ?? []), [Number(size), Number(value)]]);
  }
  const curves = [...points].map(([what, found]) => ({
    what,
    operation: OPERATIONS[what] ?? what,
    unit: 'us',
    points: found,
  }));
  return [...curves, profiles(sizes)];
}

function profiles(sizes: readonly number[]): Growth {
  const { fs } = createWorld({ lsm: 'apparmor' });
  const image = readFileSync(PROFILE, 'latin1');
  const load = (index: number): void => {
    const name = `p${String(index).padStart(NAME.length - 1, '0')}`;
    fs.writeFileSync(REPLACE, Buffer.from(image.replaceAll(NAME, name), 'latin1'));
  };
  let loaded = 0;
  const points = sizes.map((size): [number, number] => {
    for (; loaded < size; loaded++) load(loaded);
    const times = Array.from({ length: REPLACEMENTS }, (_, round) => {
      const start = performance.now();
      load(round % size);
      return performance.now() - start;
    });
    return [size, median(times) * 1000];
  });
  return { what: 'profiles', operation: 'replacement of one', unit: 'us', points };
}
