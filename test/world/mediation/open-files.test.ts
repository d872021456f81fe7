/** What processes of a world do to files that are open, as SELinux decides it. */
import { expect, it } from 'vitest';
import { session } from './file-session.ts';

it('files are locked where the policy allows it, after what the kernel refuses by itself', async () => {
  const flock = `as web_t python3 -c '
import fcntl, os
def flock(name, flags, operation):
  try: fcntl.flock(os.open(name, flags), operation); print(name, operation, "locked")
  except OSError as error: print(name, operation, error.strerror)
for operation in 2, 1 | 4, 8, 3: flock("page", os.O_RDONLY, operation)
flock("page", os.O_PATH, 2)
'`;
  const lines = await session(
    `load mediation.33; touch page; label page_t page; enforce 1; as admin_t flock page echo locked; ${flock}; records`,
    '--mediate=files',
  );
  const record = expect.stringMatching(
    /^avc: {2}denied {2}\{ lock \} for {2}comm="python3" path="\/.*\/page" dev="tmpfs" page_t file 0$/,
  ) as unknown as string;
  expect(lines).toEqual([
    'locked',
    'page 2 Permission denied',
    'page 5 Permission denied',
    'page 8 Permission denied',
    'page 3 Invalid argument',
    'page 2 Bad file descriptor',
    record,
    record,
    record,
  ]);
});

it('ioctl(2), locks of fcntl(2) and mappings to be executed are asked about by descriptor', async () => {
  const client = `import ctypes, errno, fcntl, mmap, os
fd = os.open("page", os.O_RDWR)
def tried(name, call, *arguments):
    try: call(*arguments); print(name, "ok", flush=True)
    except OSError as error: print(name, errno.errorcode[error.errno], flush=True)
tried("FIGETBSZ", fcntl.ioctl, fd, 2, bytes(4))
tried("TCGETS", fcntl.ioctl, fd, 0x5401, bytes(64))
tried("F_SETLK", fcntl.lockf, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
tried("PROT_READ", mmap.mmap, fd, 4, mmap.MAP_PRIVATE, mmap.PROT_READ)
tried("PROT_EXEC", mmap.mmap, fd, 4, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
ctypes.CDLL(None).personality(0x400000)
tried("READ_IMPLIES_EXEC", mmap.mmap, fd, 4, mmap.MAP_PRIVATE, mmap.PROT_READ)`;
  const text = `load mediation.33; echo x > page; truncate -s 4096 page; label page_t page; enforce 1; as web_t python3 -c '${client}'; records`;
  const lines = await session(text, '--mediate=files,memory,ioctl');
  const record = (permission: string, more = '') =>
    `avc:  denied  { ${permission} } for  comm="python3" path="page" dev="tmpfs"${more} page_t file 0`;
  expect(lines.map((line) => line.replace(/path="[^"]*\//, 'path="'))).toEqual([
    'FIGETBSZ ok',
    'TCGETS EACCES',
    'F_SETLK EACCES',
    'PROT_READ ok',
    'PROT_EXEC EACCES',
    'READ_IMPLIES_EXEC EACCES',
    record('ioctl', ' ioctlcmd=0x5401'),
    record('lock'),
    record('execute'),
    record('execute'),
  ]);
  const less = await session(text, '--mediate=files');
  expect(less.slice(0, 5)).toEqual(['FIGETBSZ ok', 'TCGETS ENOTTY', 'F_SETLK EACCES', 'PROT_READ ok', 'PROT_EXEC ok']);
});

it('reading and writing an open file is asked about after its label or the policy changed', async () => {
  const client = `import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True); libc.mmap.restype = ctypes.c_void_p
open("/proc/self/attr/current", "w").write("u:r:web_t:s0")
fd = os.open("page", os.O_RDWR)
place = ctypes.c_void_p(libc.mmap(None, 4096, 1, 1, fd, 0))
def tried(call, *arguments):
    try: return call(*arguments)
    except OSError as e: return errno.errorcode[e.errno]
def writable(): return libc.mprotect(place, 4096, 3) and errno.errorcode[ctypes.get_errno()]
def use(): print(writable(), tried(os.pread, fd, 1, 0), tried(os.pwrite, fd, b"y", 0), tried(os.readv, fd, [bytearray(1)]), flush=True)
def relabel(type):
    print("ready", flush=True); input()
use(); relabel("secret_t"); use(); relabel("page_t"); use(); sys.stdin.read()`;
  const lines = await session(
    `load mediation.33; echo x > page; label page_t page; enforce 1
     coproc WEB { exec python3 -c '${client}'; }
     next() { read -r line <&\${WEB[0]}; echo $line; }
     next; next; label secret_t page; echo >&\${WEB[1]}; next; next; label page_t page; echo >&\${WEB[1]}; next
     exec {WEB[1]}>&-; wait; records`,
    '--mediate=content',
  );
  const record = (permission: string) =>
    `avc:  denied  { ${permission} } for  comm="python3" path="page" dev="tmpfs" secret_t file 0`;
  expect(lines.map((line) => line.replace(/path="[^"]*\//, 'path="'))).toEqual([
    "0 b'x' 1 1",
    'ready',
    'EACCES EACCES EACCES EACCES',
    'ready',
    "0 b'y' 1 1",
    ...['read write', 'read', 'write', 'read'].map(record),
  ]);
});
