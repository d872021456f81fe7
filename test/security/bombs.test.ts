/** Much of everything that a user may have: others work beside it, and nothing is left of it. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { onHost } from './host.ts';

const BOMBS = path.resolve('test/security/bombs.py');
const OTHERS = `touch file$i && chcon -t etc_t file$i && ls -Z file$i | grep -q etc_t && $AS /bin/true && test -n "$(cat /proc/self/attr/current)"`;

it.each(['descriptors', 'sleepers', 'namespaces', 'mounts', 'xattrs', 'filters', 'handles'])('%s', async (bomb) => {
  const result = await onHost(`
    cp ${BOMBS} bombs.py; chmod 644 bombs.py
    cat > inside <<'END'
load_policy
setsid $AS /usr/bin/python3 /mnt/bombs.py ${bomb} > said 2>&1 & attacker=$!
until grep -q . said || ! kill -0 $attacker; do sleep 0.01; done
for i in 1 2 3; do ${OTHERS}; done && echo others work
kill -0 $attacker && cat said; kill -KILL -- -$attacker
END
    export AS; $LSMFS run -- bash inside
    gone() { [ -z "$(ls /run/lsmfs)" ]; }; until_true gone || ls /run/lsmfs`);
  expect(result.stdout).toBe('others work\ncalling\n');
  expect(result.leftovers).toSatisfy(isClean);
});

it('a child that is born in another control group is a member like others', async () => {
  const result = await onHost(`
    cat > inside.py <<'END'
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
os.mkdir("/mnt/groups")
assert libc.mount(b"none", b"/mnt/groups", b"cgroup2", 0, None) == 0
os.mkdir("/mnt/groups/lsmfs-test-%d" % os.getpid())
group = os.open("/mnt/groups/lsmfs-test-%d" % os.getpid(), os.O_RDONLY)
arguments = struct.pack("<11Q", 1 << 33, 0, 0, 0, 17, 0, 0, 0, 0, 0, group)
with open("/proc/self/attr/current", "w") as file: file.write("system_u:system_r:init_t:s0")
pid = libc.syscall(435, arguments, len(arguments))
if pid == 0:
    print(open("/proc/self/attr/current").read().rstrip(chr(0)), flush=True)
    os.execv("/bin/sh", ["sh", "-c", "getenforce"])
assert pid > 0, os.strerror(ctypes.get_errno())
os.waitpid(pid, 0)
os.rmdir("/mnt/groups/lsmfs-test-%d" % os.getpid())
libc.umount2(b"/mnt/groups", 0)
END
    $LSMFS run -- sh -c 'load_policy; exec /usr/bin/python3 inside.py'`);
  expect(result.stdout).toBe('system_u:system_r:init_t:s0\nPermissive\n');
  expect(result.leftovers).toSatisfy(isClean);
});
