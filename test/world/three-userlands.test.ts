/** Every module at once, and the clients of three labelling ones on one shell; plain files and SO_PEERSEC follow its default module. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, PROGRAM } from './program.ts';

const ALL = 'lockdown,yama,loadpin,safesetid,selinux,smack,apparmor,tomoyo,landlock,bpf,ipe,ima,evm';
/** The same with the three labelling ones the other way round. */
const REVERSED = ALL.replace('selinux,smack,apparmor', 'apparmor,smack,selinux');
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

/** Its compound label, and what lsm_get_self_attr(2) says: `current`, `exec`, `fscreate`, and `current` into too little room. */
const LABELS = `
import ctypes, struct
print(open('/proc/self/attr/context', 'rb').read())
def get(attr, room):
    ctx, size = ctypes.create_string_buffer(room), ctypes.c_uint32(room)
    result = ctypes.CDLL(None, use_errno=True).syscall(459, attr, ctx, ctypes.byref(size), 0)
    found, at = [], 0
    for _ in range(max(result, 0)):
        id, _, length, used = struct.unpack_from('<QQQQ', ctx, at)
        found.append((id, ctx.raw[at + 32:at + 32 + used]))
        at += length
    return result if result >= 0 else -ctypes.get_errno(), size.value, found
for attr, room in [(100, 4096), (101, 4096), (102, 4096), (100, 40)]: print(get(attr, room))
`;

it.each([
  [
    'in their order',
    ALL,
    [
      `b'selinux\\x00${CONTEXT}\\x00smack\\x00Web\\x00apparmor\\x00three\\x00'`,
      `(3, 168, [(101, b'${CONTEXT}\\x00'), (102, b'Web\\x00'), (104, b'three (complain)')])`,
      // AppArmor's ENOENT for what is not set ends it.
      '(-2, 4096, [])',
      "(1, 32, [(101, b'')])",
      '(-7, 168, [])',
      'selinux  (secmark, netlabel)',
    ],
  ],
  [
    'the other way round',
    REVERSED,
    [
      `b'apparmor\\x00three\\x00smack\\x00Web\\x00selinux\\x00${CONTEXT}\\x00'`,
      `(3, 168, [(104, b'three (complain)'), (102, b'Web\\x00'), (101, b'${CONTEXT}\\x00')])`,
      '(-2, 4096, [])',
      "(1, 32, [(101, b'')])",
      '(-7, 168, [])',
      'apparmor  (secmark)',
      'smack  (netlabel)',
    ],
  ],
])('compound labels, system calls and claims follow the stack: %s', async (_which, lsm, expected) => {
  const session = `load_policy
printf Web > /proc/self/attr/smack/current
printf selinux > /proc/self/attr/display # runcon writes plain files
printf 'profile three flags=(complain) { /** rix, capability, }\\n' | apparmor_parser -r
aa-exec -p three -- runcon ${CONTEXT} python3 -c "$LABELS"
node $PROGRAM tree | sed -n 's/.. \\(.* (.*\\(secmark\\|netlabel\\).*\\)/\\1/p'`;
  const result = await lsmfs(['run', `--lsm=${lsm}`, '--', 'bash', '-c', session], { env: { LABELS, PROGRAM } });
  expect(result.stderr).toBe('');
  expect(result.stdout.trim().split('\n')).toEqual(expected);
  expect(result.leftovers).toSatisfy(isClean);
});
