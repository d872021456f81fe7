/** Container runtimes with SELinux alone: runc and crun with `selinuxLabel`, and `mountLabel` on what they mount themselves. */
import { expect, it } from 'vitest';
import { removeTree } from '../box/directories.ts';
import { isClean } from '../box.ts';
import { script } from '../world/program.ts';
import { makeBundle } from './oci-bundle.ts';

/** crun refuses the cgroups of some hosts; without any it does not ask. */
const RUNTIMES = {
  runc: 'runc run --bundle $BUNDLE c-$$',
  crun: "unshare -m sh -c 'umount -lR /sys/fs/cgroup; crun --cgroup-manager=disabled run --bundle $BUNDLE c-$$'",
};
const TASK = 'system_u:system_r:container_t:s0:c1,c2';
const FILE = 'system_u:object_r:container_file_t:s0:c1,c2';

it.each(Object.entries(RUNTIMES))('%s labels a container and its mounts', async (_name, run) => {
  const inside = 'id -Z; touch /tmp/a; stat -c %C /dev /tmp /tmp/a /dev/mqueue /proc/1; chcon -t tmp_t /tmp/a 2>&1';
  const bundle = makeBundle({ args: ['sh', '-c', inside], selinuxLabel: TASK }, FILE);
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
