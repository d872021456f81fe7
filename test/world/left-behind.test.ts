/** What programs of a world change ends with it, where it would end with the kernel: the host and the next world do not see it. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

/** Of filesystems that the host's kernel makes the files of. */
const PLACES = '/dev/zero /dev /sys/kernel/mm /sys/kernel/notes';
const CLIENT = path.resolve('test/world/left-behind-client.py');

it.each([
  ['unmounted', 'umount /sys/kernel/security'],
  ['moved', 'mount -t tmpfs t $d && mount --move /sys/kernel/security $d'],
])('the securityfs of a world that is %s uncovers none of the host', async (_how, leave) => {
  const { stdout, stderr, leftovers } = await script(
    `export d=$(mktemp -d)
     unshare -m --propagation private bash -c 'mount -t securityfs none /sys/kernel/security; $LSMFS run --lsm=yama -- bash -c "$INSIDE"'
     rmdir $d`,
    { env: { INSIDE: `${leave}; cd /; ls -A /sys/kernel/security; grep -c ' /sys/kernel/security ' /proc/mounts` } },
  );
  expect(stderr).toBe('');
  expect(leftovers).toSatisfy(isClean);
  expect(stdout).toBe('0\n');
});

it('labels of files of sysfs and devtmpfs are of the world that set them', async () => {
  const { stdout, stderr, leftovers } = await script(
    `labels() { /usr/bin/python3 $CLIENT $1 $PLACES; }; export -f labels
     labels show
     $LSMFS run --lsm=smack -- bash -c 'for each in show set show drop show; do labels $each; done'
     labels show
     $LSMFS run --lsm=smack -- bash -c 'labels show'`,
    { env: { CLIENT, PLACES } },
  );
  expect(stderr).toBe('');
  expect(leftovers).toSatisfy(isClean);
  const none = 'ENODATA ENODATA ENODATA ENODATA False';
  expect(stdout.trim().split('\n')).toEqual([
    none,
    '_ _ _ _ True',
    'None None None None',
    'EEXIST',
    'Mine Mine Mine Mine True',
    'None ENODATA',
    '_ Mine Mine Mine True',
    none,
    '_ _ _ _ True',
  ]);
});
