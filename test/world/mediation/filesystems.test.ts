/** Filesystems themselves, as SELinux decides about them: who asks how full they are, and who mounts one. */
import { expect, it } from 'vitest';
import { session } from './file-session.ts';

it('are asked about as such by statfs(2) and by who mounts one', async () => {
  const lines = await session(
    `load mediation.33; mkdir m; enforce 1
     as web_t stat -f -c %T . > /dev/null || echo $?; as admin_t stat -f -c %T .
     as web_t mount -t tmpfs none m > /dev/null 2>&1 || echo $?; as admin_t mount -t tmpfs none m && umount m && echo mounted; records`,
    '--mediate=files,mounts',
  );
  const denied = (permission: string, comm: string) =>
    `avc:  denied  { ${permission} } for  comm="${comm}" name="/" dev="tmpfs" disk_t filesystem 0`;
  // mount(8) may try again.
  expect([...new Set(lines.filter((line) => !line.startsWith('stat: ')))]).toEqual([
    '1',
    'tmpfs',
    '32',
    'mounted',
    denied('getattr', 'stat'),
    denied('mount', 'mount'),
  ]);
});

it('what the kernel refuses by itself is left to it', async () => {
  const program = `
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def mounted(type): return errno.errorcode[ctypes.get_errno()] if libc.mount(None, b'm', type, 0, None) else 'mounted'
def created(): return errno.errorcode[ctypes.get_errno()] if libc.syscall(431, 0, 6, None, None, 0) else 'created'
print(mounted(b'nosuchfs'), created())
os.setresuid(2000001000, 2000001000, 2000001000)
print(mounted(b'tmpfs'))`;
  const lines = await session(
    `load mediation.33; chmod 755 .; mkdir m; echo ${Buffer.from(program).toString('base64')} | base64 -d > program; enforce 1
     as careless_t python3 program < /dev/null; records`,
    '--mediate=mounts',
  );
  expect(lines).toEqual([
    'ENODEV EINVAL',
    'EPERM',
    expect.stringMatching(/^avc: {2}denied {2}\{ mounton \} .* disk_t dir 1$/),
  ]);
});
