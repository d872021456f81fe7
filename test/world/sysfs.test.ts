/** A sysfs that a process mounts has the directories that a kernel with the modules makes in it. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script } from './program.ts';

const CLIENT = path.resolve('test/world/sysfs-client.py');

const EXPECTED = {
  mount: 0,
  'fs has selinux, and what the host has': true,
  selinux: ['0o40555', []],
  'type, of what makes room, too': ['sysfs', 'sysfs', 'sysfs', 'sysfs'],
  'nothing seems mounted': true,
  'a file of the host': true,
  'mount at the same place': 'EBUSY',
  lines: [1, 1, 1],
  'mount selinuxfs': 0,
  enforce: '0',
  'umount below a mount': 'EBUSY',
  'umount selinuxfs': 0,
  'umount, in use': 'EBUSY',
  'still there': true,
  umount: 0,
  nothing: [],
  'new mount API': [0, true],
  'umount, lazily': 0,
  'on a file': 'ENOTDIR',
  'on nothing': 'ENOENT',
  'unknown option': 'EINVAL',
};

/** Shell: a directory that everybody can reach. */
const DIRECTORY = 'd=$(mktemp -d); chmod 755 $d';

/** A host whose own /sys is partly hidden shows none to user namespaces. */
async function hostAllows(before: string): Promise<boolean> {
  return (await script(`${DIRECTORY}; ${before} mount -t sysfs none $d && echo yes; rmdir $d`)).stdout === 'yes\n';
}

async function steps(before: string): Promise<Record<string, unknown>> {
  const text = `${DIRECTORY}; ${before} python3 ${CLIENT} $d; rmdir $d`;
  const result = await lsmfs(['run', '--', 'sh', '-c', text]);
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  const found = result.stdout.trim().split('\n');
  return Object.fromEntries(
    found.map((line) => {
      const { step, value } = JSON.parse(line) as { step: string; value: unknown };
      return [step, value];
    }),
  );
}

describe('a sysfs that a process mounts', () => {
  it.each([
    ['as it is', ''],
    ['in a mount namespace', 'unshare -m'],
    ['in a network namespace', 'unshare -mn'],
    ['in a user namespace', 'unshare -Urmn'],
    ['in a user namespace of a user', 'setpriv --reuid=2000001000 --regid=2000001000 --clear-groups unshare -Urmn'],
  ])('has a place for selinuxfs: %s', async (_name, before) => {
    const inUserNamespace = before.includes('-U');
    const refused = {
      'mount selinuxfs': 'EPERM',
      enforce: null,
      'umount below a mount': 0,
      'umount selinuxfs': 'EINVAL',
    };
    const found = await steps(before);
    if (inUserNamespace && !(await hostAllows(before))) {
      expect(found).toEqual({ mount: 'EPERM' });
      return;
    }
    expect(found).toEqual({ ...EXPECTED, ...(inUserNamespace && refused) });
  });

  it('is refused to who may not mount one', async () => {
    const result = await script(
      `$LSMFS run -- sh -c '${DIRECTORY}; unshare -Urm mount -t sysfs none $d; echo $?
        setpriv --reuid=2000001000 --clear-groups mount -t sysfs none $d; echo $?; ls -A $d; rmdir $d' 2>/dev/null`,
    );
    expect(result.stdout).toMatch(/^32\n[1-9]\d*\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is that of the network namespace, read-only if it is asked to be', async () => {
    const result = await script(
      `$LSMFS run -- sh -c '${DIRECTORY}; unshare -mn sh -c "mount -t sysfs -o ro,noexec sys $d; ls $d/class/net; grep $d /proc/self/mountinfo"; rmdir $d'`,
    );
    expect(result.stdout).toMatch(
      /^lo\n(?:sit0\n|tunl0\n|\w+\n)*\d+ \d+ \S+ \/ \S+ ro,noexec,relatime .*- sysfs sys ro\n$/,
    );
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('has one for each filesystem of the world', async () => {
    const text = `${DIRECTORY}; mount -t sysfs none $d; ls -d $d/fs/selinux $d/fs/smackfs $d/kernel/security | wc -l; umount $d; rmdir $d`;
    const result = await lsmfs(['run', '--lsm=selinux,smack,apparmor', '--', 'sh', '-c', text]);
    expect(result.stdout).toBe('3\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

it('a copy of all of /sys is left as it is', async () => {
  const list = 'ls $1/fs/selinux | head -1; ls $1/kernel/security | head -1';
  const text = `${DIRECTORY}; show() { ${list}; }; show /sys; mount --rbind /sys $d; show $d; umount -l $d; rmdir $d`;
  const result = await lsmfs(['run', '--lsm=selinux,apparmor', '--', 'sh', '-c', text]);
  expect(result.stdout).toBe('access\napparmor\naccess\napparmor\n');
  expect(result.leftovers).toSatisfy(isClean);
});

it('the directory that has selinuxfs tells of its filesystem as the host does', async () => {
  const told = 'stat -f -c "%T %l %s" /sys/fs';
  const host = await script(told);
  expect((await lsmfs(['run', '--lsm=selinux', '--', 'sh', '-c', told])).stdout).toBe(host.stdout);
});
