/** Audit by netlink(7) in a world: the emulated kernel's, never the host's. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, PROGRAM, script } from './program.ts';

const inWorld = (command: string, options: readonly string[] = []) =>
  lsmfs(['run', '--lsm=yama', ...options, '--', 'sh', '-c', command]);

describe('auditctl', () => {
  it("changes the world's audit, and not the host's", async () => {
    // The host's setting is looked at from outside; where auditctl may not ask, it says so before and after.
    const result = await script(
      `host() { auditctl -s 2>&1 | grep -E '^(enabled|failure|rate_limit|backlog_limit) '; auditctl -l 2>&1; }
       before=$(host)
       $LSMFS run --lsm=yama -- sh -c 'auditctl -e 1 && auditctl -b 333 && auditctl -w /etc/passwd -p wa -k pw' >/dev/null 2>&1; echo $?
       [ "$before" = "$(host)" ] && echo same`,
    );
    expect(result.stdout).toBe('0\nsame\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('lists the rules it added and what it may not do', async () => {
    const result = await inWorld(
      `auditctl -a always,exit -F arch=b64 -S openat -F success=0 -k k; auditctl -w /nosuchdir/x; auditctl -l; auditctl -D
       unshare -p -f auditctl -s; auditctl -s | head -1`,
    );
    expect(result.stdout).toBe('-a always,exit -F arch=b64 -S openat -F success=0 -F key=k\nNo rules\nenabled 0\n');
    expect(result.stderr).toContain('Error sending add rule data request (No such file or directory)');
    expect(result.stderr).toContain('Error sending status request (Operation not permitted)');
  });

  it('takes a kernel without audit for one', async () => {
    const result = await inWorld('auditctl -s', ['--param=audit=0']);
    expect(result.stderr).toContain('audit support not in kernel');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

const CLIENT = `
import os, select, socket, struct
def request(sock, kind, body=b'', how=None):
    message = struct.pack('<IHHII', 16 + len(body), kind, 5, 1, 0) + body
    (how or (lambda m: sock.sendto(m, (0, 0))))(message)
def errors(sock):
    out = []
    while select.select([sock], [], [], 5)[0]:
        data = sock.recv(9000)
        kind, = struct.unpack_from('<H', data, 4)
        if kind == 2:
            return struct.unpack_from('<i', data, 16)[0]
def audit(groups=0):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
    if groups: sock.bind((0, groups))
    return sock
`;

describe('an audit socket', () => {
  it('answers what is sent without an address too, and those who listen hear it', async () => {
    const program = `${CLIENT}
listener = audit(1)
sock = audit()
request(sock, 1001, struct.pack('<2I', 1, 1))
print(errors(sock))
for how in sock.send, lambda m: os.write(sock.fileno(), m), lambda m: sock.sendmsg([m]):
    request(sock, 1112, b'hello\\0', how)
    print(errors(sock))
    print(listener.recv(9000)[16:].split(b' ', 1)[1].decode().replace(str(os.getpid()), 'PID'))
`;
    const result = await lsmfs(['run', '--lsm=yama', '--', 'python3', '-c', program]);
    const heard = "0\npid=PID uid=0 auid=4294967295 ses=4294967295 msg='hello'\n";
    expect(result.stdout).toBe(`0\n${heard.repeat(3)}`);
    expect(result.stderr).toBe('');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is a netlink socket also where all its calls are decided about', async () => {
    const program = path.join(import.meta.dirname, '../conformance/scenarios/data/netlink-socket.py');
    const of = (...options: string[]) => lsmfs(['run', '--lsm=selinux', ...options, '--', 'python3', program]);
    const mediated = await of('--mediate=sockets,messages');
    expect(mediated.stdout).toContain("sender (2, 36, 12, '100000000000000000000000')");
    expect(mediated.stdout).toBe((await of('--no-mediation')).stdout);
    expect(mediated.leftovers).toSatisfy(isClean);
  });

  it('brings what comes by recvmsg(2) from the kernel where that call is decided about', async () => {
    const program = `${CLIENT}
sock = audit()
sock.bind((0, 0))
request(sock, 1000)
print(sock.recvmsg(9000)[3], sock.recvmsg(9000)[3], sock.getsockname() == (os.getpid(), 0))
`;
    const result = await lsmfs(['run', '--lsm=selinux', '--mediate=messages', '--', 'python3', '-c', program]);
    expect(result.stdout).toBe('(0, 0) (0, 0) True\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is refused to whoever has too many, and given again when they are closed', async () => {
    const program = `${CLIENT}
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
held = []
try:
    while len(held) < 1000: held.append(audit())
except OSError as error: print(len(held), error.errno)
held.clear()
sock = audit()
request(sock, 1000)
print(errors(sock))
`;
    const result = await lsmfs(['run', '--lsm=yama', '--', 'python3', '-c', program]);
    expect(result).toMatchObject({ stdout: '256 24\n0\n', stderr: '', status: 0 });
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('does not hold the world when nobody reads', async () => {
    const program = `${CLIENT}
silent = audit(1)
sock = audit()
request(sock, 1001, struct.pack('<2I', 1, 1))
errors(sock)
for i in range(3000):
    request(sock, 1112, b'x' * 1000 + b'\\0')
    assert errors(sock) == 0
print('done')
`;
    const result = await lsmfs(['run', '--lsm=yama', '--', 'python3', '-c', program]);
    expect(result).toMatchObject({ stdout: 'done\n', stderr: '', status: 0 });
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('a 32-bit program', () => {
  // socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT) by the number of i386 and int 0x80, which 64-bit programs may use too.
  const program = String.raw`
import ctypes, mmap
def call(number, *args):
    code = b'\x53\xb8' + number.to_bytes(4, 'little')
    for register, value in zip((0xbb, 0xb9, 0xba), args): code += bytes([register]) + value.to_bytes(4, 'little')
    area = mmap.mmap(-1, 4096, prot=7)
    area.write(code + b'\xcd\x80\x5b\xc3')
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()
print(call(20) > 0, call(359, 16, 3, 0) >= 0, call(359, 16, 3, 9))
`;

  it("does not reach the host's audit", async (context) => {
    const outside = await script(`python3 -c "$CODE" | grep -c '^True True'`, { env: { CODE: program } });
    if (outside.stdout !== '1\n') context.skip('the host runs no 32-bit programs');
    const result = await lsmfs(['run', '--lsm=yama', '--', 'python3', '-c', program]);
    expect(result.stdout).toBe('True True -93\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('auditd', () => {
  it('takes the records of a world, which ausearch and aureport read', async () => {
    // Its /run/auditd.pid is not to be in that of the host.
    const own = ['unshare', '--mount', '--propagation=private', 'sh', '-c'];
    const session = `mount -t tmpfs none /run
d=$(mktemp -d); mkdir $d/plugins.d
sed "s|^log_file .*|log_file = $d/audit.log|; s|^plugin_dir .*|plugin_dir = $d/plugins.d|; s|^log_group .*|log_group = root|" \
  /etc/audit/auditd.conf >$d/auditd.conf
chmod 640 $d/auditd.conf
until_true() { for i in $(seq 300); do if sh -c "$1"; then return 0; fi; sleep 0.1; done; echo "never: $1"; }
auditd -n -c $d & daemon=$!
until_true "auditctl -s | grep -q '^pid $daemon'"
sh -c 'echo 1001 >/proc/self/loginuid; auditctl -m hello'
until_true "grep -q hello $d/audit.log"
sh -c 'echo 1002 >/proc/self/loginuid; echo $$ >'$d'/killer; kill '$daemon; wait $daemon
ausearch -if $d/audit.log -m DAEMON_END --format raw | grep -c "op=terminate auid=1002 .* pid=$(cat $d/killer) "
ausearch -if $d/audit.log -m LOGIN --format raw | grep -c 'type=LOGIN .* auid=1001 tty=(none) old-ses=4294967295 ses=1 res=1'
ausearch -if $d/audit.log -m USER --format raw | grep -c "auid=1001 ses=1 msg='text=hello exe="
aureport -if $d/audit.log -e --summary -i | sed -n 's/^\\([0-9]*\\)  LOGIN$/\\1/p'
auditctl -s | sed -n 3p
rm -r $d`;
    const result = await lsmfs(['run', '--lsm=yama', '--audit-calls', '--', ...own, session]);
    expect(result.stdout).toBe('1\n1\n1\n2\npid 0\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('a write to an emulated file', () => {
  it('is recorded with what a module recorded in it, and seen by rules', async (context) => {
    if (!existsSync('/proc/self/syscall')) context.skip('the host does not tell which call a process is in');
    const command = `auditctl -e 1 >/dev/null
sh -c 'echo exec nosuch >/proc/self/attr/exec' 2>/dev/null
auditctl -a always,exit -F arch=b64 -S write -F exit=-ENOENT -k gone
sh -c 'echo exec nosuch >/proc/self/attr/exec' 2>/dev/null
$LSMFS log --audit`;
    const result = await lsmfs(['run', '--lsm=apparmor', '--', 'sh', '-c', command], {
      env: { LSMFS: `${process.execPath} ${PROGRAM}` },
    });
    const lines = result.stdout.trimEnd().split('\n');
    const serial = (line: string) => /audit\([\d.]+:(\d+)\)/.exec(line)?.[1];
    const denials = lines
      .filter((line) => line.includes('operation="change_onexec"'))
      .map((denial) => lines.filter((line) => serial(line) === serial(denial)));
    expect(denials.map((event) => event.map((line) => line.split(' ')[0]))).toEqual([
      ['type=AVC', 'type=SYSCALL', 'type=PROCTITLE'],
      ['type=AVC', 'type=SYSCALL', 'type=PROCTITLE'],
    ]);
    expect(denials[0]?.[1]).toMatch(/ success=no exit=-2 a0=1 .* a2=c .* subj=unconfined key=\(null\)$/);
    expect(denials[1]?.[1]).toMatch(/ key="gone"$/);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('the label of a process', () => {
  it('is that of each module, in a record of its own, where several give it one', async () => {
    const command = 'auditctl -e 1 >/dev/null; auditctl -m hello; $LSMFS log --audit';
    const of = (modules: string) =>
      lsmfs(['run', `--lsm=${modules}`, '--', 'sh', '-c', command], {
        env: { LSMFS: `${process.execPath} ${PROGRAM}` },
      });
    const several = await of('selinux,smack,apparmor');
    const [, message = '', labels = ''] =
      /msg=(audit\S+): pid=\d+ uid=0 auid=4294967295 ses=4294967295 subj=\? msg='text=hello.*\ntype=MAC_TASK_CONTEXTS msg=(.*)$/m.exec(
        several.stdout,
      ) ?? [];
    expect(labels).toBe(`${message}: subj_selinux=kernel subj_smack=_ subj_apparmor=unconfined`);
    const one = await of('apparmor');
    expect(one.stdout).toContain(" subj=unconfined msg='text=hello");
    expect(one.stdout).not.toContain('MAC_TASK_CONTEXTS');
    expect(several.leftovers).toSatisfy(isClean);
  });
});

describe('the login of a process', () => {
  it("is the world's, inherited, and changed by itself alone", async () => {
    const result = await inWorld(
      `cat /proc/self/loginuid /proc/self/sessionid; echo
       sh -c 'echo 1000 >/proc/self/loginuid; cat /proc/self/loginuid /proc/$$/sessionid /proc/thread-self/loginuid; echo; echo 5 >/proc/1/loginuid; echo -1 >/proc/$$/loginuid'
       cat /proc/self/loginuid; echo`,
    );
    expect(result.stdout).toBe('42949672954294967295\n100011000\n4294967295\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});
