/** What processes of a world do to files, as Smack decides it. */
import { expect, it } from 'vitest';
import { session } from './file-session.ts';

it('Smack decides by the letters of its rules, for those who may not override it', async () => {
  const lines = await session(
    `printf 'Sub Ro r' > /sys/fs/smackfs/load2; for f in ro none; do echo $f > $f; done
     setfattr -n security.SMACK64 -v Ro ro; setfattr -n security.SMACK64 -v None none
     (echo Sub > /proc/self/attr/current; exec setpriv --bounding-set -mac_override --inh-caps -mac_override bash -c 'cat ro none; true >> ro')
     $LSMFS log $WORLD | grep -aoE 'fn=smack_[^ ]* .*object=.(Ro|None). requested=[^ ]*'`,
    '--lsm=smack',
    '--mediate=files',
  );
  expect(lines).toEqual([
    'ro',
    'cat: none: Permission denied',
    'bash: line 1: ro: Permission denied',
    'fn=smack_inode_permission action=denied subject="Sub" object="None" requested=r',
    'fn=smack_inode_permission action=denied subject="Sub" object="Ro" requested=wa',
  ]);
});

it('what CAP_MAC_OVERRIDE allowed is refused once it is given up, by capset(2) or for another user namespace', async () => {
  const client = `import ctypes, errno, os, struct
libc = ctypes.CDLL(None)
def look():
    try: os.close(os.open("none", os.O_RDONLY)); print("ok", flush=True)
    except OSError as e: print(errno.errorcode[e.errno], flush=True)
def give_up():
    header, sets = struct.pack("Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
    libc.capget(header, sets)
    effective, permitted, inheritable, *high = struct.unpack("6I", sets.raw)
    libc.capset(header, struct.pack("6I", effective, permitted, inheritable, high[0] & ~1, *high[1:]))
for change in give_up, lambda: libc.unshare(0x10000000):
    if os.fork() == 0: look(); look(); change(); look(); look(); os._exit(0)
    os.wait()`;
  for (const families of ['files', 'all']) {
    const lines = await session(
      `: > none; setfattr -n security.SMACK64 -v None none; (echo Sub > /proc/self/attr/current; exec python3 -c '${client}')`,
      '--lsm=smack',
      `--mediate=${families}`,
    );
    const each = ['ok', 'ok', 'EACCES', 'EACCES'];
    expect(lines).toEqual([...each, ...each]);
  }
});

it('POSIX message queues are files of their IPC namespace, by names that are no paths', async () => {
  const client = `import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
NR = {"x86_64": (240, 241), "aarch64": (180, 181)}[os.uname().machine]
def name(result): return errno.errorcode[ctypes.get_errno()] if result < 0 else "ok"
def opened(text, flags=os.O_RDWR): return name(libc.syscall(NR[0], text, flags, 0o600, None))
def removed(text): return name(libc.syscall(NR[1], text))
def label(text):
    with open("/proc/self/attr/current", "w") as file: file.write(text)
libc.unshare(0x08000000)
print(opened(b"there", os.O_RDWR | os.O_CREAT))
label("Sub")
print(opened(b"there"), opened(b"there", os.O_RDONLY), opened(b"there", 3), opened(b"there", os.O_RDWR | os.O_CREAT | os.O_EXCL))
print(opened(b"new", os.O_RDWR | os.O_CREAT), opened(b"new"), removed(b"new"), removed(b"there"))
print(opened(b"a/b"), opened(b".."), opened(b""), opened(b"n" * 256), opened(ctypes.c_void_p(8)), opened(b"n" * 5000), removed(ctypes.c_void_p(8)))
print(name(libc.syscall(NR[0], b"new", os.O_RDWR | os.O_CREAT, 0o600, ctypes.c_void_p(8))))
libc.unshare(0x08000000)
print(opened(b"there"), opened(b"there", os.O_RDWR | os.O_CREAT), flush=True)
if os.fork() == 0:
    os.setresuid(2000001000, 2000001000, 2000001000); print(opened(b"there"), opened(b"there", os.O_RDWR | os.O_CREAT), flush=True); os._exit(0)
os.wait()`;
  const lines = await session(
    `setpriv --bounding-set -mac_override --inh-caps -mac_override python3 -c '${client}'
     $LSMFS log $WORLD | grep -aoE 'fn=smack_[^ ]* .*object=[^ ]* requested=[^ ]*|name="[^ ]*" dev="mqueue"'`,
    '--lsm=smack',
    '--mediate=ipc',
  );
  const refused = (subject: string, requested: string, of: string): string[] => [
    `fn=smack_inode_permission action=denied subject="${subject}" object="_" requested=${requested}`,
    `name="${of}" dev="mqueue"`,
  ];
  expect(lines).toEqual([
    'ok',
    'EACCES ok EINVAL EEXIST',
    'EACCES ENOENT ENOENT EACCES',
    'EACCES EACCES ENOENT ENAMETOOLONG EFAULT ENAMETOOLONG EFAULT',
    'EFAULT',
    'ENOENT EACCES',
    'ENOENT EACCES',
    ...refused('Sub', 'rw', 'there'),
    ...refused('Sub', 'wx', '/'),
    ...refused('Sub', 'wx', '/'),
    ...refused('Sub', 'wx', '/'),
    ...refused('Sub', 'wx', '/'),
  ]);
});
