/** What processes of a world do to other processes, as SELinux decides it. */
import { expect, it } from 'vitest';
import { session } from './task-session.ts';

it('signals are sent as far as the policy allows it', async () => {
  const lines = await session(`
other = child('db_t'); own = child('web_t'); enforce(1); become('web_t')
print(*[tried(os.kill, pid, number) for pid in (other, own, os.getppid()) for number in (0, signal.SIGTERM)])
fd = os.pidfd_open(other)
print(tried(signal.pidfd_send_signal, fd, signal.SIGUSR1), tried(os.kill, 2**22 + 1, 0), tried(os.kill, other, 65))
print(called(libc.syscall, 234, own, other, 15), called(libc.syscall, 234, other, other, 15) if os.uname().machine == 'x86_64' else 'EACCES')
end(other, own)`);
  expect(lines).toEqual([
    'EACCES EACCES None None None EACCES',
    'EACCES ESRCH EINVAL',
    'ESRCH EACCES',
    '{ signull } db_t process',
    '{ signal } db_t process',
    '{ signal } admin_t process',
    '{ signal } db_t process',
    '{ signal } db_t process',
  ]);
});

it('a process group is refused a signal if nobody of it may get one', async () => {
  const lines = await session(`
other = child('db_t'); own = child('web_t'); os.setpgid(other, other); enforce(1); become('web_t')
print(tried(os.killpg, other, signal.SIGTERM))
become('admin_t'); os.setpgid(own, other); become('web_t')
print(tried(os.killpg, other, signal.SIGTERM))
end(other, own)`);
  expect(lines).toEqual(['EACCES', 'None', '{ signal } db_t process', '{ signal } db_t process']);
});

it("of a process group those get a signal who may, with the sender's number", async () => {
  const lines = await session(`
other = child('db_t'); told, tell = os.pipe(); own = os.fork()
if own == 0:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2]); become('web_t'); os.write(tell, b'x')
    info = signal.sigwaitinfo([signal.SIGUSR2]); os._exit(info.si_pid == os.getppid() and info.si_uid == 0)
os.read(told, 1)
for pid in (other, own): os.setpgid(pid, other)
enforce(1); become('web_t')
print(tried(os.killpg, other, signal.SIGUSR2), os.waitstatus_to_exitcode(os.waitpid(own, 0)[1]), os.waitpid(other, os.WNOHANG))
end(other)`);
  expect(lines).toEqual(['None 1 (0, 0)', '{ signal } db_t process']);
});

const EVERYBODY = (more: string) => `
USER = 54321
other, own, root = child('db_t', USER), child('web_t', USER), child('web_t')
enforce(1); ready, tell = os.pipe(); sender = os.fork()
if sender == 0:
    become('web_t'); os.setresgid(USER, USER, USER); os.setresuid(USER, USER, USER)${more}
    os.write(tell, str(tried(os.kill, -1, signal.SIGUSR2)).encode()); os._exit(0)
os.waitpid(sender, 0); own_end = os.waitstatus_to_exitcode(os.waitpid(own, 0)[1])
print(own_end == -signal.SIGUSR2, *[os.waitpid(pid, os.WNOHANG) for pid in (other, root)])
end(other, root)`;

it('of all processes those get a signal who may, and nobody of another user', async () => {
  const [line, ...records] = await session(EVERYBODY(''));
  expect(line).toBe('True (0, 0) (0, 0)');
  // Other tests may have processes in user namespaces of their own, about which the modules are asked, too.
  expect(records).toContain('{ signal } db_t process');
});

it('nor does anybody of another user by whoever has all capabilities in a user namespace of his own', async () => {
  const [line] = await session(EVERYBODY('; called(libc.unshare, 0x10000000)'));
  expect(line).toBe('True (0, 0) (0, 0)');
});

it('scheduling, sessions, limits and capabilities of others are looked at and changed as the policy allows it', async () => {
  const lines = await session(`
other = child('db_t'); enforce(1); become('web_t')
header = struct.pack('<Ii', 0x20080522, other); data = ctypes.create_string_buffer(24)
print(tried(os.getpgid, other), tried(os.getsid, other), tried(os.sched_getscheduler, other), tried(os.sched_getaffinity, other))
print(tried(os.sched_setscheduler, other, os.SCHED_BATCH, os.sched_param(0)), tried(os.setpriority, os.PRIO_PROCESS, other, 5))
print(tried(resource.prlimit, other, resource.RLIMIT_CORE), tried(resource.prlimit, other, resource.RLIMIT_CORE, (0, 0)))
print(called(libc.capget, header, data), tried(os.getpgid, os.getpid()) == os.getpgrp(), tried(os.setpriority, os.PRIO_PROCESS, 0, 1))
print(tried(os.getpriority, os.PRIO_PROCESS, other), tried(os.sched_getaffinity, 2**22 + 1), tried(os.setpgid, other, -1))
print(*[called(libc.capget, struct.pack('<Ii', version, other), data) for version in (0x19980330, 0x20071026, 1)])
end(other)`);
  expect(lines).toEqual([
    'EACCES EACCES EACCES EACCES',
    'EACCES EACCES',
    'EACCES EACCES',
    'EACCES True None',
    '0 ESRCH EINVAL',
    'EACCES EACCES EINVAL',
    '{ getpgid } db_t process',
    '{ getsession } db_t process',
    '{ getsched } db_t process',
    '{ getsched } db_t process',
    '{ setsched } db_t process',
    '{ setsched } db_t process',
    '{ getrlimit } db_t process',
    '{ setrlimit getrlimit } db_t process',
    ...Array(3).fill('{ getcap } db_t process'),
  ]);
});

it('priorities of a group or a user are set and looked at as far as the policy allows it', async () => {
  const lines = await session(`
other = child('db_t', 4242); own = child('web_t', 4242); lone = child('web_t', 4243)
for pid in (other, own): os.setpgid(pid, other)
os.setpgid(lone, lone); enforce(1); become('web_t'); of = {'x86_64': (251, 252), 'aarch64': (30, 31)}[os.uname().machine]
setio = lambda which, who, level: called(libc.syscall, of[0], which, who, 2 << 13 | level)
getio = lambda which, who: called(libc.syscall, of[1], which, who)
print(tried(os.setpriority, os.PRIO_PGRP, other, 7), tried(os.setpriority, os.PRIO_USER, 4242, 7), setio(2, other, 3), setio(3, 4242, 3))
print(*[os.getpriority(os.PRIO_PROCESS, pid) for pid in (other, own)], getio(1, own), getio(2, other))
print(setio(1, own, 5), getio(2, other) == getio(1, own), getio(3, 4242) == getio(1, own))
print(tried(os.setpriority, os.PRIO_PGRP, lone, 7), os.getpriority(os.PRIO_PROCESS, lone), tried(os.setpriority, os.PRIO_USER, 4243, 8))
print(os.getpriority(os.PRIO_PROCESS, lone), setio(3, 4243, 6), getio(3, 4243) & 7, tried(os.setpriority, os.PRIO_USER, 4244, 8))
end(other, own, lone)`);
  expect(lines).toEqual([
    'EACCES EACCES EACCES EACCES',
    '0 0 0 16388',
    '0 True True',
    'None 7 None',
    '8 0 6 ESRCH',
    ...Array(4).fill('{ setsched } db_t process'),
    ...Array(3).fill('{ getsched } db_t process'),
  ]);
});

it('what the kernel refuses by itself is not asked about', async () => {
  const lines = await session(`
other = child('db_t'); enforce(1); sys.stdout.flush(); user = os.fork()
if user == 0:
    become('web_t'); os.setresgid(2000001000, 2000001000, 2000001000); os.setresuid(2000001000, 2000001000, 2000001000)
    print(tried(os.kill, other, 15), tried(os.setpriority, os.PRIO_PROCESS, other, 5), tried(resource.prlimit, other, resource.RLIMIT_CORE))
    print(tried(os.sched_setaffinity, other, [0]), tried(os.nice, -5), tried(os.setpgid, other, 0))
    print(tried(os.getpgid, other), flush=True)
    os._exit(0)
os.waitpid(user, 0)
end(other)`);
  expect(lines).toEqual(['EPERM EPERM EPERM', 'EPERM EPERM ESRCH', 'EACCES', '{ getpgid } db_t process']);
});

it('who compares tasks, advises on their memory or moves it looks into them first', async () => {
  const lines = await session(`
other, same = child('db_t'), child('web_t'); fd = os.pidfd_open(other); enforce(1); become('web_t')
area = struct.pack('<QQ', 0, 4096); numbers = {'x86_64': (312, 279, 256), 'aarch64': (272, 239, 238)}[os.uname().machine]
kcmp, move, migrate = numbers; nodes = struct.pack('<Q', 1)
print(called(libc.syscall, kcmp, os.getpid(), other, 1, 0, 0), called(libc.syscall, kcmp, os.getpid(), os.getpid(), 1, 0, 0), called(libc.syscall, kcmp, 0, other, 1, 0, 0))
print(called(libc.syscall, move, other, 0, None, None, None, 2), called(libc.syscall, move, other, 0, None, None, None, 1))
print(called(libc.syscall, 440, fd, area, 1, 20, 0), called(libc.syscall, 440, fd, area, 1, 4, 0))
print(called(libc.syscall, migrate, other, 8, nodes, nodes))
print(called(libc.syscall, move, same, 0, None, None, None, 2), called(libc.syscall, kcmp, os.getpid(), same, 1, 0, 0) in (1, 2))
end(other, same)`);
  expect(lines).toEqual([
    'EPERM 0 ESRCH',
    'EPERM EINVAL',
    'EACCES EINVAL',
    'EPERM',
    '0 True',
    '{ read } db_t file',
    '{ read } db_t file',
    '{ read } db_t file',
    '{ read } db_t file',
  ]);
});
