/** Suites that others wrote, on the host and in a world. Exit status 1 when a case passes on the host and not in the world. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { WITHOUT_STANDBY } from '../support/without-policy.ts';
import type { Ended } from './cases.ts';
import { type Comparison, compare, type Difference } from './compare.ts';
import type { Suite, Test } from './suite.ts';
import { SUITES } from './suites.ts';

Object.assign(process.env, WITHOUT_STANDBY);
const LSMFS = path.resolve('bin/lsmfs');
const RUNNER = path.resolve('test/suites/run-tests.py');
/** Starts a command that shall not reach the machine; all that it starts ends with it. */
const ISOLATED = 'unshare --mount --ipc --pid --net --uts --fork --kill-child --mount-proc --propagation=private'.split(
  ' ',
);

const HELP = `usage: npm run suites -- [--only=NAME] [--test=WORDS] [--enforcing] [--policy=WHICH] [--lsm=NAME] [--work=FOLDER] [--json]

Runs test suites of other projects on the host, then in a world with SELinux and Debian's policy (AppArmor where the suite is about
that), and compares case by case. A test that ends otherwise runs once more on both sides; what then ends alike is unsteady, and is said.

${SUITES.map(({ name, packages, source }) => {
  const needs = [
    ...packages,
    ...(source === undefined ? [] : [`and ${source.from} in FOLDER/${name}/${source.folder}`]),
  ];
  return `  ${name.padEnd(17)} needs ${needs.join(' ')}`;
}).join('\n')}

  --only=NAME    that suite
  --test=WORDS   the tests whose names contain WORDS
  --enforcing    the world boots enforcing (default: permissive)
  --policy=WHICH small: our own; a folder: that store (default: Debian's)
  --lsm=NAME     this module
  --work=FOLDER  where sources are fetched and built, once (default: /var/cache/lsmfs-suites, which has a label by default; files below /tmp have none)
  --json         one JSON object for each suite

Needs root, the network to fetch sources (with a line deb-src in apt's lists), and minutes: ltp some 30. LSMFS_FAST_PATH=verify holds
for the world.
Example: npm run suites -- --only=dbus --enforcing`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    test: { type: 'string', default: '' },
    enforcing: { type: 'boolean', default: false },
    policy: { type: 'string', default: '/etc/selinux/default' },
    lsm: { type: 'string' },
    work: { type: 'string', default: '/var/cache/lsmfs-suites' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const LINE = v.object({ name: v.string(), status: v.nullable(v.number()), output: v.string() });

function worldOf({ module = 'selinux' }: Suite): string[] {
  const lsm = values.lsm ?? module;
  return [
    ...[LSMFS, 'run', `--lsm=${lsm}`],
    ...(lsm === 'selinux' ? [`--policy=${values.policy}`] : []),
    ...(values.enforcing ? ['--enforcing'] : []),
    '--',
  ];
}

/** Runs the tests outside, or inside of what `prefix` starts. */
function run({ isolated, seconds }: Suite, tests: readonly Test[], prefix: readonly string[]): Ended[] {
  const place = mkdtempSync(path.join(tmpdir(), 'lsmfs-suite-'));
  try {
    const [results, list] = [path.join(place, 'results'), path.join(place, 'tests')];
    writeFileSync(list, JSON.stringify(tests));
    const [program = '', ...argv] = [
      ...prefix,
      ...['python3', RUNNER, results, list, String(seconds)],
      ...(isolated ? ISOLATED : []),
    ];
    const { status } = spawnSync(program, argv, { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) console.error(`suites: ${program} ended with status ${status}`);
    const lines = existsSync(results) ? readFileSync(results, 'utf8').trimEnd().split('\n') : [];
    return lines.filter((line) => line !== '').map((line) => v.parse(LINE, JSON.parse(line)));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function prepared({ name, prepare = '', source }: Suite): string {
  const folder = path.resolve(values.work, name);
  mkdirSync(folder, { recursive: true });
  if (source !== undefined && !existsSync(path.join(folder, source.folder)))
    throw new Error(`${name}: ${path.join(folder, source.folder)} is not there; put ${source.from} there`);
  const ready = path.join(folder, 'ready');
  if (existsSync(ready) || prepare === '') return folder;
  const { status, error } = spawnSync('sh', ['-ec', prepare], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${name} cannot be built in ${folder}: ${error?.message ?? `status ${status}`}`);
  writeFileSync(ready, '');
  return folder;
}

interface Result extends Comparison {
  /** Otherwise only once of two times. */
  readonly unsteady: readonly Difference[];
  /** What differing tests printed in the world. */
  readonly outputs: Readonly<Record<string, string>>;
}

function runSuite(suite: Suite): Result {
  const tests = suite.tests(prepared(suite)).filter(({ name }) => name.includes(values.test));
  if (tests.length === 0) throw new Error(`${suite.name}: no test is named so`);
  const sides = [[], worldOf(suite)].map((prefix) => run(suite, tests, prefix));
  const [host = [], world = []] = sides;
  const first = compare(suite.format, host, world);
  const differing = new Set(first.worse.map(({ test }) => test));
  if (differing.size === 0) return { ...first, unsteady: [], outputs: {} };
  const again = tests.filter(({ name }) => differing.has(name));
  const [hostAgain = [], worldAgain = []] = [[], worldOf(suite)].map((prefix) => run(suite, again, prefix));
  const merge = (old: readonly Ended[], later: readonly Ended[]) =>
    old.map((one) => later.find(({ name }) => name === one.name) ?? one);
  const second = compare(suite.format, merge(host, hostAgain), merge(world, worldAgain));
  const stays = new Set(second.worse.map(({ name }) => name));
  const outputs = Object.fromEntries(
    worldAgain
      .filter(({ name }) => second.worse.some(({ test }) => test === name))
      .map((one) => [one.name, one.output]),
  );
  return { ...second, unsteady: first.worse.filter(({ name }) => !stays.has(name)), outputs };
}

function tell({ name }: Suite, { host, world, worse, others, unsteady, outputs }: Result): void {
  const counts = ({ passed, failed, skipped }: Comparison['host']) =>
    `${passed} passed, ${failed} failed, ${skipped} skipped`;
  const line = ({ name: title, host: was, world: is }: Difference) =>
    `${title}: ${was ?? 'not there'}, world ${is ?? 'not there'}`;
  for (const one of others) console.log(`other     ${line(one)}`);
  for (const one of unsteady) console.log(`unsteady  ${line(one)}`);
  for (const [test, output] of Object.entries(outputs))
    console.log(`--- ${test}\n${output.slice(-4000).trimEnd()}\n---`);
  for (const one of worse) console.log(`WORSE     ${line(one)}`);
  console.log(`${name}: host ${counts(host)}; world ${counts(world)}; ${worse.length} worse`);
}

if (values.help) console.log(HELP);
else {
  const chosen = SUITES.filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0)
    throw new Error(`no suite is named ${values.only}: there are ${SUITES.map(({ name }) => name).join(', ')}`);
  for (const suite of chosen) {
    const result = runSuite(suite);
    if (result.worse.length > 0) process.exitCode = 1;
    if (values.json) console.log(JSON.stringify({ name: suite.name, ...result }));
    else tell(suite, result);
  }
}
