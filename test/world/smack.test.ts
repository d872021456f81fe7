/** Smack in a world: labels of ordinary files, programs and mounts through the supervisor; and beside two other labelling modules. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

/**
 * Shell functions: `label FILE [NAME]` prints an attribute, `set FILE NAME VALUE` stores one, `user` runs a command
 * without capabilities; errors by name.
 */
const FUNCTIONS = `
label() { /usr/bin/python3 -c 'import errno, os, sys
try: print(os.getxattr(sys.argv[1], "security." + sys.argv[2]).decode())
except OSError as e: print(errno.errorcode[e.errno])' "$1" "\${2:-SMACK64}"; }
set() { /usr/bin/python3 -c 'import errno, os, sys
try: os.setxattr(sys.argv[1], "security." + sys.argv[2], sys.argv[3].encode())
except OSError as e: print(errno.errorcode[e.errno])' "$1" "$2" "$3"; }
user() { /usr/bin/python3 -c 'import os, sys
os.setgroups([]); os.setgid(2000001000); os.setuid(2000001000)
try: os.execvp(sys.argv[1], sys.argv[1:])
except OSError as e: print(e.strerror)' "$@"; }
become() { printf '%s' "$1" > /proc/self/attr/current; }
`;

/** @returns lines of its output. */
async function session(text: string, ...options: string[]): Promise<string[]> {
  const scratch = 'd=$(mktemp -d); mount -t tmpfs none $d; cd $d';
  const clean = 'cd /; umount $d; rmdir $d';
  const result = await lsmfs([
    'run',
    '--lsm=smack',
    ...options,
    '--',
    'bash',
    '-c',
    `${FUNCTIONS}${scratch}\n${text}\n${clean}`,
  ]);
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

it('new files get the label of their maker, or of a transmuting directory', async () => {
  const lines = await session(`
    touch plain; label plain
    (become App; touch app; mkdir dir; ln -s x link); label app; label dir
    set shared SMACK64 Shared; mkdir shared; set shared SMACK64 Shared; set shared SMACK64TRANSMUTE TRUE
    echo 'App Shared rwxt' > /sys/fs/smackfs/load2
    (become App; touch shared/in; mkdir shared/below); (become Other; touch shared/other)
    label shared/in; label shared/below; label shared/below SMACK64TRANSMUTE; label shared/other
    set plain SMACK64 -x; set plain SMACK64EXEC '*'; set plain SMACK64TRANSMUTE TRUE`);
  expect(lines).toEqual([
    '_',
    'App',
    'App',
    'ENOENT',
    'Shared',
    'Shared',
    'TRUE',
    'Other',
    'EINVAL',
    'EINVAL',
    'EINVAL',
  ]);
});

it('programs get the label that SMACK64EXEC names, unless new privileges are given up', async () => {
  const lines = await session(`
    cp /bin/cat cat; set cat SMACK64EXEC Service
    ./cat /proc/self/attr/current; echo; cat /proc/self/attr/current; echo
    setpriv --no-new-privs ./cat /proc/self/attr/current 2>/dev/null; echo $?
    cp /bin/cat secret; set secret SMACK64 Secret; chmod 755 . secret
    (become App; user ./secret /dev/null)
    echo 'App Secret rx' > /sys/fs/smackfs/load2
    (become App; user ./secret /proc/self/attr/current)`);
  expect(lines).toEqual(['Service', '_', '126', 'Permission denied', 'App']);
});

it('mounts take label options, by both system calls', async () => {
  const mounts = (setting: string) => `
    mkdir m; ${setting} mount -t tmpfs -o mode=755,smackfsdef=Usb,smackfsroot=Root none m && label m
    (become Usb; touch m/usb); touch m/floor; label m/usb; label m/floor; umount m
    ${setting} mount -t tmpfs -o smackfsdef=-x none m 2>/dev/null; echo $?
    ${setting} mount -t tmpfs -o smackfsdef=A,smackfsdefault=B none m 2>/dev/null; echo $?
    ${setting} mount -t tmpfs -o smackfstransmute=Shared none m && label m SMACK64TRANSMUTE; umount m; rmdir m`;
  const lines = await session(mounts('') + mounts('LIBMOUNT_FORCE_MOUNT2=always'));
  const each = ['Root', 'Usb', '_', '32', '32', 'TRUE'];
  expect(lines).toEqual([...each, ...each]);
});

it('denials are in the kernel log', async () => {
  const lines = await session(`
    touch f; set f SMACK64 Secret; chmod 755 .
    (become App; user /usr/bin/python3 -c 'import os; os.getxattr("f", "security.SMACK64")' 2>/dev/null)
    dmesg | grep -o 'lsm=SMACK.*requested=[a-z]*'`);
  expect(lines).toEqual(['lsm=SMACK fn=smack_inode_getxattr action=denied subject="App" object="Secret" requested=r']);
});

const PEERS = `import os, socket
def peer():
    a, b = socket.socketpair()
    return a.getsockopt(socket.SOL_SOCKET, 31, 256).rstrip(b"\\0").decode()
def write(name, value):
    with open("/proc/thread-self/attr/" + name, "w") as f: f.write(value)
def read(name):
    with open("/proc/thread-self/attr/" + name) as f: return f.read().replace("\\0", " ").strip()
write("smack/current", "App")
print(read("context"))
for module in ("selinux", "smack", "apparmor"):
    write("display", module)
    print(read("current"), "|", peer())
`;

it('three labelling modules in one world: each has its own files, and the shared ones mean the chosen one', async () => {
  const text = `load_policy; aa-enabled; cat /sys/kernel/security/lsm; echo
    cat > client.py <<'END'\n${PEERS}END\n    /usr/bin/python3 client.py`;
  const lines = await session(text, '--lsm=selinux,smack,apparmor');
  const kernel = 'system_u:system_r:kernel_t:s0';
  expect(lines).toEqual([
    'Yes',
    'lockdown,capability,selinux,smack,apparmor,ima,evm',
    `selinux ${kernel} smack App apparmor unconfined`,
    `${kernel} | ${kernel}`,
    'App | App',
    'unconfined | unconfined',
  ]);
});

/** The parent of a container: makes a user namespace, maps labels of it, and lets it go on. */
const CONTAINER = `
container() { /usr/bin/python3 - "$1" "$2" <<'PY'
import os, subprocess, sys
labels, text = sys.argv[1:]
go, ready = os.pipe(), os.pipe()
script = f"echo > /dev/fd/{ready[1]}; read go < /dev/fd/{go[0]}; {text}"
child = subprocess.Popen(["unshare", "-U", "--map-root-user", "bash", "-c", script], pass_fds=(go[0], ready[1]))
os.read(ready[0], 1)
path = f"/proc/{child.pid}/attr/label_map"
try:
    with open(path, "w") as file: file.write(labels)
except OSError as e: print(e.strerror, flush=True)
os.write(go[1], b"\\n")
child.wait()
PY
}`;

it('a user namespace with a map of labels calls them by names of its own', async () => {
  const lines = await session(`${CONTAINER}
    for rule in 'App _ rx' 'App Shared rwx' 'App Hidden rwx'; do echo "$rule" > /sys/fs/smackfs/load2; done
    chmod 777 .; touch shared hidden; set shared SMACK64 Shared; set hidden SMACK64 Hidden
    ls /proc/self/attr/label_map; cat /proc/self/attr/label_map; echo 'a b' 2>&1 > /proc/self/attr/label_map || echo refused
    cat > inside <<'IN'
      . ./functions; cat /proc/self/attr/current; echo; label shared; label hidden; cat /proc/self/attr/label_map
      cat /sys/fs/smackfs/load2; echo 'a b r' > /sys/fs/smackfs/load2 || echo refused
      set shared SMACK64EXEC other; set shared SMACK64EXEC data; touch new; label new
      become data; cat /proc/self/attr/current; echo; cat /proc/$PPID/attr/current; echo
IN
    declare -f label set become | sed 's/^set ()/function set ()/' > functions
    printf %s App > /proc/self/attr/current
    printf '_ floor\\nApp app\\nShared data\\n* *\\n' > map
    container "$(cat map)" 'source ./inside' 2>/dev/null
    label shared SMACK64EXEC; label new`);
  expect(lines).toEqual([
    '/proc/self/attr/label_map',
    expect.stringContaining('Invalid request descriptor'),
    'refused',
    'app',
    'data',
    'EACCES',
    ...['Shared -> data', 'App -> app', '_ -> floor', '* -> *'],
    ...['app data rwx', 'app floor rx'],
    'refused',
    'EBADR',
    'app',
    'data',
    'app',
    'Shared',
    'App',
  ]);
});
