/** Tests share processes, users, keys and network with the machine: none may end, or count, what it did not make. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FIRST_TEST_USER } from './support/users.ts';

/** UID_MIN to UID_MAX of login.defs(5). */
const PEOPLE = { first: 1000, last: 60_000 };
/** Scenarios and random steps have the users of the recorded kernels. They make files and processes of their own and signal only these. */
const OF_KERNELS = /^test\/(conformance\/scenarios|conformance\/probe|differential)\//;
const BY_NAME = /\b(?:pkill|killall|skill)\b|\bkill(?:\(| -\w+ (?:-- )?)-1\b/;
const AS_USER = /(?:\breuid|\bregid|\bset(?:res|re|e)?[ug]id)[ =(]+(\d[\d_]*)/g;

const files = readdirSync('test', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(?:ts|py|sh|c|go)$/.test(entry.name))
  .map((entry) => path.join(entry.parentPath, entry.name))
  .filter((file) => !OF_KERNELS.test(file) && file !== 'test/harmless.test.ts');

/** What a line does to processes and users that a machine may have of its own. */
function harm(line: string): string | undefined {
  if (BY_NAME.test(line)) return 'ends processes by their name or user';
  const ids = [...line.matchAll(AS_USER)].map(([, id]) => Number(id?.replaceAll('_', '')));
  return ids.some((id) => id >= PEOPLE.first && id < FIRST_TEST_USER && id !== 65_534)
    ? 'is a user whom a machine may have'
    : undefined;
}

it('none does', () => {
  const lines = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, at) => {
        const what = harm(line);
        return what === undefined ? [] : [`${file}:${at + 1} ${what}`];
      }),
  );
  expect(lines).toEqual([]);
});

it.each([
  ['pkill -KILL -u 1000 python3', 'ends'],
  ["pkill -x -f 'sleep 501'", 'ends'],
  ['kill -KILL -1', 'ends'],
  ['os.kill(-1, 9)', 'ends'],
  ['setpriv --reuid=1000 --clear-groups true', 'is a user'],
  ['os.setresuid(1000, 1000, 1000)', 'is a user'],
])('%s does', (line, what) => {
  expect(harm(line)).toContain(what);
});

it.each([['kill -KILL $server'], ['kill -KILL -- -$group'], ['setpriv --reuid=2000001000 true'], ['os.setuid(0)']])(
  '%s does not',
  (line) => {
    expect(harm(line)).toBeUndefined();
  },
);
