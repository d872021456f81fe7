/** What a user reads when something is missing: the cause, then what to do about it. */
import { expect, test } from 'vitest';
import { asUser } from '../rootless/user.ts';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

/** As root, in mounts of our own. */
const apart = (text: string) =>
  script(
    `export TEXT='${text}'; exec unshare -m --propagation private bash -c 'mount -t tmpfs -o size=256k none /run; eval "$TEXT"'`,
  );

test.each([
  [
    'mount --bind /dev/null /dev/fuse; $LSMFS run -- true',
    '/dev/fuse is not the FUSE device.',
    'As root: rm /dev/fuse; mknod -m 666 /dev/fuse c 10 229',
  ],
  [
    'mount -t tmpfs none /dev; $LSMFS run -- true 2>&1',
    '/dev/fuse does not exist.',
    /modprobe fuse.*--device \/dev\/fuse.*--dev-bind/,
  ],
  [
    'mkdir /run/d; mknod -m 666 /run/d/fuse c 10 229; mount --bind /run/d /run/d; mount -o remount,bind,nodev /run/d; mount --bind /run/d/fuse /dev/fuse; $LSMFS run -- true',
    '/dev/fuse cannot be opened: EACCES.',
    /mount without devices.*--dev-bind/,
  ],
  ['mount -o remount,ro /run; $LSMFS run -- true', 'Cannot make /run/lsmfs: EROFS.', /export LSMFS_STATE_DIR=/],
  ['LSMFS_STATE_DIR=/proc/x $LSMFS run -- true', 'Cannot make /proc/x: ENOENT.', /export LSMFS_STATE_DIR=/],
  [
    'head -c 1m /dev/zero > /run/full 2>/dev/null; $LSMFS run -- true',
    /^Cannot (make|write) \/run\/lsmfs\S*: ENOSPC\.$/,
    /^Make room/,
  ],
  ['umount -l /proc; $LSMFS run -- true', '/proc is not mounted.', 'Mount it: mount -t proc proc /proc'],
  ['$LSMFS run --lsm=selinx -- true', "'selinx' is not a security module.", /^Did you mean selinux\?/],
])('%s', async (text, cause, fix) => {
  const result = await apart(`${text}; echo $?`);
  const [first, second, ...more] = (result.stderr || result.stdout)
    .split('\n')
    .map((line) => line.replace(/^lsmfs: /, ''));
  expect(first).toMatch(cause);
  expect(second).toMatch(fix);
  expect(more.filter((line) => line !== '' && line !== '125')).toEqual([]);
  expect(result.stdout).toMatch(/125\n$/);
  expect(result.leftovers).toSatisfy(isClean);
});

test('a module that does not come is named', async () => {
  const result = await script('$LSMFS run --profile=mainline --lsm=apparmor,selinux -- cat /sys/kernel/security/lsm');
  expect(result.stdout).toBe('lockdown,capability,apparmor,ima,evm');
  expect(result.stderr).toBe(
    "lsmfs: selinux is left out: the profile 'mainline' runs one of its kind, and apparmor comes first\n",
  );
  expect(result.leftovers).toSatisfy(isClean);
});

test('a user who may not open the device', async () => {
  const result = await asUser('$LSMFS run -- true; echo $?', { prepare: 'chmod 600 /run/fuse' });
  expect(result.stderr).toBe('lsmfs: /dev/fuse cannot be opened: EACCES.\nlsmfs: As root: chmod 666 /dev/fuse\n');
  expect(result.stdout).toBe('125\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test('a user who gets no user namespace', async () => {
  const result = await asUser('PATH=$PWD:$PATH; $LSMFS run -- true; echo $?', {
    prepare: "printf '#!/bin/sh\\nexit 1\\n' > /run/home/unshare; chmod 755 /run/home/unshare",
  });
  expect(result.stderr).toMatch(
    /^lsmfs: Making mounts needs CAP_SYS_ADMIN, or a user namespace, and .*\.\nlsmfs: .*\n$/,
  );
  expect(result.stdout).toBe('125\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test('doctor tells a user that worlds without root work', async () => {
  const result = await asUser(
    '$LSMFS doctor --json | jq -r \'.usable, (.checks[] | select(.id == "rootless") | .status, .detail)\'',
  );
  expect(result.stdout).toBe(
    'true\nok\nworlds run in a user namespace of user 1000, with no further ids (they need newuidmap and /etc/subuid)\n',
  );
  expect(result.leftovers).toSatisfy(isClean);
});
