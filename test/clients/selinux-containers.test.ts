/** Container runtimes with SELinux alone: runc and crun with `selinuxLabel`, and `mountLabel` on what they mount themselves. */
import { expect, it } from 'vitest';
import { removeTree } from '../support/box/directories.ts';
import { isClean } from '../support/box.ts';
import { script } from '../world/program.ts';
import { makeBundle, RUNTIMES } from './oci-bundle.ts';

const TASK = 'system_u:system_r:container_t:s0:c1,c2';
const FILE = 'system_u:object_r:container_file_t:s0:c1,c2';

it.each(Object.entries(RUNTIMES))('%s labels a container and its mounts', async (_name, run) => {
  const inside = 'id -Z; touch /tmp/a; stat -c %C /dev /tmp /tmp/a /dev/mqueue /proc/1; chcon -t tmp_t /tmp/a 2>&1';
  const bundle = makeBundle({ args: ['sh', '-c', inside], selinuxLabel: TASK }, { mountLabel: FILE });
  try {
    const result = await script(
      `$LSMFS run -- sh -c 'load_policy; ${run.replaceAll("'", "'\\''")}; id -Z; stat -c %C /tmp'`,
      {
        env: { BUNDLE: bundle },
      },
    );
    expect(result.stdout.split('\n')).toEqual([
      TASK,
      FILE,
      FILE,
      FILE,
      FILE,
      TASK,
      expect.stringContaining('Operation not supported'),
      'system_u:system_r:kernel_t:s0',
      expect.stringMatching(/:object_r:/),
      '',
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  } finally {
    removeTree(bundle);
  }
});

it.each(Object.entries(RUNTIMES))(
  '%s gives a container a sysfs of its own, with places for selinuxfs',
  async (_name, run) => {
    const flags = ['nosuid', 'noexec', 'nodev'];
    const bundle = makeBundle(
      {
        args: [
          'sh',
          '-c',
          'getenforce; ls /sys/class/net; grep " /sys" /proc/self/mounts; ls -A /sys/fs | grep -x -e bpf -e selinux',
        ],
        selinuxLabel: TASK,
      },
      {
        sys: [
          { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...flags, 'ro'] },
          {
            destination: '/sys/fs/selinux',
            type: 'bind',
            source: '/sys/fs/selinux',
            options: ['rbind', 'rw', 'nosuid', 'noexec'],
          },
        ],
      },
    );
    try {
      const result = await script(`$LSMFS run -- sh -c 'load_policy; ${run.replaceAll("'", "'\\''")}' 2>&1`, {
        env: { BUNDLE: bundle },
      });
      expect(result.stdout.replaceAll('seclabel,', '').split('\n')).toEqual([
        'Permissive',
        'lo',
        'sysfs /sys sysfs ro,nosuid,nodev,noexec,relatime 0 0',
        'selinuxfs /sys/fs/selinux selinuxfs rw,nosuid,noexec,relatime 0 0',
        'bpf',
        'selinux',
        '',
      ]);
      expect(result.leftovers).toSatisfy(isClean);
    } finally {
      removeTree(bundle);
    }
  },
);
