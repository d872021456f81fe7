/** What processes of a world do to others and to sockets, as the modules decide it. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, worldName } from './program.ts';

const POLICY = path.resolve('test/data/policies/mediation-tasks.33');

/** What a Python program prints whose `become(TYPE)` changes its label, and `tried(FUNCTION, ...)` names the errno or the result. */
const PREAMBLE = `
import ctypes, errno, os, resource, shutil, signal, socket, struct, sys, tempfile, time
libc = ctypes.CDLL(None, use_errno=True)
def become(name):
    with open('/proc/thread-self/attr/current', 'w') as file: file.write('u:r:%s:s0' % name)
def tried(function, *args):
    try: return function(*args)
    except OSError as error: return errno.errorcode[error.errno]
def called(function, *args):
    result = function(*args)
    return result if result != -1 else errno.errorcode[ctypes.get_errno()]
def child(name, uid=0):
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        for number in (signal.SIGTERM, signal.SIGUSR1): signal.signal(number, signal.SIG_IGN)
        if uid: os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
        become(name)
        os.write(tell, b'x')
        signal.pause()
    os.read(ready, 1)
    return pid
def end(*pids):
    become('admin_t')
    for pid in pids: os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0)
def enforce(value):
    with open('/sys/fs/selinux/enforce', 'w') as file: file.write(str(value))
`;

/**
 * @param family what is mediated. @returns lines that the program prints; and then AVC records as \`{ PERMISSIONS }
 * OBJECT-TYPE CLASS\`.
 */
async function session(program: string, family = 'tasks'): Promise<string[]> {
  const world = worldName('tasks');
  const inside = `cat ${POLICY} > /sys/fs/selinux/load; python3 -c "$PROGRAM"
$LSMFS log $WORLD | grep -a type=AVC | sed -E 's/.*denied  (.*) for .*tcontext=u:(object_)?r:(.*):s0 tclass=([a-z_]+) permissive=(.)/\\1 \\3 \\4/'`;
  const result = await script(
    `WORLD=${world} $LSMFS run --name=${world} --policy=none --file-contexts=none --mediate=${family} -- bash -c "$INSIDE"`,
    { env: { INSIDE: inside, PROGRAM: PREAMBLE + program, LC_ALL: 'C', WORLD: world } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

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

it('scheduling, sessions, limits and capabilities of others are looked at and changed as the policy allows it', async () => {
  const lines = await session(`
other = child('db_t'); enforce(1); become('web_t')
header = struct.pack('<Ii', 0x20080522, other); data = ctypes.create_string_buffer(24)
print(tried(os.getpgid, other), tried(os.getsid, other), tried(os.sched_getscheduler, other), tried(os.sched_getaffinity, other))
print(tried(os.sched_setscheduler, other, os.SCHED_BATCH, os.sched_param(0)), tried(os.setpriority, os.PRIO_PROCESS, other, 5))
print(tried(resource.prlimit, other, resource.RLIMIT_CORE), tried(resource.prlimit, other, resource.RLIMIT_CORE, (0, 0)))
print(called(libc.capget, header, data), tried(os.getpgid, os.getpid()) == os.getpgrp(), tried(os.setpriority, os.PRIO_PROCESS, 0, 1))
print(tried(os.getpriority, os.PRIO_PROCESS, other), tried(os.sched_getaffinity, 2**22 + 1), tried(os.setpgid, other, -1))
end(other)`);
  expect(lines).toEqual([
    'EACCES EACCES EACCES EACCES',
    'EACCES EACCES',
    'EACCES EACCES',
    'EACCES True None',
    '0 ESRCH EINVAL',
    '{ getpgid } db_t process',
    '{ getsession } db_t process',
    '{ getsched } db_t process',
    '{ getsched } db_t process',
    '{ setsched } db_t process',
    '{ setsched } db_t process',
    '{ getrlimit } db_t process',
    '{ setrlimit getrlimit } db_t process',
    '{ getcap } db_t process',
  ]);
});

it('what the kernel refuses by itself is not asked about', async () => {
  const lines = await session(`
other = child('db_t'); enforce(1); sys.stdout.flush(); user = os.fork()
if user == 0:
    become('web_t'); os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000)
    print(tried(os.kill, other, 15), tried(os.setpriority, os.PRIO_PROCESS, other, 5), tried(resource.prlimit, other, resource.RLIMIT_CORE))
    print(tried(os.sched_setaffinity, other, [0]), tried(os.nice, -5), tried(os.setpgid, other, 0))
    print(tried(os.getpgid, other), flush=True)
    os._exit(0)
os.waitpid(user, 0)
end(other)`);
  expect(lines).toEqual(['EPERM EPERM EPERM', 'EPERM EPERM ESRCH', 'EACCES', '{ getpgid } db_t process']);
});

it('sockets are made, bound, connected and used as the policy allows it', async () => {
  const lines = await session(
    `
import fcntl
libc.unshare(0x40000000) # CLONE_NEWNET: every port is free there
fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x41)) # SIOCSIFFLAGS: IFF_UP | IFF_RUNNING
mine = socket.socket(); theirs = socket.socket(socket.AF_UNIX); enforce(1); become('web_t')
print(tried(socket.socket, socket.AF_INET, socket.SOCK_DGRAM), tried(socket.socketpair)[0].type.name, tried(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, 0))
own = socket.socket()
print(tried(own.bind, ('127.0.0.1', 18081)), tried(own.bind, ('127.0.0.1', 18080)), tried(own.listen), own.getsockname()[1])
other = socket.socket()
print(tried(other.connect, ('127.0.0.1', 18081)), tried(other.connect, ('127.0.0.1', 18080)), other.getpeername()[1])
print(tried(own.accept)[1][0], tried(mine.listen), tried(mine.getsockopt, socket.SOL_SOCKET, socket.SO_TYPE), tried(theirs.shutdown, 2))
print(tried(mine.setsockopt, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), tried(mine.getsockname), tried(mine.bind, ('127.0.0.1', 0)), tried(mine.connect, ('127.0.0.1', 18080)), flush=True)
os._exit(0) # Python looks at sockets that it forgets`,
    'sockets',
  );
  expect(lines).toEqual([
    'EACCES SOCK_STREAM EACCES',
    'EACCES None None 18080',
    'EACCES None 18080',
    '127.0.0.1 EACCES EACCES EACCES',
    'EACCES EACCES EACCES EACCES',
    '{ create } web_t udp_socket',
    '{ create } web_t netlink_route_socket',
    '{ name_bind } port_t tcp_socket',
    '{ name_connect } port_t tcp_socket',
    '{ listen } admin_t tcp_socket',
    '{ getopt } admin_t tcp_socket',
    '{ shutdown } admin_t unix_stream_socket',
    '{ setopt } admin_t tcp_socket',
    '{ getattr } admin_t tcp_socket',
    '{ bind } admin_t tcp_socket',
    '{ connect } admin_t tcp_socket',
  ]);
});

it('a socket is looked at and changed by the label of its maker', async () => {
  const lines = await session(
    `
mine = socket.socket(); enforce(1); become('web_t'); own = socket.socket()
print(*[tried(lambda: f(s.fileno()) and 0) for s in (mine, own) for f in (os.fstat, lambda fd: os.fchmod(fd, 0o600), lambda fd: os.getxattr(fd, 'security.selinux'))], flush=True)
os._exit(0)`,
    'files,stat',
  );
  const denied = (permission: string): string => `{ ${permission} } admin_t tcp_socket`;
  expect(lines).toEqual(['EACCES EACCES EACCES 0 None 0', denied('getattr'), denied('setattr'), denied('getattr')]);
});

it('what sockets send and receive is asked about by each call', async () => {
  const program = `
a, b = socket.socketpair(); b.send(b'x'); a.send(b'x'); enforce(1); become('web_t'); c, d = socket.socketpair()
one = [tried(a.send, b'1'), tried(a.sendmsg, [b'1']), tried(a.recv, 9), tried(a.recvmsg, 9), tried(c.send, b'2'), tried(d.recv, 9)]
two = [tried(os.write, a.fileno(), b'1'), tried(os.read, b.fileno(), 9), tried(os.write, c.fileno(), b'3'), tried(os.read, d.fileno(), 9)]
become('admin_t') # whose the standard output is
print(*one); print(*two, flush=True)
os._exit(0)`;
  const denied = (permission: string): string => `{ ${permission} } admin_t unix_stream_socket`;
  expect(await session(program, 'messages,content')).toEqual([
    "EACCES EACCES EACCES EACCES 1 b'2'",
    "EACCES EACCES 1 b'3'",
    ...['write', 'write', 'read', 'read', 'write', 'read'].map(denied),
  ]);
  const less = await session(program, 'messages');
  expect(less[1]).toBe("1 b'x1' 1 b'3'");
});

it('System V IPC is made and used as the policy allows it, and has the label of its maker', async () => {
  const lines = await session(
    `
IPC_CREAT, IPC_EXCL, NOWAIT, RMID, SET, STAT = 0o1000, 0o2000, 0o4000, 0, 1, 2
libc.shmat.restype = ctypes.c_void_p
libc.unshare(0x08000000) # CLONE_NEWIPC: every key is free there
buffer = ctypes.create_string_buffer(512); message = struct.pack('=q4s', 1, b'data')
def attach(id, flags=0):
    address = libc.shmat(id, None, flags)
    return errno.errorcode[ctypes.get_errno()] if address == 2**64 - 1 else 'ok'
key = 0x5eed
become('db_t'); theirs = [libc.shmget(key, 4096, IPC_CREAT | 0o666), libc.msgget(key, IPC_CREAT | 0o666), libc.semget(key, 2, IPC_CREAT | 0o666)]
private = [libc.shmget(0, 4096, 0o600), libc.msgget(0, 0o600), libc.semget(0, 1, 0o600)]
become('admin_t'); admins = libc.shmget(key + 1, 4096, IPC_CREAT | 0o666)
enforce(1); become('web_t')
print(called(libc.shmget, key, 0, 0), called(libc.msgget, key, 0o600), called(libc.semget, key, 0, 0o400))
print(called(libc.shmget, key, 0, IPC_CREAT | IPC_EXCL), called(libc.shmget, key, 8192, 0), called(libc.semget, key, 3, 0), called(libc.msgget, key + 7, 0), called(libc.shmget, 0, 0, 0o600))
print(attach(theirs[0]), called(libc.msgsnd, theirs[1], message, ctypes.c_size_t(4), NOWAIT), called(libc.semop, theirs[2], struct.pack('=Hhh', 1, 1, 0), ctypes.c_size_t(1)))
print(called(libc.msgsnd, theirs[1], struct.pack('=q4s', 0, b'data'), ctypes.c_size_t(4), NOWAIT), called(libc.semop, theirs[2], struct.pack('=Hhh', 2, 1, 0), ctypes.c_size_t(1)), attach(1 << 20))
print(*[called(libc.shmctl, id, STAT, buffer) for id in (theirs[0], private[0], admins)], called(libc.semctl, private[2], 0, 11, buffer), called(libc.msgctl, private[1], RMID, None))
print(attach(admins, 0o10000), attach(admins))
own = [libc.shmget(key + 2, 4096, IPC_CREAT | 0o600), libc.msgget(0, 0o600), libc.semget(0, 1, 0o600)]
print(attach(own[0]), called(libc.msgsnd, own[1], message, ctypes.c_size_t(4), NOWAIT), called(libc.msgrcv, own[1], buffer, ctypes.c_size_t(16), ctypes.c_long(0), NOWAIT), called(libc.semctl, own[2], 0, 16, ctypes.c_long(3)), called(libc.semctl, own[2], 0, 12, None))
print(called(libc.msgrcv, own[1], buffer, ctypes.c_size_t(16), ctypes.c_long(0), NOWAIT), *[called(control, id, *given) for control, id, given in ((libc.shmctl, own[0], (RMID, None)), (libc.msgctl, own[1], (RMID, None)), (libc.semctl, own[2], (0, RMID)))])
sys.stdout.flush(); user = os.fork()
if user == 0:
    os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000)
    print(called(libc.shmctl, private[0], STAT, buffer), called(libc.shmctl, theirs[0], RMID, None), called(libc.shmctl, theirs[0], STAT, buffer), flush=True)
    os._exit(0)
os.waitpid(user, 0)
become('careless_t'); print(called(libc.msgsnd, theirs[1], message, ctypes.c_size_t(4), NOWAIT), called(libc.msgrcv, theirs[1], buffer, ctypes.c_size_t(16), ctypes.c_long(0), NOWAIT))
become('admin_t')`,
    'ipc',
  );
  expect(lines).toEqual([
    'EACCES EACCES EACCES',
    'EEXIST EINVAL EINVAL ENOENT EINVAL',
    'EACCES EACCES EACCES',
    'EINVAL EFBIG EINVAL',
    'EACCES EACCES 0 EACCES EACCES',
    'ok EACCES',
    'ok 0 4 0 3',
    'ENOMSG 0 0 0',
    'EACCES EPERM EACCES',
    '0 4',
    '{ associate } db_t shm',
    '{ unix_read unix_write } db_t msgq',
    '{ unix_read } db_t sem',
    '{ unix_read unix_write } db_t shm',
    '{ unix_write } db_t msgq',
    '{ unix_write } db_t sem',
    '{ unix_read } db_t shm',
    '{ unix_read } db_t shm',
    '{ unix_read } db_t sem',
    '{ destroy } db_t msgq',
    '{ unix_write } admin_t shm',
    '{ unix_read } db_t shm',
    '{ unix_write } db_t msgq',
    '{ write } db_t msgq',
    '{ send } db_t msg',
    '{ unix_read } db_t msgq',
    '{ read } db_t msgq',
    '{ receive } db_t msg',
  ]);
});

it('AppArmor asks the rules of both sides about a signal', async () => {
  const world = worldName('signals');
  const profiles = `profile sender { signal send set=(hup, exists) peer=quiet, file, capability, }
profile quiet { signal receive set=(hup) peer=sender, signal receive set=(kill term) peer=unconfined, file, capability, }`;
  const program = `
import errno, os, signal
def become(name):
    with open('/proc/thread-self/attr/apparmor/current', 'w') as file: file.write('changeprofile ' + name)
def tried(number):
    try: return os.kill(pid, number)
    except OSError as error: return errno.errorcode[error.errno]
ready, tell = os.pipe()
pid = os.fork()
if pid == 0:
    for number in (signal.SIGHUP, signal.SIGUSR1): signal.signal(number, signal.SIG_IGN)
    become('quiet'); os.write(tell, b'x'); signal.pause()
os.read(ready, 1)
sender = os.fork()
if sender == 0:
    become('sender')
    print(*[tried(number) for number in (signal.SIGHUP, 0, signal.SIGUSR1, 40)], flush=True)
    os._exit(0)
os.waitpid(sender, 0)
os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0)`;
  const inside = `echo "$PROFILES" | apparmor_parser -qKr; python3 -c "$PROGRAM"
$LSMFS log $WORLD | grep -a 'operation="signal"' | sed -E 's/.*(apparmor="DENIED")/\\1/; s/ pid=[0-9]+ comm="python3"//'`;
  const result = await script(
    `WORLD=${world} $LSMFS run --lsm=apparmor --name=${world} --mediate=tasks -- bash -c "$INSIDE"`,
    { env: { INSIDE: inside, PROGRAM: program, PROFILES: profiles, LC_ALL: 'C', WORLD: world } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  const denied = (profile: string, word: string, name: string, peer: string) =>
    `apparmor="DENIED" operation="signal" class="signal" profile="${profile}" requested_mask="${word}" denied_mask="${word}" signal=${name} peer="${peer}"`;
  expect(result.stdout.trim().split('\n')).toEqual([
    'None EACCES EACCES EACCES',
    denied('quiet', 'receive', 'exists', 'sender'),
    denied('sender', 'send', 'usr1', 'quiet'),
    denied('quiet', 'receive', 'usr1', 'sender'),
    denied('sender', 'send', 'rtmin+8', 'quiet'),
    denied('quiet', 'receive', 'rtmin+8', 'sender'),
  ]);
});

it('connecting to a UNIX socket is asked about by the label of who listens', async () => {
  const lines = await session(
    `
def server(name, address):
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(name)
        listener = socket.socket(socket.AF_UNIX); listener.bind(address); listener.listen()
        os.write(tell, b'x')
        signal.pause()
    os.read(ready, 1)
    return pid
folder = tempfile.mkdtemp()
names = [folder + '/socket', '\\0lsmfs-%d' % os.getpid(), folder + '/own']
servers = [server(name, address) for name, address in zip(('db_t', 'db_t', 'web_t'), names)]
enforce(1); become('web_t')
print(*[tried(socket.socket(socket.AF_UNIX).connect, address) for address in (*names, folder + '/none')])
end(*servers); shutil.rmtree(folder)
`,
    'sockets',
  );
  expect(lines).toEqual([
    'EACCES EACCES None ENOENT',
    '{ connectto } db_t unix_stream_socket',
    '{ connectto } db_t unix_stream_socket',
  ]);
});
