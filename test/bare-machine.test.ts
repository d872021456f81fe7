/**
 * scripts/shell on a machine that lacks everything: a copy of the scripts beside a package manager, npm and lsmfs that
 * are stand-ins. They say as much as the real ones and note that they were called; what they install is a list of names.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const CHATTER = 'for i in $(seq 500); do echo "Unpacking part $i ..."; done\n';

/** By their place below the machine's directory. */
const STAND_INS: Readonly<Record<string, string>> = {
  'path/dpkg-query': 'for package; do :; done; grep -qsx "$package" "$MACHINE/installed" && echo "ii "\n',
  'path/apt-get': `echo "apt-get $1" >> "$MACHINE/calls"\n${CHATTER}[ ! -e "$MACHINE/broken" ] || { echo "E: no network" >&2; exit 100; }
[ "$1" != install ] || for word; do echo "$word" >> "$MACHINE/installed"; done\n`,
  'path/npm': `echo "npm $*" >> "$MACHINE/calls"
case "$*" in
  ci*) ${CHATTER} mkdir node_modules; touch node_modules/.package-lock.json ;;
  *types) touch dist/index.d.cts ;;
  *build) mkdir -p dist; touch dist/lsmfs.js ;;
esac\n`,
  'lsmfs/bin/lsmfs': 'echo "lsmfs $1"\n',
};

let machine: string;

beforeEach(() => {
  machine = mkdtempSync(path.join(tmpdir(), 'lsmfs-bare-'));
  for (const name of ['path', 'tmp', 'lsmfs/bin']) mkdirSync(path.join(machine, name), { recursive: true });
  cpSync('scripts', path.join(machine, 'lsmfs/scripts'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(file, path.join(machine, 'lsmfs', file));
  for (const name of ['cli', 'world', 'fuse', 'lsm', 'vfs', 'host', 'linux'])
    mkdirSync(path.join(machine, 'lsmfs', name));
  for (const [name, text] of Object.entries(STAND_INS)) {
    writeFileSync(path.join(machine, name), `#!/bin/bash\n${text}`);
    chmodSync(path.join(machine, name), 0o755);
  }
});

afterEach(() => rmSync(machine, { recursive: true, force: true }));

/** @returns what was printed, and which installing programs were called. */
function shell() {
  rmSync(path.join(machine, 'calls'), { force: true });
  const { status, stdout, stderr } = spawnSync(path.join(machine, 'lsmfs/scripts/shell'), {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: {
      MACHINE: machine,
      PATH: [path.join(machine, 'path'), path.dirname(process.execPath), process.env.PATH].join(':'),
      TMPDIR: path.join(machine, 'tmp'),
    },
  });
  const calls = readdirSync(machine).includes('calls') ? readFileSync(path.join(machine, 'calls'), 'utf8') : '';
  return { status, stdout, stderr, calls: calls.split('\n').filter(Boolean) };
}

test('installs with fewer than 80 lines, and nothing the second time', () => {
  const first = shell();
  expect(first.status).toBe(0);
  expect(first.stdout).toBe('lsmfs run\n');
  expect(first.stderr).toMatch(
    /^setup: installing .*\bselinux-utils\b.*\bapparmor\b.*\nsetup: all that is said meanwhile is in .*\nsetup: installing npm packages\n$/,
  );
  const log = /is in (\S+)\n/.exec(first.stderr)?.[1] ?? '';
  expect(readFileSync(log, 'utf8').split('\n').filter(Boolean)).toHaveLength(1500);
  expect(`${first.stdout}${first.stderr}`.split('\n').length).toBeLessThan(80);
  expect(first.calls.slice(0, 2)).toEqual(['apt-get update', 'apt-get install']);
  expect(first.calls.slice(2).map((call) => call.split(' ')[0])).toEqual(['npm', 'npm', 'npm']);
  const second = shell();
  expect(second).toEqual({ status: 0, stdout: 'lsmfs run\n', stderr: '', calls: [] });
  expect(readdirSync(path.join(machine, 'tmp'))).toEqual([path.basename(log)]);
});

test('shows the end of what a failed installation said, and keeps all of it in a log', () => {
  writeFileSync(path.join(machine, 'broken'), '');
  const { status, stdout, stderr } = shell();
  expect(status).toBe(125);
  expect(stdout).toBe('');
  expect(stderr.split('\n').length).toBeLessThan(80);
  const log = /\nE: no network\nsetup: apt-get failed; all it said is in (\S+)\n$/.exec(stderr)?.[1] ?? '';
  expect(readFileSync(log, 'utf8').split('\n').filter(Boolean)).toHaveLength(501);
});
