/** How few system calls the supervisor makes for a notified one that is allowed, receipt and answer included: counted by strace(1). */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { PROGRAM, script, worldName } from '../program.ts';

/**
 * Of one call in steady state: Debian's policy, enforcing, default options, no filesystem that a user serves. `exec` is a child with nine
 * notified calls.
 */
const MOST: Readonly<Record<string, number>> = {
  open_known: 7,
  open_relative: 5,
  open_many: 7,
  open_apart: 12,
  open_missing: 5,
  access_slashed: 7,
  open_fdinfo: 9,
  fstatfs_fdinfo: 3,
  create: 5,
  mkdir: 5,
  rmdir: 11,
  unlink: 11,
  rename: 13,
  chmod: 8,
  access: 7,
  chmod_directory: 8,
  getxattr: 16,
  getxattr_many: 18,
  listxattr: 16,
  listxattr_many: 18,
  setxattr: 16,
  statfs: 7,
  sendfile: 7,
  fstatfs: 3,
  fchmod: 3,
  fchown: 3,
  futimens: 3,
  touch_new: 9,
  mmap: 3,
  ioctl_pipe: 3,
  ioctl_inherited: 5,
  exec: 52,
};
/** In a pid namespace, as in most containers: audit rules of the host cannot be read, and programs that run are announced. */
const MOST_APART: Readonly<Record<string, number>> = { ...MOST, exec: 126 };
/** Of a user who has logged in: labels of new files are stored. */
const MOST_OF_LOGIN: Readonly<Record<string, number>> = { ...MOST, create: 12, mkdir: 13, touch_new: 15 };
const AS_LOGIN = 'env -u LSMFS_POLICY -u LSMFS_CONTEXT ';
const APART = 'unshare --pid --fork --mount-proc ';
const CLIENT = path.resolve('test/world/fast-path/calls-per-call.py');
/** A filesystem that a user serves, of a test beside this one say, makes calls dearer while it is there, never cheaper. */
const ROUNDS = 4;
const LIMIT_MS = 120_000;

async function counts(within: string): Promise<[string, number][]> {
  const result = await script(`${within}python3 ${CLIENT} ${worldName('calls')} ${process.execPath} ${PROGRAM}`, {
    timeoutMs: LIMIT_MS,
  });
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return Object.entries(JSON.parse(result.stdout) as Record<string, number>);
}

it.each([
  ['in the first pid namespace', '', MOST],
  ['in another one', APART, MOST_APART],
  ['by a program of a user who has logged in', AS_LOGIN, MOST_OF_LOGIN],
] as const)(
  'system calls for each notified call, %s',
  async (_, within, most) => {
    const least = new Map<string, number>();
    const exceeded = (): string[] =>
      [...least].flatMap(([kind, count]) =>
        count <= (most[kind] ?? 0) ? [] : [`${kind}: ${count}, not ${most[kind]}`],
      );
    for (let round = 0; round < ROUNDS && (round === 0 || exceeded().length > 0); round++) {
      for (const [kind, count] of await counts(within)) least.set(kind, Math.min(count, least.get(kind) ?? count));
    }
    expect(exceeded()).toEqual([]);
    expect([...least.keys()].sort()).toEqual(Object.keys(most).sort());
    // Each kind is notified, so none is counted as nothing.
    expect(Math.min(...least.values())).toBeGreaterThan(1);
  },
  ROUNDS * LIMIT_MS,
);
