/** fsopen(2), fsconfig(2), fsmount(2), move_mount(2) of an emulated filesystem: the answers of Linux 6.12, which was asked the same. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script } from './program.ts';

const CLIENT = path.resolve('test/world/mount-api-client.py');

const EXPECTED = {
  flags: 'EINVAL',
  'unknown type': 'ENODEV',
  'no name': 'EFAULT',
  'long name': 'EINVAL',
  inherited: [true, false],
  'nothing to read': null,
  'fsmount first': 'EINVAL',
  flag: 0,
  'unknown flag': ['EINVAL', "e selinuxfs: Unknown parameter 'nosuch'\n", null],
  'flag, value': 'EINVAL',
  'flag, no key': 'EINVAL',
  'flag as string': 0,
  source: 0,
  'source again': ['EINVAL', 'e Multiple sources\n'],
  'unknown string': ['EINVAL', "e selinuxfs: Unknown parameter 'size'\n"],
  'string, no value': 'EINVAL',
  'string, aux': 'EINVAL',
  'long key, long value': ['EINVAL', 'EINVAL'],
  'other kinds': ['EINVAL', 'EINVAL', 'EINVAL'],
  'messages of these': Array(3).fill("e selinuxfs: Unknown parameter 'k'\n"),
  label: 'EINVAL',
  'reconfigure first': 'EBUSY',
  'unknown command': 'ENOTSUP',
  'create, key': 'EINVAL',
  create: 0,
  'create again': 'EBUSY',
  'parameter after create': 'EBUSY',
  'fsmount, wrong': ['EINVAL', 'EINVAL', 'EINVAL'],
  'fsmount again': 'EBUSY',
  'after mount': [0, 'EBUSY', 0],
  'move_mount to a file': 'EINVAL',
  'move_mount to nothing': 'ENOENT',
  move_mount: 0,
  listed: 'access',
  options: ['ro,nosuid,nodev,noexec,relatime'],
  'umount, busy': [-1, 'Device or resource busy'],
  umount: 0,
  'create exclusive': 'EBUSY',
  'no such descriptor': ['EBADF', 'EINVAL', 'EBADF'],
  'not a context': ['EINVAL', 'EINVAL'],
  'other filesystems': [0, 0],
  'mount(2), argument 0': 'EFAULT',
  'mount(2), argument 1': 'EFAULT',
  'mount(2), argument 2': 'EFAULT',
  'mount(2), argument 4': 'EFAULT',
  'without the right': 'EPERM',
};

describe('the new mount API on emulated filesystems', () => {
  it('answers as the kernel, in the mount namespace of the caller', async () => {
    for (const before of ['', 'unshare -m']) {
      const result = await lsmfs(['run', '--', 'sh', '-c', `d=$(mktemp -d); ${before} python3 ${CLIENT} $d; rmdir $d`]);
      expect(result.stderr).toBe('');
      const steps = result.stdout.trim().split('\n');
      const found = steps.map((line) => JSON.parse(line) as { step: string; value: unknown });
      expect(Object.fromEntries(found.map(({ step, value }) => [step, value]))).toEqual(EXPECTED);
      expect(result.leftovers).toSatisfy(isClean);
    }
  });

  it('serves mount(8), which reports what the kernel says', async () => {
    const result = await script(
      `$LSMFS run -- bash -c 'd=$(mktemp -d); mount -t selinuxfs none $d && mount -t selinuxfs none $d; grep -c " $d " /proc/self/mountinfo;
        umount $d; umount $d; mount -t selinuxfs -o noexec none $d; grep " $d " /proc/self/mountinfo | cut -d" " -f6; umount $d;
        mount -t selinuxfs -o foo=bar none $d; echo $?; rmdir $d' 2>&1`,
    );
    expect(result.stdout).toMatch(/^2\nrw,noexec,relatime\n.*selinuxfs: Unknown parameter 'foo'/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('ends one mount by force, not the filesystem, and only when nobody is in it', async () => {
    const result = await script(
      `$LSMFS run -- unshare -m bash -c 'd=$(mktemp -d); mount -t selinuxfs none $d; ln -s $d $d.link; cd $d; umount -f $d; cd /; umount -f $d.link; echo $?
        umount -f $d; echo $?; mount -t tmpfs none $d; umount -f $d; echo $?; umount -f /sys/kernel/security; echo $?
        cat /sys/fs/selinux/enforce; rmdir $d; rm $d.link' 2>&1; $LSMFS run -- sh -c 'umount -f /sys/fs/selinux; getenforce'`,
    );
    expect(result.stdout.replaceAll(/\/\S*tmp\.\w+/g, 'D')).toBe(
      'umount: D: target is busy.\n0\numount: D: not mounted.\n32\n0\n0\n0Disabled\n',
    );
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('does not keep what a process left behind: a mount without a place, a context', async () => {
    const leave = `
import ctypes, json, os, time
call = ctypes.CDLL(None).syscall
pid = json.load(open("/run/lsmfs/" + os.environ["LSMFS_WORLD"] + "/world.json"))["owner"]["pid"]
descriptors = lambda: len(os.listdir(f"/proc/{pid}/fd"))
before = descriptors()
for i in range(100):
    if os.fork() == 0:
        context = call(430, b"selinuxfs", 1)
        call(431, context, 6, None, None, 0)
        os._exit(0 if call(432, context, 1, 0) > 0 else 1)
    _, status = os.wait()
    if status != 0: print("status", status)
for i in range(100):
    if descriptors() - before < 10: break # those of a thread that works on mounts stay
    time.sleep(0.05)
print(descriptors() - before < 10)`;
    const result = await lsmfs(['run', '--', 'python3', '-c', leave]);
    expect(result.stdout).toBe('True\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});
