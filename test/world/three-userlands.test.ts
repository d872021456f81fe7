/** Every module at once, and the clients of three labelling ones on one shell; plain files and SO_PEERSEC follow its default module. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const ALL = 'lockdown,yama,loadpin,safesetid,selinux,smack,apparmor,tomoyo,landlock,bpf,ipe,ima,evm';
const CONTEXT = 'unconfined_u:unconfined_r:unconfined_t:s0';

/** On the shell: its three labels by their directories, then by plain files and sockets under each choice. */
const SHELL = `
printf Web > /proc/self/attr/smack/current
for name in selinux smack apparmor; do tr -d '\\0\\n' < /proc/self/attr/$name/current; echo; done
for choice in selinux smack apparmor; do
  printf $choice > /proc/self/attr/display
  python3 -c 'import socket
a, b = socket.socketpair()
print(open("/proc/self/attr/current").read().strip("\\0\\n"), a.getsockopt(socket.SOL_SOCKET, 31, 255).decode().strip("\\0\\n"))'
done`;

it('SELinux, Smack and AppArmor have their tools and their say on the same shell', async () => {
  const session = `load_policy
printf 'profile three flags=(complain) { /** rix, capability, }\\n' | apparmor_parser -r
echo 'Web _ rwx' > /sys/fs/smackfs/load2
aa-exec -p three -- runcon ${CONTEXT} bash -c "$SHELL_TEXT"
getenforce; aa-enabled; cat /sys/fs/smackfs/load2 /sys/kernel/security/tomoyo/version; echo; cat /proc/sys/kernel/yama/ptrace_scope`;
  const result = await lsmfs(['run', `--lsm=${ALL}`, '--', 'bash', '-c', session], { env: { SHELL_TEXT: SHELL } });
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  const profile = expect.stringMatching(/^three\S* \(complain\)$/);
  const [selinux, smack, apparmor, ...rest] = result.stdout.trim().split('\n');
  expect([selinux, smack, apparmor]).toEqual([CONTEXT, 'Web', profile]);
  expect(rest.slice(0, 2)).toEqual([`${CONTEXT} ${CONTEXT}`, 'Web Web']);
  expect(rest[2]).toMatch(/^three\S* \(complain\) three/);
  expect(rest.slice(3)).toEqual(['Permissive', 'Yes', 'Web _ rwx', '2.6.0', '0']);
});
