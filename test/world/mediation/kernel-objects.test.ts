/** Objects of the kernel without a name that processes of a world make and use, as SELinux decides about them. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { session } from './task-session.ts';

/** Numbers of x86-64 and arm64. */
const CALLS = `
import mmap
x86 = os.uname().machine == 'x86_64'
UFFD, BPF = (323, 321) if x86 else (282, 280)
libc.syscall.restype = libc.mmap.restype = ctypes.c_long
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
def made(*arguments):
    result = libc.syscall(*arguments)
    return result if result != -1 else errno.errorcode[ctypes.get_errno()]
def kind(fd): return 'made' if isinstance(fd, int) else fd
def ring(flags=0):
    parameters = ctypes.create_string_buffer(120); struct.pack_into('<I', parameters, 8, flags)
    return made(425, 4, parameters)
def bpf(command, *words): return made(BPF, command, struct.pack('<%dI' % len(words), *words) + bytes(120 - 4 * len(words)), 120)
def mapped(fd, offset=0x10000000):
    result = libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_SHARED, fd, offset)
    return 'mapped' if result != -1 else errno.errorcode[ctypes.get_errno()]
def lowest():
    result = libc.mmap(0, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x10, -1, 0)
    return result if result != -1 else errno.errorcode[ctypes.get_errno()]
`;

it('what is made is asked about by its kind, and used by the label that its maker gave it', async () => {
  const lines = await session(
    `${CALLS}
old = ring(); enforce(1)
print(kind(old), kind(ring()), kind(bpf(0, 2, 4, 8, 16)), lowest())
become('web_t')
print(kind(ring()), kind(ring(2)), kind(bpf(0, 2, 4, 8, 16)), kind(bpf(5, 1, 2)), lowest())
faults = made(UFFD, 1)
print(kind(faults), tried(os.read, old, 1), mapped(old))
import fcntl
print(tried(fcntl.ioctl, faults, 0xc018aa3f, bytes(24)))
print(kind(os.eventfd(0)), tried(fcntl.ioctl, os.eventfd(0), 0x1234))
become('admin_t')
print(mapped(old))`,
    'capabilities,ioctl,memory',
  );
  expect(lines).toEqual([
    'made made made 0',
    'EACCES EACCES EACCES EACCES EACCES',
    'made EINVAL EACCES',
    'EACCES',
    'made ENOTTY',
    'mapped',
    '{ create } web_t anon_inode',
    '{ sqpoll } web_t io_uring',
    '{ map_create } web_t bpf',
    '{ prog_load } web_t bpf',
    '{ mmap_zero } web_t memprotect',
    '{ map } admin_t anon_inode',
    '{ ioctl } uffd_t anon_inode',
  ]);
});

it('userfaultfd(2) and its device make the same', async () => {
  const lines = await session(
    `${CALLS}
import fcntl
if not os.path.exists('/dev/userfaultfd'): print('no device'); raise SystemExit
device = os.open('/dev/userfaultfd', os.O_RDWR); enforce(1)
ask = lambda flags: kind(tried(fcntl.ioctl, device, 0xaa00, flags))
become('web_t'); print(kind(made(UFFD, 1)), ask(1), ask(8)); become('admin_t'); become('db_t'); print(kind(made(UFFD, 1)), ask(1), ask(8))`,
    'capabilities,ioctl',
  );
  const refused = '{ create } db_t anon_inode';
  expect(lines).toEqual(
    existsSync('/dev/userfaultfd') ? ['made made EINVAL', 'EACCES EACCES EINVAL', refused, refused] : ['no device', ''],
  );
});

it('a user without capabilities is asked, and told the label', async () => {
  const lines = await session(
    `${CALLS}
import fcntl
enforce(1); become('web_t'); os.setresgid(2000001000, 2000001000, 2000001000); os.setresuid(2000001000, 2000001000, 2000001000)
faults = made(UFFD, 1)
print(tried(fcntl.ioctl, faults, 0xc018aa3f, bytes(24)))
print(tried(os.getxattr, faults, 'security.selinux'), tried(os.getxattr, os.eventfd(0), 'security.selinux'))`,
    'capabilities,ioctl,files',
  );
  expect(lines).toEqual(['EACCES', "b'u:object_r:uffd_t:s0\\x00' ENOTSUP", '{ ioctl } uffd_t anon_inode']);
});
