/** What processes of a world do to files, as the modules decide it: refusals, records, and what is left to the host's kernel. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, worldName } from './program.ts';

const POLICIES = path.resolve('test/data/policies');

/**
 * Shell functions: `load POLICY`, `label TYPE FILE`, `as TYPE COMMAND`, `records`: AVC records so far, without what
 * differs from run to run.
 */
const FUNCTIONS = `
load() { cat ${POLICIES}/$1 > /sys/fs/selinux/load; }
enforce() { echo $1 > /sys/fs/selinux/enforce; }
label() { setfattr -h -n security.selinux -v u:object_r:$1:s0 $2; }
as() ( printf u:r:$1:s0 > /proc/self/attr/current; shift; exec "$@" )
records() { $LSMFS log $WORLD | grep -a type=AVC | sed -E 's/.*(avc: )/\\1/; s/ pid=[0-9]+//; s/ ino=[0-9]+//; s/ scontext.*tcontext=u:(object_)?r:/ /; s/:s0 tclass=/ /; s/permissive=//'; }
`;

/** Lines that a shell in a world prints, errors among them, in a scratch directory on a tmpfs. */
async function session(text: string, ...options: string[]): Promise<string[]> {
  const world = worldName('mediation');
  const inside = `exec 2>&1\n${FUNCTIONS}d=$(mktemp -d); mount -t tmpfs none $d; cd $d\n${text}\ncd /; umount $d; rmdir $d`;
  const result = await script(
    `WORLD=${world} $LSMFS run --name=${world} --file-contexts=none ${options.join(' ')} -- bash -c "$INSIDE"`,
    { env: { INSIDE: inside, LC_ALL: 'C', WORLD: world } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

const SHADOW = 'load mediation.33; echo root > shadow; label secret_t shadow; chmod 600 shadow\n';

describe('opening a file that the policy does not allow', () => {
  it('fails and is recorded, until a policy with the rule is loaded', async () => {
    const lines = await session(
      `${SHADOW}enforce 1; as web_t cat shadow; as admin_t cat shadow; records
       load mediation-open.33; as web_t cat shadow; records | wc -l`,
      '--mediate=files',
    );
    expect(lines).toEqual([
      'cat: shadow: Permission denied',
      'root',
      'avc:  denied  { read } for  comm="cat" name="shadow" dev="tmpfs" secret_t file 0',
      'root',
      '1',
    ]);
  });

  it('is allowed and recorded once where nothing is enforced', async () => {
    const lines = await session(
      `${SHADOW}for i in 1 2 3; do as web_t cat shadow; done; records; enforce 1; as careless_t cat shadow; records | tail -n 2`,
      '--mediate=files',
    );
    const record = (permissions: string, file: string) =>
      `avc:  denied  { ${permissions} } for  comm="cat" ${file} dev="tmpfs" secret_t file 1`;
    const once = [
      record('read', 'name="shadow"'),
      record('open', expect.stringContaining('path=') as unknown as string),
    ];
    expect(lines.filter((line) => line === 'root')).toHaveLength(4);
    const records = lines.filter((line) => line !== 'root').map((line) => line.replace(/path=".*\/shadow"/, 'path'));
    const both = [once[0], record('open', 'path')];
    expect(records).toEqual([...both, ...both]);
  });

  it('goes on where only the log is wanted, and where nothing is mediated', async () => {
    const text = `${SHADOW}enforce 1; as web_t cat shadow; records`;
    const logged = 'avc:  denied  { read } for  comm="cat" name="shadow" dev="tmpfs" secret_t file 0';
    expect(await session(text, '--mediate=files', '--mediate-log-only')).toEqual(['root', logged]);
    expect(await session(text)).toEqual(['root']);
  });

  it('is left to the kernel where that refuses by itself', async () => {
    const user = "python3 -c 'import os, sys; os.setgid(1000); os.setuid(1000); os.execvp(sys.argv[1], sys.argv[1:])'";
    const lines = await session(
      `${SHADOW}chmod 755 .; enforce 1; as web_t ${user} cat shadow; as web_t cat shadow/; as web_t cat shadow/x; as web_t cat none; records`,
      '--mediate=files',
    );
    expect(lines).toEqual(
      [
        'cat: shadow: Permission denied',
        'cat: shadow/: Not a directory',
        'cat: shadow/x: Not a directory',
        'cat: none: No such file or directory',
        '',
      ].filter((line) => line !== ''),
    );
  });
});

it('directories and links on the way are asked about, and what is missing behind them is not told', async () => {
  const lines = await session(
    `load mediation.33; mkdir -p open closed; touch closed/in; label closed_t closed; ln -s closed/in link; label secret_t link
     enforce 1; as web_t cat closed/in closed/none open/none link; as web_t setfattr -n security.selinux -v x closed/none 2>&1 | sed 's/setfattr: //'; records`,
    '--mediate=files',
  );
  expect(lines).toEqual([
    'cat: closed/in: Permission denied',
    'cat: closed/none: Permission denied',
    'cat: open/none: No such file or directory',
    'cat: link: Permission denied',
    'closed/none: Permission denied',
    'avc:  denied  { search } for  comm="cat" name="closed" dev="tmpfs" closed_t dir 0',
    'avc:  denied  { search } for  comm="cat" name="closed" dev="tmpfs" closed_t dir 0',
    'avc:  denied  { read } for  comm="cat" name="link" dev="tmpfs" secret_t lnk_file 0',
    'avc:  denied  { search } for  comm="setfattr" name="closed" dev="tmpfs" closed_t dir 0',
  ]);
});

it('a new file is asked about in its directory, by the label that it is to get', async () => {
  const lines = await session(
    `load mediation.33; mkdir closed; label closed_t closed; enforce 1
     as web_t sh -c 'echo made > page; cat page; : > closed/page'; as web_t dd if=/dev/null of=page status=none
     getfattr --only-values -n security.selinux page | tr -d '\\000'; echo; records`,
    '--mediate=files',
  );
  expect(lines).toEqual([
    'made',
    'sh: 1: cannot create closed/page: Permission denied',
    'u:object_r:page_t:s0',
    'avc:  denied  { search } for  comm="sh" name="closed" dev="tmpfs" closed_t dir 0',
  ]);
});

it('names and attributes are changed where the policy allows it', async () => {
  const lines = await session(
    `load mediation.33; touch page secret; label page_t page; label secret_t secret; mkdir closed; label closed_t closed; enforce 1
     for call in 'rm -f secret' 'mv secret x' 'ln secret x' 'chmod 640 secret' 'chown 1 secret' 'truncate -cs0 secret' 'mkdir closed/x' 'mkdir x' 'ln -s x x'
     do as web_t $call; done
     as web_t chmod 640 page; as web_t ln page other; as web_t mv other third; as web_t rm page; ls; stat -c %a third; records`,
    '--mediate=files',
  );
  const record = (permission: string, comm: string, name: string, type: string, objectClass = 'file') =>
    `avc:  denied  { ${permission} } for  comm="${comm}" name="${name}" dev="tmpfs" ${type} ${objectClass} 0`;
  const made = (comm: string, objectClass: string) =>
    `avc:  denied  { create } for  comm="${comm}" name="x" disk_t ${objectClass} 0`;
  expect(lines).toEqual([
    "rm: cannot remove 'secret': Permission denied",
    "mv: cannot move 'secret' to 'x': Permission denied",
    "ln: failed to create hard link 'x' => 'secret': Permission denied",
    "chmod: changing permissions of 'secret': Permission denied",
    "chown: changing ownership of 'secret': Permission denied",
    "truncate: cannot open 'secret' for writing: Permission denied",
    "mkdir: cannot create directory 'closed/x': Permission denied",
    "mkdir: cannot create directory 'x': Permission denied",
    "ln: failed to create symbolic link 'x': Permission denied",
    'closed',
    'secret',
    'third',
    '640',
    record('unlink', 'rm', 'secret', 'secret_t'),
    record('rename', 'mv', 'secret', 'secret_t'),
    record('read write', 'ln', 'secret', 'secret_t'),
    record('link', 'ln', 'secret', 'secret_t'),
    record('setattr', 'chmod', 'secret', 'secret_t'),
    record('setattr', 'chown', 'secret', 'secret_t'),
    record('write', 'truncate', 'secret', 'secret_t'),
    record('search', 'mkdir', 'closed', 'closed_t', 'dir'),
    made('mkdir', 'dir'),
    made('ln', 'lnk_file'),
  ]);
});

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
  const client = `import errno, fcntl, mmap, os
fd = os.open("page", os.O_RDWR)
def tried(name, call, *arguments):
    try: call(*arguments); print(name, "ok", flush=True)
    except OSError as error: print(name, errno.errorcode[error.errno], flush=True)
tried("FIGETBSZ", fcntl.ioctl, fd, 2, bytes(4))
tried("TCGETS", fcntl.ioctl, fd, 0x5401, bytes(64))
tried("F_SETLK", fcntl.lockf, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
tried("PROT_READ", mmap.mmap, fd, 4, mmap.MAP_PRIVATE, mmap.PROT_READ)
tried("PROT_EXEC", mmap.mmap, fd, 4, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)`;
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
    record('ioctl', ' ioctlcmd=0x5401'),
    record('lock'),
    record('execute'),
  ]);
  const less = await session(text, '--mediate=files');
  expect(less.slice(0, 5)).toEqual(['FIGETBSZ ok', 'TCGETS ENOTTY', 'F_SETLK EACCES', 'PROT_READ ok', 'PROT_EXEC ok']);
});

it('reading and writing an open file is asked about after its label or the policy changed', async () => {
  const client = `import errno, os, sys
open("/proc/self/attr/current", "w").write("u:r:web_t:s0")
fd = os.open("page", os.O_RDWR)
def tried(call, *arguments):
    try: return call(*arguments)
    except OSError as e: return errno.errorcode[e.errno]
def use(): print(tried(os.pread, fd, 1, 0), tried(os.pwrite, fd, b"y", 0), tried(os.readv, fd, [bytearray(1)]), flush=True)
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
    "b'x' 1 1",
    'ready',
    'EACCES EACCES EACCES',
    'ready',
    "b'y' 1 1",
    ...['read', 'write', 'read'].map(record),
  ]);
});

it('looking is asked about where that is wanted', async () => {
  const text = `load mediation.33; touch secret; label secret_t secret; ln -s secret link; label secret_t link; enforce 1
    as web_t stat -c %n secret; as web_t readlink link; as web_t test -r secret || echo no; records`;
  const denied = (permission: string, comm: string, named: string, objectClass: string) =>
    `avc:  denied  { ${permission} } for  comm="${comm}" ${named} dev="tmpfs" secret_t ${objectClass} 0`;
  const access = denied('read', 'test', 'name="secret"', 'file');
  expect(await session(text, '--mediate=files')).toEqual(['secret', 'secret', 'no', access]);
  const looked = (await session(text, '--mediate=all')).map((line) => line.replace(/path="[^"]*\//, 'path="'));
  expect(looked).toEqual([
    expect.stringMatching(/^stat: cannot stat.* 'secret': Permission denied$/),
    'no',
    denied('getattr', 'stat', 'path="secret"', 'file'),
    denied('read', 'readlink', 'name="link"', 'lnk_file'),
    denied('getattr', 'test', 'path="secret"', 'file'), // test(1) looks first
  ]);
});

it('what was allowed before is refused once labels, the mode or the way to a file are others', async () => {
  const client = `import errno, os, sys
open("/proc/self/attr/current", "w").write("u:r:web_t:s0")
for line in sys.stdin:
    try: os.close(os.open(line.strip(), os.O_RDONLY)); print("ok", flush=True)
    except OSError as e: print(errno.errorcode[e.errno], flush=True)`;
  const lines = await session(
    `load mediation.33; echo x > page; label page_t page; mkdir d c; ln page d/page; ln page c/page; label closed_t c; enforce 1
     coproc WEB { exec python3 -c '${client}'; }
     ask() { for path; do echo $path >&\${WEB[1]}; read -r answer <&\${WEB[0]}; printf '%s ' $answer; done; echo; }
     ask page page page; label secret_t page; ask page; label page_t page; ask page page
     ask d/page d/page; mv d old; mv c d; ask d/page; mv d c; mv old d; ask d/page d/page
     enforce 0; label secret_t page; ask page page; enforce 1; ask page; load mediation-open.33; ask page page
     load mediation.33; ask page; exec {WEB[1]}>&-; wait`,
    '--mediate=files',
  );
  expect(lines.map((line) => line.trim())).toEqual([
    'ok ok ok',
    'EACCES',
    'ok ok',
    'ok ok',
    'EACCES',
    'ok ok',
    'ok ok',
    'EACCES',
    'ok ok',
    'EACCES',
  ]);
});

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
