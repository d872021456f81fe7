/** Two labelling modules in one world, as the `talk` profile allows: both userlands work, each sees its own interfaces. */
import { expect, it } from 'vitest';
import { isClean } from '../box.ts';
import { lsmfs } from './program.ts';

const SESSION = `
load_policy
printf 'profile stacked flags=(complain) { }\\n' | apparmor_parser -r
getenforce; aa-enabled
aa-exec -p stacked -- runcon system_u:system_r:init_t:s0 sh -c '
  cat /proc/self/attr/current | tr -d "\\0"; echo
  cat /proc/self/attr/selinux/current | tr -d "\\0"; echo
  read label < /proc/self/attr/apparmor/current; echo "$label"'
id -Z; cat /proc/self/attr/apparmor/current`;

it('SELinux first, AppArmor second: plain files speak SELinux, both sets of tools work', async () => {
  const result = await lsmfs(['run', '--lsm=selinux,apparmor', '--', 'sh', '-c', SESSION]);
  expect(result.stdout.split('\n')).toEqual([
    'Permissive',
    'Yes',
    'system_u:system_r:init_t:s0',
    'system_u:system_r:init_t:s0',
    expect.stringMatching(/^stacked\/\/null-\S*sh \(complain\)$/),
    'system_u:system_r:kernel_t:s0',
    'unconfined',
    '',
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});

it('AppArmor first, SELinux second: plain files speak AppArmor', async () => {
  const session = 'cat /proc/self/attr/current; cat /proc/self/attr/selinux/current; getenforce; aa-enabled';
  const result = await lsmfs(['run', '--lsm=apparmor,selinux', '--', 'sh', '-c', session]);
  expect(result.stdout).toBe('unconfined\nkernel\0Permissive\nYes\n');
});

it('mainline admits one exclusive module', async () => {
  const cat = ['cat', '/sys/kernel/security/lsm'];
  const result = await lsmfs(['run', '--lsm=selinux,apparmor', '--profile=mainline', '--', ...cat]);
  expect(result.stdout).toBe('lockdown,capability,selinux,ima,evm');
});
