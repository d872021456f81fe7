import { closeSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { leakedDescriptors, openDescriptors } from './box/descriptors.ts';
import { ourMountLines } from './box/mounts.ts';
import { boxMembers, parseStat } from './box/processes.ts';
import { isClean, runInBox } from './box.ts';

test('passes status, output, input, directory and environment through', async () => {
  const result = await runInBox(['/bin/sh', '-c', 'cat; pwd; echo "$WHO"; echo bad >&2; exit 7'], {
    timeoutMs: 20_000,
    input: 'in\n',
    cwd: '/usr',
    env: { WHO: 'me' },
  });
  expect(result).toMatchObject({ status: 7, stdout: 'in\n/usr\nme\n', stderr: 'bad\n', timedOut: false, evidence: '' });
  expect(isClean(result.leftovers)).toBe(true);
});

test('a command that cannot be started is an error, not a hang', async () => {
  await expect(runInBox(['/nonexistent/program'], { timeoutMs: 20_000 })).rejects.toThrow('ENOENT');
});

test('a time-out collects evidence and kills the whole tree, also what left the session and dropped its parent', async () => {
  const script = '(setsid sleep 1001 &) ; sleep 1002 & env -i sleep 1003';
  const result = await runInBox(['/bin/sh', '-c', script], { timeoutMs: 300 });
  expect(result.timedOut).toBe(true);
  for (const seconds of ['1001', '1002', '1003']) expect(result.evidence).toContain(`sleep ${seconds}`);
  expect(result.evidence).toContain('wchan=');
  expect(isClean(result.leftovers)).toBe(true);
  expect(boxMembers({ id: result.id, leader: -1 })).toEqual([]);
});

test('a process that outlives its command is reported and killed', async () => {
  const result = await runInBox(['/bin/sh', '-c', 'setsid sleep 1004 >/dev/null 2>&1 </dev/null & exit 0'], {
    timeoutMs: 20_000,
    graceMs: 200,
  });
  expect(result.status).toBe(0);
  expect(result.leftovers.processes.join()).toContain('sleep 1004');
  expect(boxMembers({ id: result.id, leader: -1 })).toEqual([]);
});

test('a background process that holds the output does not delay the box beyond its grace', async () => {
  const result = await runInBox(['/bin/sh', '-c', 'echo out; sleep 1005 & exit 3'], {
    timeoutMs: 60_000,
    graceMs: 100,
  });
  expect(result).toMatchObject({ status: 3, stdout: 'out\n', timedOut: false });
  expect(result.leftovers.processes.join()).toContain('sleep 1005');
});

test('finds descriptors that a test leaked', () => {
  const before = openDescriptors();
  const fd = openSync('/etc/passwd', 'r');
  expect(leakedDescriptors(before)).toEqual([`${fd} -> /etc/passwd`]);
  closeSync(fd);
  expect(leakedDescriptors(before)).toEqual([]);
});

test('recognises our mounts by type, source and place', () => {
  const foreign = '22 1 0:5 / /proc rw,nosuid shared:1 - proc proc rw';
  const byType = '30 22 0:50 / /sys/fs/selinux rw - fuse.lsmfs selinuxfs rw,user_id=0';
  const bySource = '31 22 0:51 / /x rw - fuse lsmfs rw';
  const byPlace = '32 22 0:52 / /run/lsmfs/w1 rw - tmpfs tmpfs rw';
  expect(ourMountLines([foreign, byType, bySource, byPlace, ''].join('\n'))).toEqual([byType, bySource, byPlace]);
});

test('parses stat lines with hostile process names and refuses junk', () => {
  expect(parseStat('12 (a) b (c) S 1 2 3 0 -1')).toMatchObject({
    pid: 12,
    name: 'a) b (c',
    parent: 1,
    group: 2,
    session: 3,
  });
  expect(parseStat('')).toBeUndefined();
  expect(parseStat('12 broken')).toBeUndefined();
});
