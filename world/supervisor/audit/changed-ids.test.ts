/** What processes have after such a call is what is foreseen. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { idsAfter, idsIn } from './changed-ids.ts';

/** For each call: sets ids as they are given, keeps capabilities or not, and tells the status before and after. */
const PROGRAM = `
import ctypes, json, os, sys
libc = ctypes.CDLL(None)
def act(name, args, start, keeps):
    if keeps: libc.prctl(28, 1 << 2, 0, 0, 0)  # PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP
    os.setresgid(*start[:3]); libc.setfsgid(start[3])
    os.setresuid(*start[:3]); libc.setfsuid(start[3])
    before = open("/proc/self/status").read()
    result = getattr(libc, name)(*[ctypes.c_uint(one) for one in args])
    print(json.dumps([result, before, open("/proc/self/status").read()]), flush=True)
for case in json.loads(sys.argv[1]):
    pid = os.fork()
    if pid == 0:
        act(*case)
        os._exit(0)
    os.waitpid(pid, 0)
`;
const KEPT = 0xffff_ffff;
const CALLS = [
  ['setuid', [7]],
  ['setreuid', [KEPT, 7]],
  ['setreuid', [7, KEPT]],
  ['setreuid', [KEPT, 5]],
  ['setreuid', [KEPT, KEPT]],
  ['setresuid', [KEPT, 7, KEPT]],
  ['setresuid', [5, 6, 7]],
  ['setresuid', [KEPT, KEPT, KEPT]],
  ['setresuid', [KEPT, 6, KEPT]],
] as const;

it.skipIf(process.getuid?.() !== 0)('ids after a call are those that the kernel sets', () => {
  const cases = CALLS.flatMap(([name, args]) =>
    [name, name.replace('uid', 'gid') as 'setgid'].flatMap((call) =>
      [6, 5].flatMap((fs) => [true, false].map((keeps) => [call, args, [5, 6, 7, fs], keeps] as const)),
    ),
  );
  const { stdout, stderr } = spawnSync('python3', ['-c', PROGRAM, JSON.stringify(cases)], { encoding: 'utf8' });
  const told = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [number, string, string]);
  expect(told.length, stderr).toBe(cases.length);
  const [foreseen, seen] = [[], []] as [unknown[], unknown[]];
  for (const [index, [result, before, after]] of told.entries()) {
    const one = cases[index];
    if (one === undefined || result !== 0) continue;
    foreseen.push([one, idsAfter(one[0], one[1], before)]);
    seen.push([one, idsIn(after)]);
  }
  expect(seen.length).toBeGreaterThan(60);
  expect(foreseen).toEqual(seen);
});

it('other calls set none', () => {
  expect(idsAfter('execve', [0], '')).toBeUndefined();
});
