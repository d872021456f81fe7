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
