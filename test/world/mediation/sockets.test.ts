/** What processes of a world do to sockets, as SELinux decides it. */
import { expect, it } from 'vitest';
import { session } from './task-session.ts';

it('sockets are made, bound, connected and used as the policy allows it', async () => {
  const lines = await session(
    `
import fcntl
libc.unshare(0x40000000) # CLONE_NEWNET: every port is free there
fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x41)) # SIOCSIFFLAGS: IFF_UP | IFF_RUNNING
of_kernel = socket.socket(); become('db_t')
mine = socket.socket(); theirs = socket.socket(socket.AF_UNIX); become('admin_t'); enforce(1); become('web_t')
print(tried(socket.socket, socket.AF_INET, socket.SOCK_DGRAM), tried(socket.socketpair)[0].type.name, tried(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, 0))
own = socket.socket()
print(tried(own.bind, ('127.0.0.1', 18081)), tried(own.bind, ('127.0.0.1', 18080)), tried(own.listen), own.getsockname()[1])
other = socket.socket()
print(tried(other.connect, ('127.0.0.1', 18081)), tried(other.connect, ('127.0.0.1', 18080)), other.getpeername()[1])
print(tried(own.accept)[1][0], tried(mine.listen), tried(mine.getsockopt, socket.SOL_SOCKET, socket.SO_TYPE), tried(theirs.shutdown, 2))
print(tried(mine.setsockopt, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), tried(mine.getsockname), tried(mine.bind, ('127.0.0.1', 0)), tried(mine.connect, ('127.0.0.1', 18080)), tried(of_kernel.getsockname)[1], flush=True)
os._exit(0) # Python looks at sockets that it forgets`,
    'sockets',
  );
  expect(lines).toEqual([
    'EACCES SOCK_STREAM EACCES',
    'EACCES None None 18080',
    'EACCES None 18080',
    '127.0.0.1 EACCES EACCES EACCES',
    'EACCES EACCES EACCES EACCES 0',
    '{ create } web_t udp_socket',
    '{ create } web_t netlink_route_socket',
    '{ name_bind } port_t tcp_socket',
    '{ name_connect } port_t tcp_socket',
    '{ listen } db_t tcp_socket',
    '{ getopt } db_t tcp_socket',
    '{ shutdown } db_t unix_stream_socket',
    '{ setopt } db_t tcp_socket',
    '{ getattr } db_t tcp_socket',
    '{ bind } db_t tcp_socket',
    '{ connect } db_t tcp_socket',
  ]);
});

it('a socket is looked at and changed by the label of its maker', async () => {
  const lines = await session(
    `
become('db_t'); mine = socket.socket(); become('admin_t'); enforce(1); become('web_t'); own = socket.socket()
print(*[tried(lambda: f(s.fileno()) and 0) for s in (mine, own) for f in (os.fstat, lambda fd: os.fchmod(fd, 0o600), lambda fd: os.getxattr(fd, 'security.selinux'))], flush=True)
os._exit(0)`,
    'files,stat',
  );
  const denied = (permission: string): string => `{ ${permission} } db_t tcp_socket`;
  expect(lines).toEqual(['EACCES EACCES EACCES 0 None 0', denied('getattr'), denied('setattr'), denied('getattr')]);
});

it('and so it is by its name in /proc/PID/fd', async () => {
  const lines = await session(
    `
become('db_t'); mine = socket.socket(); become('admin_t'); enforce(1); become('web_t'); own = socket.socket()
names = ['/proc/%s/fd/%d' % (who, s.fileno()) for who in ('self', os.getpid()) for s in (mine, own)]
print(*[tried(lambda: f(name) and 0) for name in names for f in (lambda name: os.access(name, os.W_OK), os.stat)], flush=True)
os._exit(0)`,
    'files,stat',
  );
  const denied = (permission: string): string => `{ ${permission} } db_t tcp_socket`;
  const [write, getattr] = [denied('write'), denied('getattr')];
  expect(lines).toEqual(['False EACCES 0 0 False EACCES 0 0', write, getattr, write, getattr]);
});

it('what sockets send and receive is asked about by each call', async () => {
  const program = `
become('db_t'); a, b = socket.socketpair(); become('admin_t'); b.send(b'x'); a.send(b'x'); enforce(1); become('web_t'); c, d = socket.socketpair()
one = [tried(a.send, b'1'), tried(a.sendmsg, [b'1']), tried(a.recv, 9), tried(a.recvmsg, 9), tried(c.send, b'2'), tried(d.recv, 9)]
two = [tried(os.write, a.fileno(), b'1'), tried(os.read, b.fileno(), 9), tried(os.write, c.fileno(), b'3'), tried(os.read, d.fileno(), 9)]
become('admin_t') # whose the standard output is
print(*one); print(*two, flush=True)
os._exit(0)`;
  const denied = (permission: string): string => `{ ${permission} } db_t unix_stream_socket`;
  expect(await session(program, 'messages,content')).toEqual([
    "EACCES EACCES EACCES EACCES 1 b'2'",
    "EACCES EACCES 1 b'3'",
    ...['write', 'write', 'read', 'read', 'write', 'read'].map(denied),
  ]);
  const less = await session(program, 'messages');
  expect(less[1]).toBe("1 b'x1' 1 b'3'");
});

/** `server(TYPE, ADDRESS)`: a process that has bound a socket there. */
const SERVER = `
def server(name, address, kind=socket.SOCK_STREAM):
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(name)
        listener = socket.socket(socket.AF_UNIX, kind); listener.bind(address)
        if kind == socket.SOCK_STREAM: listener.listen()
        os.write(tell, b'x')
        signal.pause()
    os.read(ready, 1)
    return pid
def connected(address, kind=socket.SOCK_STREAM): return tried(socket.socket(socket.AF_UNIX, kind).connect, address)
folder = tempfile.mkdtemp()
`;

/** What a program with such servers, its list `servers`, prints, and the records of whom it may not connect to. */
const connecting = async (program: string): Promise<string[]> =>
  await session(`${SERVER}${program}\nend(*servers); shutil.rmtree(folder)\n`, 'sockets');
const REFUSED = '{ connectto } db_t unix_stream_socket';

it('connecting to a UNIX socket is asked about by the label of who listens', async () => {
  const lines = await connecting(`
names = [folder + '/socket', '\\0lsmfs-%d' % os.getpid(), folder + '/own']
servers = [server(name, address) for name, address in zip(('db_t', 'db_t', 'web_t'), names)]
enforce(1); become('web_t')
print(*[connected(address) for address in (*names, folder + '/none')])
listening = socket.socket(socket.AF_UNIX); listening.bind(folder + '/listening'); listening.listen()
used = socket.socket(socket.AF_UNIX); used.connect(names[2])
print(*[tried(one.connect, names[0]) for one in (listening, used, socket.socketpair()[0])])`);
  // A socket that listens or has a peer is refused by the kernel itself, before the modules are asked.
  expect(lines).toEqual(['EACCES EACCES None ENOENT', 'EINVAL EISCONN EISCONN', REFUSED, REFUSED]);
});

it('a path names the socket of its file: by a link, a relative path, and after the name was bound again', async () => {
  const lines = await connecting(`
os.chdir(folder)
servers = [server('db_t', 'socket')]
os.symlink(folder, folder + '/link')
os.rename('socket', 'old')
servers += [server('web_t', folder + '/socket'), server('db_t', 'datagrams', socket.SOCK_DGRAM), server('db_t', '\\0twice-%d' % os.getpid())]
servers += [server('web_t', '\\0twice-%d' % os.getpid(), socket.SOCK_DGRAM)]
enforce(1); become('web_t')
print(connected('old'), connected(folder + '/link/old'), connected('socket'), connected(folder + '/link/socket'))
print(connected('\\0twice-%d' % os.getpid()), connected('\\0twice-%d' % os.getpid(), socket.SOCK_DGRAM), connected('datagrams'))`);
  expect(lines).toEqual(['EACCES EACCES None None', 'EACCES None EPROTOTYPE', REFUSED, REFUSED, REFUSED]);
});
