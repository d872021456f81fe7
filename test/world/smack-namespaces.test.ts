/**
 * Tests of the Smack namespace series (smack_ns_tc_*) that need real files and sockets, line by line. Each outcome is that of
 * root/user without a namespace; in a user namespace; in one with a map.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const CLIENT = path.join(import.meta.dirname, 'smack-namespaces-client.py');
const RULES = ['inside _ rx', 'inside shared rwxal'];

/** Shell functions: `label FILE LABEL [NAME]`; `rule RULE`; `six CODE` does it in the six environments. */
const FUNCTIONS = `
label() { setfattr -n "security.\${3:-SMACK64}" -v "$2" "$1"; }
rule() { printf '%s\\n' "$@" > /sys/fs/smackfs/load2; }
six() { printf 'import fcntl, mmap, os, socket\\ndef action():\\n    %s\\n' "$1" > action.py; /usr/bin/python3 -B ${CLIENT} action.py; }
`;

/** @returns lines of its output. */
async function session(text: string): Promise<string[]> {
  const script = `${FUNCTIONS}d=$(mktemp -d); mount -t tmpfs none $d; cd $d; chmod 777 .; umask 0
    rule '${RULES.join("' '")}'
    ${text}
    cd /; umount $d; rmdir $d`;
  const result = await lsmfs(['run', '--lsm=smack', '--mediate=all', '--', 'bash', '-c', script]);
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

it('inode: directories without a name in the map; links, renames and removals without a rule', async () => {
  const lines = await session(`
    rule 'inside unmapped rx' 'outside _ rx'
    mkdir unmapped; label unmapped unmapped
    six 'os.listdir("unmapped")'
    mkdir top; label top shared; touch top/file; label top/file outside
    six 'os.link("top/file", "top/link%d" % os.getpid())'
    six 'os.rename("top/file", "top/other"); os.rename("top/other", "top/file")'
    for n in 1 2 3 4 5 6; do mkdir top/dir$n; label top/dir$n outside; done
    six 'os.rmdir([os.path.join("top", n) for n in sorted(os.listdir("top")) if n.startswith("dir") and n != "dir"][0])'`);
  expect(lines).toEqual([
    'ok/ok; ok/ok; EACCES/EACCES',
    // Who does not own the file is asked first whether it could be written.
    readFileSync('/proc/sys/fs/protected_hardlinks', 'utf8') === '1\n'
      ? 'ok/EPERM; EACCES/EPERM; ok/EPERM'
      : 'ok/EACCES; EACCES/EACCES; ok/EACCES',
    'ok/EACCES; EACCES/EACCES; ok/EACCES',
    'ok/EACCES; EACCES/EACCES; ok/EACCES',
  ]);
});

it('lock: denied without `l`, unless overridden; a lock held elsewhere still holds', async () => {
  const lock = 'fcntl.flock(os.open("locked", os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)';
  const lines = await session(`
    touch locked; label locked outside
    rule 'inside outside rxt'; six '${lock}'
    rule 'inside outside rl'; six '${lock}'
    exec 9< locked; flock -s 9; six '${lock}'; exec 9<&-`);
  expect(lines).toEqual([
    'ok/EACCES; EACCES/EACCES; ok/EACCES',
    'ok/ok; ok/ok; ok/ok',
    'EAGAIN/EAGAIN; EAGAIN/EAGAIN; EAGAIN/EAGAIN',
  ]);
});

it('mmap: the label of a file must be able to do what the own one can by rules, whatever one is capable of', async () => {
  const map = (file: string) => `mmap.mmap(os.open("${file}", os.O_RDONLY), 4, prot=mmap.PROT_READ)`;
  const lines = await session(`
    for name in outside unmapped; do echo text > $name; label $name shared; label $name $name SMACK64MMAP; done
    six '${map('outside')}'
    rule 'outside _ rx' 'outside shared rwxal' 'unmapped _ rx' 'unmapped shared rwxal'
    six '${map('outside')}'; six '${map('unmapped')}'
    rule 'inside unmapped2 r'; six '${map('outside')}'; six '${map('unmapped')}'`);
  const [none, all] = ['EACCES/EACCES; EACCES/EACCES; EACCES/EACCES', 'ok/ok; ok/ok; ok/ok'];
  expect(lines).toEqual([none, all, 'ok/ok; ok/ok; EACCES/EACCES', none, none]);
});

it('uds: connecting and sending, with rules for both ways and without', async () => {
  const server = `import os, socket, sys
open("/proc/self/attr/current", "w").write("outside")
a, b = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a.bind("stream"); a.listen(64); b.bind("datagram"); print("up", flush=True); sys.stdin.read()`;
  const lines = await session(`
    rule 'outside _ rwxa'
    mkfifo stop ready; /usr/bin/python3 -c '${server}' < stop > ready & exec 9> stop; read up < ready
    send='socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", "datagram")'
    connect='socket.socket(socket.AF_UNIX).connect("stream")'
    six "$connect"; six "$send"
    rule 'inside outside w' 'outside inside w'; six "$connect"; six "$send"
    exec 9>&-; wait`);
  const [none, all] = ['ok/EACCES; EACCES/EACCES; ok/EACCES', 'ok/ok; ok/ok; ok/ok'];
  expect(lines).toEqual([none, none, all, all]);
});

it('sockets: labels of what comes in and goes out, which the maker has given and an administrator changes', async () => {
  const both = (value: string) =>
    `for n in "IPIN", "IPOUT": os.setxattr(s.fileno(), "security.SMACK64" + n, b"${value}")`;
  const lines = await session(`
    printf inside > /proc/self/attr/current
    /usr/bin/python3 -c 'import os, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
show = lambda: print(*(os.getxattr(s.fileno(), "security.SMACK64" + n).decode() for n in ("", "IPIN", "IPOUT")))
show()
${both('shared')}
show()
print(*os.listxattr(s.fileno()))'
    make='s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)'
    six "$make"'; os.setxattr(s.fileno(), "security.SMACK64IPIN", b"unmapped")'
    six "$make"'; assert os.getxattr(s.fileno(), "security.SMACK64IPIN") in (b"inside", b"name_in")'`);
  expect(lines).toEqual([
    '* inside inside',
    '* shared shared',
    'security.SMACK64 system.sockprotoname',
    'ok/EPERM; EPERM/EPERM; EBADR/EPERM',
    'ok/ok; ok/ok; ok/ok',
  ]);
});
