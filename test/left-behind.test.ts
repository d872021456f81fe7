/** scripts/left-behind.py finds what a run left on the host. The host is namespaces of the test's own here. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { runInBox } from './support/box.ts';
import { USER } from './support/users.ts';

const LOOK = `python3 ${path.resolve('scripts/left-behind.py')}`;

/** @returns what is said of a run that does this, without what is its own in each. */
async function left(run: string): Promise<string[]> {
  const text = `set -e; mount -t tmpfs none /mnt; cd /mnt; mkdir -p /mnt/on; echo kept > file; ${LOOK} before noted
    ${run}
    ${LOOK} after noted 0 || test $? = 1`;
  const options = { timeoutMs: 30_000, env: { TEXT: text } };
  const argv = [
    'unshare',
    '--mount',
    '--ipc',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    'keyctl',
    'session',
    '-',
  ];
  const result = await runInBox([...argv, 'bash', '-c', 'eval "$TEXT"'], options);
  const lines = result.stderr.split('\n').filter((line) => line.startsWith('left behind: '));
  return lines.map((line) => line.replace('left behind: ', ''));
}

it.each([
  [
    'an attribute',
    'setfattr -n security.selinux -v label file',
    /^attribute: \/mnt\/file security\.selinux [0-9a-f]{16}$/,
  ],
  ['a sysctl', 'echo 5 > /proc/sys/net/ipv4/ip_default_ttl', /^sysctl: \/proc\/sys\/net\/ipv4\/ip_default_ttl 5$/],
  ['a segment', 'ipcmk -M 4096', /^System V object: shm 0 key -?\d+$/],
  ['a queue', 'ipcmk -Q', /^System V object: msg 0 key -?\d+$/],
  ['a key', 'keyctl add user lsmfs-left x @s', /^key: [0-9a-f]{8} .* user +lsmfs-left: 1$/],
  ['a mount', 'mount -t tmpfs left /mnt/on', /^mount: \/ \/mnt\/on .* - tmpfs left /],
  ['a process', `setpriv --reuid=${USER} --clear-groups sleep 60 &`, /^process: \d+ /],
  ['a name', 'mount -t tmpfs none /run; : > /run/lsmfs-left', /^name: \/run\/lsmfs-left$/],
])('%s', async (_title, run, line) => {
  const lines = await left(run);
  expect(lines.filter((each) => line.test(each))).toHaveLength(1);
});

it('says nothing of a run that leaves nothing', async () => {
  expect(
    await left('setfattr -n user.x -v y file; setfattr -x user.x file; mount -t tmpfs left on; umount on'),
  ).toEqual([]);
});
