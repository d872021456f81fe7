/** Calls that few programs make, or that are not about files, beside what a policy refuses. */
import { expect, it } from 'vitest';
import { capability, refusals } from './refusals.ts';

it('ids and namespaces of others are taken with the capability; setfsuid(2) fails by returning the id that stays', async () => {
  const lines = await refusals(`
names = os.open('/proc/self/ns/uts', os.O_RDONLY); become('web_t')
print(tried(os.setresuid, 0, 0, 0), tried(os.setresuid, 5, 5, 5), tried(os.setreuid, -1, 5), tried(os.setregid, 5, -1), tried(os.setresgid, -1, 0, -1))
print(libc.setfsuid(5), libc.setfsuid(-1), called(libc.setns, names, 0), called(libc.setns, names, 0x20000))`);
  const [setuid, setgid] = [capability('setuid', 7), capability('setgid', 6)];
  expect(lines).toEqual([
    'None EPERM EPERM EPERM None',
    '0 0 EPERM EINVAL',
    ...[setuid, setuid, setgid, setuid, capability('sys_admin', 21)],
  ]);
});

it('modules, events and filters of system calls are asked about beside the capabilities', async () => {
  const [finitModule, perfEventOpen, seccomp] = process.arch === 'x64' ? [313, 298, 317] : [273, 241, 277];
  const lines = await refusals(`
made('mod.ko', 0o600, 0); module = os.open('mod.ko', os.O_RDONLY); become('web_t')
attributes = struct.pack('<II', 1, 64) + bytes(56)
print(called(libc.syscall, ${finitModule}, module, b'', 0), called(libc.syscall, ${perfEventOpen}, attributes, 0, -1, -1, 0))
# BPF_RET | BPF_K of SECCOMP_RET_ALLOW
allow = ctypes.create_string_buffer(struct.pack('<HBBI', 6, 0, 0, 0x7fff0000)); program = struct.pack('<HxxxxxxQ', 1, ctypes.addressof(allow))
filtered = lambda: called(libc.syscall, ${seccomp}, 1, 0, program)
print(filtered(), libc.prctl(38, 1, 0, 0, 0), filtered())`);
  expect(lines).toEqual(['EPERM EACCES', 'EACCES 0 ok', capability('sys_module', 16), '{ open } web_t perf_event']);
});

it('extended attributes are asked about by the newest calls, too, and by descriptors', async () => {
  const lines = await refusals(`
made('theirs', 0o600, 0); theirs = os.open('theirs', os.O_RDONLY); os.setxattr('theirs', 'security.selinux', b'u:object_r:closed_t:s0'); become('web_t')
args = struct.pack('<QII', 0, 0, 0); calls = [(464, -100, b'theirs', 0, b'trusted.a', args, 16), (463, -100, b'theirs', 0, b'trusted.a', args, 16)]
calls += [(465, -100, b'theirs', 0, None, 0), (465, theirs, b'', 0x1000, None, 0), (465, theirs, None, 0x1000, None, 0)]
print(*[called(libc.syscall, *call) for call in calls])`);
  const isKnown = lines[0]?.includes('ENOSYS') === false; // since Linux 6.13
  const [denied, needed] = ['{ getattr } name="theirs" dev="tmpfs" closed_t file', capability('sys_admin', 21)];
  expect(lines).toEqual(
    isKnown
      ? ['ENODATA EPERM EACCES EACCES EACCES', needed, needed, denied, denied, denied]
      : ['ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS'],
  );
});
