/** What processes of a world do to files, as the modules decide it: refusals, records, and what is left to the host's kernel. */
import { describe, expect, it } from 'vitest';
import { session } from './file-session.ts';

const SHADOW = 'load mediation.33; echo root > shadow; label secret_t shadow; chmod 600 shadow\n';

describe('opening a file that the policy does not allow', () => {
  it('fails for who has as many groups as there may be', async () => {
    const groups = 'import os; os.setgroups(range(1000000000, 1000065536)); print(open("shadow").read().strip())';
    const lines = await session(
      `${SHADOW}enforce 1; as web_t python3 -c '${groups}' 2>&1 | tail -n 1; records`,
      '--mediate=files',
    );
    expect(lines).toEqual([
      "PermissionError: [Errno 13] Permission denied: 'shadow'",
      'avc:  denied  { read } for  comm="python3" name="shadow" dev="tmpfs" secret_t file 0',
    ]);
  });

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
    expect(await session(text, '--no-mediation')).toEqual(['root']);
  });

  it('is left to the kernel where that refuses by itself', async () => {
    const user =
      "python3 -c 'import os, sys; os.setgid(2000001000); os.setuid(2000001000); os.execvp(sys.argv[1], sys.argv[1:])'";
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

it('a handle is had only of what can be reached', async () => {
  const handle =
    'import ctypes, errno, os; libc = ctypes.CDLL(None, use_errno=True); room = (ctypes.c_uint * 40)(128); mount = ctypes.c_int(); ' +
    'print(*[libc.name_to_handle_at(-100, name, room, ctypes.byref(mount), flags) and errno.errorcode[ctypes.get_errno()] ' +
    'for name, flags in ((b"open", 0), (b"closed/in", 0), (b"closed/in", 4), (b"closed/in", 0x202), (b"", 0x1000), (b"closed/none", 0))])';
  const lines = await session(
    `load mediation.33; mkdir open closed; touch closed/in; label closed_t closed; enforce 1; as web_t python3 -c '${handle}'; records`,
    '--mediate=files',
  );
  const record = 'avc:  denied  { search } for  comm="python3" name="closed" dev="tmpfs" closed_t dir 0';
  expect(lines).toEqual(['0 EACCES EINVAL EINVAL 0 EACCES', record, record]);
});

it('the way to the new name is not asked about where the way to the old one ends before', async () => {
  const rename =
    'import errno, os\ndef tried(name):\n try: os.rename(name, "closed/in")\n' +
    ' except OSError as error: return errno.errorcode[error.errno]\n' +
    'print(*[tried(name) for name in ("none/f", "file/f", "none")])';
  const lines = await session(
    `load mediation.33; mkdir closed; touch file; label closed_t closed; label page_t file; enforce 1
     as web_t python3 -c '${rename}'; records`,
    '--mediate=files',
  );
  const record = 'avc:  denied  { search } for  comm="python3" name="closed" dev="tmpfs" closed_t dir 0';
  expect(lines).toEqual(['ENOENT ENOTDIR EACCES', record]);
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

it('what the host lacks in /proc/PID/attr is not asked about as a new file', async () => {
  const lines = await session(
    `load_policy; runcon system_u:system_r:httpd_t:s0 sh -c 'echo selinux > /proc/self/attr/display; cat /proc/self/attr/display'
     echo; records | grep -cE 'create|add_name|associate'`,
    '--lsm=selinux,apparmor',
    '--mediate=files',
  );
  expect(lines).toEqual(['selinux', '0']);
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
