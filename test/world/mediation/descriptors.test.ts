/** What becomes of descriptors that processes inherit, receive, or keep when their labels change, as SELinux decides it. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script, worldName } from '../program.ts';

const POLICY = path.resolve('test/conformance/scenarios/data/mediate.33');

/** `become(TYPE)` changes the label, `opened(TYPE)` opens a file with that label, `tried(...)` names the errno or the result. */
const PREAMBLE = `
import array, errno, os, shutil, socket, sys, tempfile
def write(path, text):
    with open(path, 'w') as file: file.write(text)
def become(name): write('/proc/thread-self/attr/current', 'm_u:m_r:%s:s0' % name)
def tried(function, *args):
    try: return function(*args)
    except OSError as error: return errno.errorcode[error.errno]
def opened(name, flags=os.O_RDWR):
    path = tempfile.mktemp(dir='.')
    write(path, 'content')
    os.setxattr(path, 'security.selinux', b'm_u:object_r:%s:s0' % name.encode())
    return os.open(path, flags)
def send(to, *fds): to.sendmsg([b'data'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))])
def receive(socket_, room=64):
    data, control, flags, _ = socket_.recvmsg(100, room)
    fds = array.array('i'); [fds.frombytes(part[:len(part) - len(part) % 4]) for _, _, part in control]
    return data, len(fds), bool(flags & socket.MSG_CTRUNC)
`;

/** Lines that the program prints; `records` is what it is refused, as \`PERMISSIONS CLASS\`. */
async function session(program: string): Promise<{ readonly lines: string[]; readonly records: string[] }> {
  const world = worldName('descriptors');
  const inside = `d=$(mktemp -d); mount -t tmpfs none $d; cd $d; cat ${POLICY} > /sys/fs/selinux/load; python3 -c "$PROGRAM"
echo 0 > /sys/fs/selinux/enforce; echo records; $LSMFS log $WORLD | sed -nE 's/.*denied  \\{ (.*) \\} for .*tclass=([a-z_]+) permissive=0/\\1 \\2/p'; cd /; umount $d; rmdir $d`;
  const result = await script(
    `WORLD=${world} $LSMFS run --name=${world} --policy=none --file-contexts=none --mediate=all -- bash -c "$INSIDE"`,
    { env: { INSIDE: inside, PROGRAM: PREAMBLE + program, LC_ALL: 'C', WORLD: world } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  const all = result.stdout.trim().split('\n');
  const end = all.indexOf('records');
  return { lines: all.slice(0, end), records: all.slice(end + 1) };
}

it('what a message brings is received up to the first file that the receiver may not have', async () => {
  const { lines, records } = await session(`
one, other = socket.socketpair()
may, not_ = opened('m_frw_t'), opened('m_f0_t')
for files in (may,), (not_,), (may, not_, may): send(one, *files)
one.sendall(b'plain')
write('/sys/fs/selinux/enforce', '1')
become('m_strict_t')
for message in range(4): print(receive(other), flush=True)
`);
  expect(lines).toEqual(["(b'data', 1, False)", "(b'data', 0, True)", "(b'data', 1, True)", "(b'plain', 0, False)"]);
  expect(records.filter((record) => record.endsWith(' file'))).toEqual(['read write file', 'read write file']);
});

it('looking at a message waits for nobody, and does not take it', async () => {
  const { lines } = await session(`
one, other = socket.socketpair()
other.setblocking(False)
print(tried(receive, other), flush=True)
other.setsockopt(socket.SOL_SOCKET, 42, 0) # SO_PEEK_OFF
send(one, 1)
print(other.recv(2, socket.MSG_PEEK), receive(other), flush=True)
print(tried(other.recvmsg, 1 << 20, 64), flush=True)
`);
  expect(lines).toEqual(['EAGAIN', "b'da' (b'data', 1, False)", 'EAGAIN']);
});

it('a program of another label has the null device for what it may not inherit', async () => {
  const { lines, records } = await session(`
shutil.copy('/usr/bin/readlink', 'program')
os.setxattr('program', 'security.selinux', b'm_u:object_r:m_fep_t:s0')
for fd, name in (20, 'm_fro_t'), (21, 'm_f0_t'): os.dup2(opened(name, os.O_RDONLY), fd)
os.dup2(20, 22)
write('/sys/fs/selinux/enforce', '1')
become('m_strict_t')
sys.stdout.flush()
if os.fork() == 0: os.execv('program', ['readlink', *['/proc/self/fd/%d' % fd for fd in (20, 21, 22)]])
os.wait()
`);
  expect(lines.map((line) => line.replace(/^\/.*\/tmp\S+$/, 'file'))).toEqual(['file', '/null', 'file']);
  expect(records).toContain('read file');
  expect(records).not.toContain('use fd');
});

it('what others have opened may not be used after a change of label', async () => {
  const { lines, records } = await session(`
become('m_all_t')
before = opened('m_frw_t')
write('/sys/fs/selinux/enforce', '1')
become('m_strict_t')
print(tried(os.read, before, 1))
`);
  expect(lines).toEqual(['EACCES']);
  expect(records).toEqual(['use fd']);
});
