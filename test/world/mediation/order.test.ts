/**
 * What the kernel decides by itself before it asks, and which questions take the place of others: found by random calls beside a kernel
 * (test/differential/mediation-selinux.ts).
 */
import { expect, it } from 'vitest';
import { session } from './file-session.ts';
import { capability, refusals } from './refusals.ts';

it('no directory is made by open(2)', async () => {
  const lines = await refusals(`
os.mkdir('d'); os.setxattr('d', 'security.selinux', b'u:object_r:closed_t:s0'); become('web_t')
print(*[tried(os.open, 'd/new', os.O_CREAT | flags) for flags in (os.O_DIRECTORY, 0)])`);
  expect(lines).toEqual(['EINVAL EACCES', '{ write } name="d" dev="tmpfs" closed_t dir']);
});

it('nothing is made in procfs: open(2) asks about that, and fails as its look-up does', async () => {
  const lines = await refusals(`become('web_t'); print(tried(os.open, '/proc/new', os.O_CREAT | os.O_RDWR))`);
  expect(lines).toEqual(['ENOENT', capability('dac_override', 1)]);
});

it('a file of others gets no second name but by its permissions or as its owner', async () => {
  const lines = await refusals(`
made('theirs', 0o600); made('all', 0o666); made('own', 0o600, 0)
made('shut', 0o600); os.setxattr('shut', 'security.selinux', b'u:object_r:closed_t:s0')
become('web_t'); print(*[tried(os.link, name, 'second-' + name) for name in ('theirs', 'all', 'own', 'shut')])
become('owner_t'); print(tried(os.link, 'theirs', 'third'))`);
  expect(lines).toEqual([
    'EPERM None None EPERM',
    'None',
    capability('dac_override', 1),
    capability('fowner', 3),
    capability('dac_override', 1),
    capability('fowner', 3),
    capability('dac_override', 1, 'owner_t'),
  ]);
});

it('what is no directory is not found under a name with a slash, before the way to its new name counts', async () => {
  const lines = await refusals(`
made('f', 0o666); os.mkdir('d'); os.setxattr('d', 'security.selinux', b'u:object_r:closed_t:s0'); become('web_t')
print(*[tried(os.link, name, 'd/second') for name in ('f/', 'none', 'f')])`);
  expect(lines).toEqual(['ENOTDIR ENOENT EACCES', '{ write } name="d" dev="tmpfs" closed_t dir']);
});

it('a directory is not moved into itself, nor over one that holds it, whatever the policy says', async () => {
  const lines = await refusals(`
os.makedirs('d/in'); os.setxattr('d', 'security.selinux', b'u:object_r:closed_t:s0')
become('web_t'); print(tried(os.rename, 'd', 'd/in/x'), tried(os.rename, 'd/in', 'd'), tried(os.rename, 'd', 'e'))`);
  expect(lines).toEqual(['EINVAL ENOTEMPTY EACCES', '{ rename } name="d" dev="tmpfs" closed_t dir']);
});

it("what a descriptor is not open for, and a copy onto itself, is the kernel's own error", async () => {
  const lines = await refusals(`
with open('f', 'w') as file: file.write('0123456789')
os.setxattr('f', 'security.selinux', b'u:object_r:closed_t:s0'); made('plain', 0o600, 0)
read, both, plain = os.open('f', os.O_RDONLY), os.open('f', os.O_RDWR), os.open('plain', os.O_RDWR)
become('web_t')
print(tried(os.posix_fallocate, read, 0, 5), tried(os.posix_fallocate, both, -1, 5), tried(os.sendfile, read, plain, 0, 5))
print(tried(os.copy_file_range, both, both, 5, 0, 2), tried(os.copy_file_range, both, read, 5))
print(tried(os.copy_file_range, read, plain, 5))`);
  expect(lines).toEqual([
    'EBADF EINVAL EBADF',
    'EINVAL EBADF',
    'EACCES',
    expect.stringMatching(/^\{ read \} path=".*\/f" dev="tmpfs" closed_t file$/),
  ]);
});

it('what is open with access mode 3 is neither read nor written', async () => {
  const lines = await refusals(`
with open('f', 'w') as file: file.write('0123456789')
os.setxattr('f', 'security.selinux', b'u:object_r:closed_t:s0'); fd = os.open('f', 3); become('web_t')
print(tried(os.posix_fallocate, fd, 0, 5), tried(os.read, fd, 1), tried(os.write, fd, b'x'), tried(os.ftruncate, fd, 1))`);
  expect(lines).toEqual(['EBADF EBADF EBADF EINVAL']);
});

it('what splice(2) moves from or to a file is asked about, between pipes nothing', async () => {
  const lines = await refusals(`
with open('f', 'w') as file: file.write('0123456789')
os.setxattr('f', 'security.selinux', b'u:object_r:closed_t:s0'); made('plain', 0o600, 0)
read, both, plain = os.open('f', os.O_RDONLY), os.open('f', os.O_RDWR), os.open('plain', os.O_RDWR)
(out, into), (end, other) = os.pipe(), os.pipe()
become('web_t'); os.write(into, b'abcdef')
print(tried(os.splice, read, into, 2), tried(os.splice, out, both, 2), tried(os.splice, out, plain, 2), tried(os.splice, out, other, 2))
print(tried(os.splice, out, read, 2), tried(os.splice, read, plain, 2))`);
  expect(lines).toEqual([
    'EACCES EACCES 2 2',
    'EBADF EINVAL',
    ...['read', 'write'].map((what) => expect.stringMatching(`^{ ${what} } path=".*/f" dev="tmpfs" closed_t file$`)),
  ]);
});

it('the owner of a file, or who may act so, touches and labels it; who may write touches it, too', async () => {
  const lines = await refusals(`
made('writable', 0o666); made('theirs', 0o644)
def both():
    print(*[tried(os.utime, name) for name in ('writable', 'theirs')],
        tried(os.setxattr, 'theirs', 'security.selinux', b'u:object_r:disk_t:s0'))
become('web_t'); both(); become('owner_t'); both()`);
  expect(lines).toEqual([
    'None EACCES EPERM',
    'None None None',
    capability('fowner', 3),
    capability('fowner', 3),
    capability('dac_override', 1),
    capability('fowner', 3),
  ]);
});

it('names in a directory of others are made, moved and removed by a capability of the policy', async () => {
  const lines = await refusals(`
for name in ('theirs', 'theirs/d'): os.mkdir(name)
made('theirs/f', 0o666); made('mine', 0o666, 0); os.chown('theirs/d', 2000001000, 2000001000); os.chown('theirs', 2000001000, 2000001000); become('web_t')
new = os.O_CREAT | os.O_WRONLY
for act in (lambda: os.mkdir('theirs/n'),
    lambda: os.mknod('theirs/n', 0o10600), lambda: os.symlink('f', 'theirs/n'), lambda: os.open('theirs/n', new),
    lambda: os.open('theirs', os.O_TMPFILE | os.O_RDWR),
    lambda: os.unlink('theirs/f'), lambda: os.rmdir('theirs/d'), lambda: os.link('mine', 'theirs/n'),
    lambda: os.rename('theirs/f', 'n'), lambda: os.rename('mine', 'theirs/n')): print(tried(act), end=' ')
print(sorted(os.listdir('theirs')))`);
  expect(lines).toEqual([`${'EACCES '.repeat(10)}['d', 'f']`, ...Array(10).fill(capability('dac_override', 1))]);
});

it('a directory of others is not moved elsewhere without the capability to write to it', async () => {
  const lines = await refusals(`
os.makedirs('a/d'); os.mkdir('b'); os.chown('a/d', 2000001000, 2000001000); become('web_t')
print(tried(os.rename, 'a/d', 'b/d'), tried(os.rename, 'a/d', 'a/e'))`);
  expect(lines).toEqual(['EACCES None', capability('dac_override', 1)]);
});

it('a file that has lost its name is recorded by the name that it had', async () => {
  const lines = await refusals(`
fd = os.open('gone', os.O_CREAT | os.O_RDWR); os.setxattr(fd, 'security.selinux', b'u:object_r:closed_t:s0'); os.unlink('gone')
become('web_t'); print(tried(os.fchmod, fd, 0o600))`);
  expect(lines).toEqual(['EACCES', '{ setattr } name="gone" dev="tmpfs" closed_t file']);
});

it('a file without a name gets one only if the policy lets it, also by who may not search his own directory of descriptors', async () => {
  const lines = await refusals(`
os.mkdir('d'); os.chmod('d', 0o777)
def unnamed():
    fd = os.open('d', os.O_TMPFILE | os.O_RDWR, 0o600); os.setxattr(fd, 'security.selinux', b'u:object_r:closed_t:s0')
    return fd
def both(fd): print(called(libc.linkat, fd, b'', -100, b'd/e', 0x1000),
    called(libc.linkat, -100, b'/proc/self/fd/%d' % fd, -100, b'd/p', 0x400))
def user(): os.setresuid(2000001000, 2000001000, 2000001000); fd = unnamed(); become('web_t'); both(fd)
child(user); fd = unnamed(); allowed = unnamed(); become('web_t'); both(fd)
print(called(libc.linkat, fd, b'', -100, b'd/x', 0x1001), called(libc.linkat, fd, b'', -100, b'd/x', 0))
become('admin_t'); both(allowed)`);
  // The permission is asked for by the inode, which no directory has, and the link by the entry.
  const asked = [
    '{ read write } dev="tmpfs" closed_t file',
    expect.stringMatching(/^{ link } name="#\d+" dev="tmpfs" closed_t file$/),
  ];
  expect(lines).toEqual(['EACCES EACCES', 'EACCES EACCES', 'EINVAL ENOENT', 'ok ok', ...Array(4).fill(asked).flat()]);
});

it('a watch of F_NOTIFY is asked about as one of inotify is, ending it is not', async () => {
  const lines = await refusals(`
import fcntl
os.mkdir('d'); os.setxattr('d', 'security.selinux', b'u:object_r:closed_t:s0'); os.mkdir('open'); made('f', 0o644, 0)
closed, way, plain, file = [os.open(*opened) for opened in
    (('d', os.O_RDONLY), ('d', os.O_PATH), ('open', os.O_RDONLY), ('f', os.O_RDONLY))]
become('web_t')
print(*[tried(fcntl.fcntl, fd, fcntl.F_NOTIFY, events) for fd in (closed, way, plain, file)
    for events in (fcntl.DN_RENAME, fcntl.DN_ACCESS, 0)][:-1])`);
  expect(lines).toEqual([
    'EACCES EACCES 0 EBADF EBADF EBADF 0 0 0 ENOTDIR ENOTDIR',
    expect.stringMatching(/^\{ watch \} path=".*\/d" dev="tmpfs" closed_t dir$/),
    expect.stringMatching(/^\{ watch watch_reads \} path=".*\/d" dev="tmpfs" closed_t dir$/),
  ]);
});

it('a filesystem is watched by fanotify only with the capability, whoever made the group', async () => {
  const lines = await refusals(`
become('web_t'); group = libc.syscall(300, 0x200, 0) # fanotify_init(FAN_REPORT_FID)
print(*[called(libc.syscall, 301, group, 1 | of, ctypes.c_ulong(2), -100, path)
    for of, path in ((0, b'.'), (0x100, b'.'), (0x100, b'none'))])`);
  expect(lines).toEqual(['ok EPERM EPERM', ...Array(4).fill(capability('sys_admin', 21))]);
});

it('a process reaches its own descriptors whatever the policy says', async () => {
  const lines = await refusals(`
fd = os.open('.', os.O_PATH)
def other():
    permitted = held('CapPrm'); libc.prctl(8, 1, 0, 0, 0); os.setresuid(2000001000, 2000001000, 2000001000); caps(permitted, permitted)
    become('web_t'); print(os.stat('/proc/self/fd').st_uid, tried(os.readlink, '/proc/self/fd/%d' % fd) == os.getcwd())
child(other)`);
  expect(lines.slice(0, 1)).toEqual(['0 True']);
});

it('the parent is asked about whom it is to trace', async () => {
  const lines = await refusals(`
def traced(name):
    def act(): become(name); print(called(libc.ptrace, 0, 0, 0, 0))
    return act
become('web_t'); child(traced('db_t')); child(traced('web_t'))`);
  expect(lines).toEqual(['EACCES', 'ok', '{ ptrace } db_t process']);
});

it('who has a capability that the caller has not is rescheduled by CAP_SYS_NICE alone', async () => {
  const lines = await refusals(`
parent = os.getpid()
def weaker():
    permitted = held('CapPrm') & ~(1 << 19); caps(permitted, permitted); become('web_t')
    print(tried(os.setpriority, os.PRIO_PROCESS, parent, 5), tried(os.setpriority, os.PRIO_PROCESS, 0, 5))
child(weaker)`);
  expect(lines).toEqual(['EPERM None', capability('sys_nice', 23)]);
});

it('capset(2) is asked about in each of its versions', async () => {
  const lines = await refusals(`
become('web_t')
print(*[called(libc.capset, struct.pack('<Ii', version, 0), bytes(24)) for version in (0x19980330, 0x20071026, 0x20080522, 1)])`);
  expect(lines).toEqual(['EACCES EACCES EACCES EINVAL', ...Array(3).fill('{ setcap } web_t process')]);
});

it('who moves pages that others use, too, needs the capability for his own', async () => {
  const lines = await refusals(`
become('web_t'); move = {'x86_64': 279, 'aarch64': 239}[os.uname().machine]
print(*[called(libc.syscall, move, 0, 0, None, None, None, flags) for flags in (4, 2, 12)])`);
  expect(lines).toEqual(['EPERM ok EINVAL', capability('sys_nice', 23)]);
});

it('an access control list is an attribute of its file, asked about before who owns the file', async () => {
  const program = `
import errno, os, struct
entry = lambda tag, mode: struct.pack('<HHI', tag, mode, 0xffffffff)
value = struct.pack('<I', 2) + entry(1, 6) + entry(4, 4) + entry(32, 4)
def tried(function, *args):
    try: return function(*args)
    except OSError as error: return errno.errorcode[error.errno]
acl = 'system.posix_acl_access'
print(tried(os.getxattr, 'secret', acl), tried(os.setxattr, 'secret', acl, value), tried(os.removexattr, 'secret', acl))
print(tried(os.getxattr, 'page', acl), tried(os.setxattr, 'page', acl, value))
`;
  const lines = await session(
    `load mediation.33; touch page secret; label page_t page; label secret_t secret; enforce 1
     as web_t python3 -c '${program.replaceAll("'", "'\\''")}'; records`,
    '--mediate=files',
  );
  const denied = (permission: string) =>
    `avc:  denied  { ${permission} } for  comm="python3" name="secret" dev="tmpfs" secret_t file 0`;
  expect(lines).toEqual([
    'EACCES EACCES EACCES',
    'ENODATA None',
    denied('getattr'),
    denied('setattr'),
    denied('setattr'),
  ]);
});

it('an empty path with AT_EMPTY_PATH means the working directory, too', async () => {
  const lines = await refusals(`
os.mkdir('d'); os.setxattr('d', 'security.selinux', b'u:object_r:closed_t:s0'); os.chdir('d'); become('web_t')
print(called(libc.fchownat, -100, b'', 0, 0, 0x1000), called(libc.syscall, 439, -100, b'', 4, 0x1000)) # faccessat2`);
  // Of access(2) nothing is recorded: the class lacks `audit_access`.
  expect(lines).toEqual(['EACCES EACCES', '{ setattr } name="d" dev="tmpfs" closed_t dir']);
});

it('what renameat2(2) leaves as a whiteout is labelled as a new file', async () => {
  const lines = await refusals(`
os.mkdir('d'); os.setxattr('d', 'security.selinux', b'u:object_r:closed_t:s0'); made('d/moved', 0o600, 0)
print(called(libc.renameat2, -100, b'd/moved', -100, b'kept', 4), os.getxattr('d/moved', 'security.selinux').decode()[:-1])`);
  expect(lines).toEqual(['ok u:object_r:closed_t:s0']);
});

it('a file that open(2) makes where a link leads to nothing is labelled as a new file', async () => {
  const lines = await refusals(`
os.mkdir('d'); os.setxattr('d', 'security.selinux', b'u:object_r:closed_t:s0'); os.symlink('made', 'd/link'); os.symlink('d/link', 'away')
os.close(os.open('away', os.O_CREAT | os.O_WRONLY)); print(os.getxattr('d/made', 'security.selinux').decode()[:-1])`);
  expect(lines).toEqual(['u:object_r:closed_t:s0']);
});
