/** What processes of a world do to files and to other processes, as profiles of AppArmor decide it. */
import { expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script, worldName } from '../program.ts';
import { profile, record, session } from './apparmor-session.ts';

it('a profile decides who opens and makes files, until one with the rule is loaded', async () => {
  const lines = await session(
    profile('@/page rw, @/new w,'),
    `echo shadow > secret; echo page > page
     as cat secret; as cat page; cat secret; as sh -c ': > new; : > other'; ls
     echo "$PROFILE" | sed "s,@,$d,g; s,page rw,* rw," | apparmor_parser -qKr; as cat secret; records`,
  );
  expect(lines).toEqual([
    'cat: secret: Permission denied',
    'page',
    'shadow',
    'sh: 1: cannot create other: Permission denied',
    'new',
    'page',
    'secret',
    'shadow',
    record('open', '@/secret', 'cat', 'r'),
    record('mknod', '@/other', 'sh', 'c'),
  ]);
});

it('it decides about names and attributes, and about links by both names', async () => {
  const lines = await session(
    profile('@/page rw, link @/link -> @/page, @/sub/ w, @/prog mrwlkix, @/alias mrwlkix,'),
    `touch page secret; for call in 'rm -f secret' 'mv page moved' 'chmod 640 secret' 'truncate -cs0 secret' \\
       'ln page other' 'ln secret link' 'mkdir made' 'mkdir sub' 'ln page link'
     do as $call; done; touch prog; as ln prog alias; ls; records`,
  );
  expect(lines).toEqual([
    "rm: cannot remove 'secret': Permission denied",
    "mv: cannot move 'page' to 'moved': Permission denied",
    "chmod: changing permissions of 'secret': Permission denied",
    "truncate: cannot open 'secret' for writing: Permission denied",
    "ln: failed to create hard link 'other' => 'page': Permission denied",
    "ln: failed to create hard link 'link' => 'secret': Permission denied",
    "mkdir: cannot create directory 'made': Permission denied",
    'alias',
    'link',
    'page',
    'prog',
    'secret',
    'sub',
    record('unlink', '@/secret', 'rm', 'd'),
    record('rename_dest', '@/moved', 'mv', 'wc'),
    record('chmod', '@/secret', 'chmod', 'w'),
    record('open', '@/secret', 'truncate', 'w'),
    `${record('link', '@/other', 'ln', 'l')} target="@/page"`,
    `${record('link', '@/link', 'ln', 'l').replace('class="file"', 'class="file" info="target restricted" error=-13')} target="@/secret"`,
    record('mkdir', '@/made/', 'mkdir', 'c'),
  ]);
});

it('it decides about a file that is moved to a name of its own, where nothing is to be done', async () => {
  const lines = await session(
    profile('@/page rw,'),
    `touch page secret; ln secret other
     python3 -c 'import ctypes; libc = ctypes.CDLL(None, use_errno=True)
with open("/proc/self/attr/current", "w") as current: current.write("changeprofile web")
print(*[libc.renameat2(-100, old, -100, new, exchange) and ctypes.get_errno()
  for old, new, exchange in ((b"secret", b"secret", 0), (b"secret", b"other", 0), (b"secret", b"secret", 2), (b"page", b"page", 2))])'
     records | grep -a rename | sed 's/comm="[^"]*"/comm="python"/'`,
  );
  expect(lines).toEqual(['13 13 13 0', ...Array(3).fill(record('rename_src', '@/secret', 'python', 'wrd'))]);
});

it('a profile that only complains refuses nothing and records everything', async () => {
  const lines = await session(
    profile('audit @/page r,', 'flags=(complain)'),
    `echo secret > secret; echo page > page; as cat secret secret page; records`,
  );
  expect(lines).toEqual([
    'secret',
    'secret',
    'page',
    record('open', '@/secret', 'cat', 'r', 'ALLOWED'),
    record('open', '@/secret', 'cat', 'r', 'ALLOWED'),
    record('open', '@/page', 'cat', 'r', 'AUDIT').replace(' denied_mask="r"', ''),
  ]);
});

const OTHER = `profile other {
  /{usr/,}{bin,sbin,lib,lib64}/** mrix,
  /etc/** r,
  /dev/** rw,
  /proc/** r,
  @/prog mr,
  @/page r,
}`;

it('what a program of another profile may not have is closed', async () => {
  const lines = await session(
    `${profile('@/prog px -> other, @/page rw, @/secret rw,')}\n${OTHER}`,
    `echo page > page; echo secret > secret; cp /bin/bash prog
     as bash -c 'exec 20<page 21<>secret; ./prog -c "cat <&20; cat <&21"; cat <&21'
     records`,
  );
  expect(lines).toEqual([
    'page',
    './prog: line 1: 21: Bad file descriptor',
    'secret',
    record('file_inherit', '@/secret', 'prog', 'wr').replace('"web"', '"other"'),
    record('open', 'apparmor/.null', 'prog', 'wr')
      .replace('class="file"', 'class="file" info="Failed name lookup - disconnected path" error=-13')
      .replace('"web"', '"other"'),
  ]);
});

it('a copy of a descriptor from before a profile was put on is its, too', async () => {
  const text = `echo kept > s; cp /bin/bash prog; aa-exec -p web -- bash -c 'exec 21<&20; ./prog -c "cat <&21"' 20< s; records`;
  expect(await session(`${profile('@/prog px -> other,')}\n${OTHER}`, text)).toEqual(['kept']);
});

it('where it may have the null device of AppArmor it has that', async () => {
  const lines = await session(
    `${profile('@/prog px -> other, @/secret rw,')}\n${OTHER.replace('{', 'flags=(attach_disconnected) { /apparmor/.null rw,')}`,
    `echo secret > secret; cp /bin/bash prog
     as bash -c 'exec 21<>secret; ./prog -c "cat <&21; echo more >&21"; cat <&21'
     records`,
  );
  expect(lines).toEqual(['secret', record('file_inherit', '@/secret', 'prog', 'wr').replace('"web"', '"other"')]);
});

it('a program needs what its first segment is mapped for, and a script what its interpreter needs', async () => {
  const rules = '@/prog r, @/script r, @/bare m,';
  const lines = await session(
    `${profile('@/prog px -> other, @/script px -> other, @/bare px -> other,')}\n${OTHER.replace('@/prog mr,', rules)}`,
    `cp /bin/echo prog; cp /bin/echo bare; printf '#!/bin/sh\necho script\n' > script; chmod 755 script
     as sh -c './prog mapped; ./script; ./bare mapped 2> /dev/null; echo $?' 2> /dev/null; records`,
    'files,memory',
  );
  expect(lines).toEqual([
    'mapped',
    'script',
    '139',
    record('file_mmap', '@/bare', 'bare', 'r').replace('"web"', '"other"'),
  ]);
});

it('a file without a name is judged by a number for one', async () => {
  const lines = await session(
    profile('@/? rw, @/#[0-9]* w,'),
    `as /usr/bin/python3 -c "
import os
for flags in (os.O_WRONLY, os.O_RDWR):
    try: print(os.close(os.open('.', flags | os.O_TMPFILE)))
    except OSError as error: print(error.errno)"; records | sed -n 's,#[0-9]*,#N,p'`,
  );
  expect(lines).toEqual(['None', '13', record('open', '@/#N', 'python3', 'r')]);
});

it('a program that cannot be executed has closed nothing', async () => {
  const lines = await session(
    `${profile('@/garbage px -> other, @/secret rw,')}\n${OTHER}`,
    `echo secret > secret; printf '\\x7fELF garbage' > garbage; chmod 755 garbage
     as /usr/bin/python3 -c "
import errno, fcntl, os
fd = os.open('secret', os.O_RDWR); os.set_inheritable(fd, True)
try: os.execv('./garbage', ['garbage'])
except OSError as error: print(errno.errorcode[error.errno])
os.close(os.open('/dev/null', 0))
print(fcntl.fcntl(fd, fcntl.F_GETFD), os.read(fd, 6))"
     records | grep -e inherit -e null`,
  );
  expect(lines).toEqual(['ENOEXEC', "0 b'secret'"]);
});

it('nor has it lost its locks', async () => {
  const lines = await session(
    `${profile('@/garbage px -> other, @/secret rwk,')}\n${OTHER}`,
    `echo secret > secret; printf '\\x7fELF garbage' > garbage; chmod 755 garbage
     as /usr/bin/python3 -c "
import errno, fcntl, os
fd = os.open('secret', os.O_RDWR); os.set_inheritable(fd, True); fcntl.lockf(fd, fcntl.LOCK_EX)
try: os.execv('./garbage', ['garbage'])
except OSError as error: print(errno.errorcode[error.errno], flush=True)
if os.fork() == 0:
    try: fcntl.lockf(os.open('secret', os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB); print('lost', flush=True)
    except BlockingIOError: print('kept', flush=True)
    os._exit(0)
os.wait()"`,
  );
  expect(lines).toEqual(['ENOEXEC', 'kept']);
});

it('AppArmor asks the rules of both sides about a signal', async () => {
  const world = worldName('signals');
  const profiles = `profile sender { signal send set=(hup, exists) peer=quiet, file, capability, }
profile quiet { signal receive set=(hup) peer=sender, signal receive set=(kill term) peer=unconfined, file, capability, }`;
  const program = `
import errno, os, signal
def become(name):
    with open('/proc/thread-self/attr/apparmor/current', 'w') as file: file.write('changeprofile ' + name)
def tried(number):
    try: return os.kill(pid, number)
    except OSError as error: return errno.errorcode[error.errno]
ready, tell = os.pipe()
pid = os.fork()
if pid == 0:
    for number in (signal.SIGHUP, signal.SIGUSR1): signal.signal(number, signal.SIG_IGN)
    become('quiet'); os.write(tell, b'x'); signal.pause()
os.read(ready, 1)
sender = os.fork()
if sender == 0:
    become('sender')
    print(*[tried(number) for number in (signal.SIGHUP, 0, signal.SIGUSR1, 40)], flush=True)
    os._exit(0)
os.waitpid(sender, 0)
os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0)`;
  const inside = `echo "$PROFILES" | apparmor_parser -qKr; python3 -c "$PROGRAM"
$LSMFS log $WORLD | grep -a 'operation="signal"' | sed -E 's/.*(apparmor="DENIED")/\\1/; s/ pid=[0-9]+ comm="python3"//'`;
  const result = await script(
    `WORLD=${world} $LSMFS run --lsm=apparmor --name=${world} --mediate=tasks -- bash -c "$INSIDE"`,
    { env: { INSIDE: inside, PROGRAM: program, PROFILES: profiles, LC_ALL: 'C', WORLD: world } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  const denied = (profile: string, word: string, name: string, peer: string) =>
    `apparmor="DENIED" operation="signal" class="signal" profile="${profile}" ` +
    `requested_mask="${word}" denied_mask="${word}" signal=${name} peer="${peer}"`;
  expect(result.stdout.trim().split('\n')).toEqual([
    'None EACCES EACCES EACCES',
    denied('quiet', 'receive', 'exists', 'sender'),
    denied('sender', 'send', 'usr1', 'quiet'),
    denied('quiet', 'receive', 'usr1', 'sender'),
    denied('sender', 'send', 'rtmin+8', 'quiet'),
    denied('quiet', 'receive', 'rtmin+8', 'sender'),
  ]);
});

it('fdinfo of another task is a look into it', async () => {
  const lines = await session(
    profile('', 'flags=(complain)'),
    `sleep 9 & other=$!; as cat /proc/$other/fdinfo/0 > /dev/null
     echo "$PROFILE" | sed "s,@,$d,g; s,flags=(complain),," | apparmor_parser -qKr; as cat /proc/$other/fdinfo/0 | cat
     kill $other; records | grep ptrace`,
    'files,tasks',
  );
  const look = (type: string) =>
    `apparmor="${type}" operation="ptrace" class="ptrace" profile="web" comm="cat" ` +
    `requested_mask="read" denied_mask="read" peer="unconfined"`;
  expect(lines.map((line) => line.replace(/\d+(?=\/fdinfo)/, 'N'))).toEqual([
    'cat: /proc/N/fdinfo/0: Permission denied',
    look('ALLOWED'),
    look('ALLOWED'),
    look('DENIED'),
  ]);
});

it('only sockets that have ports are asked about low ones', async () => {
  const lines = await session(
    profile('network,'),
    `cat > program <<'END'
import ctypes, errno, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
address = struct.pack('=HH4s8x', socket.AF_INET, socket.htons(77), bytes([127, 0, 0, 1]))
for kind in ((socket.AF_NETLINK, socket.SOCK_RAW, 0), (socket.AF_INET, socket.SOCK_DGRAM, 0)):
    made = socket.socket(*kind)
    print(libc.bind(made.fileno(), address, len(address)), errno.errorcode[ctypes.get_errno()])
END
     as /usr/bin/python3 - < program; rm program; records | grep capable`,
    'sockets,capabilities',
  );
  expect(lines).toEqual([
    '-1 EINVAL',
    '-1 EACCES',
    'apparmor="DENIED" operation="capable" class="cap" profile="web" comm="python3" capability=10  capname="net_bind_service"',
  ]);
});

it('without CAP_SYS_ADMIN nobody sets an attribute of a module that the world does not have', async () => {
  const lines = await session(
    profile('@/** rw, capability setuid,'),
    `cat > program <<'END'
import errno, os
os.setresuid(2000001000, 2000001000, 2000001000)
def tried(call, *arguments):
    try: call('f', 'security.selinux', *arguments)
    except OSError as failure: return errno.errorcode[failure.errno]
print(tried(os.setxattr, b'1'), tried(os.setxattr, b'1', 4), tried(os.removexattr))
END
     chmod 755 .; touch f; chown 2000001000 f; as /usr/bin/python3 - < program; records | grep -c capable`,
    'files,capabilities',
  );
  expect(lines).toEqual(['EPERM EINVAL EPERM', '0']);
});
