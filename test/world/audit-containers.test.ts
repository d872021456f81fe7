/** Audit container ids and the audits of containers, with real programs. */
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, PROGRAM } from './program.ts';

const inWorld = (command: string) =>
  lsmfs(['run', '--lsm=yama', '--', 'bash', '-c', command], {
    timeoutMs: 120_000,
    env: { LSMFS: `${process.execPath} ${PROGRAM}` },
  });

/** `box ID OPTIONS-OF-UNSHARE PROGRAM`: a container that runs a program of sh. */
const BOX = `
box() {
  go=$(mktemp -u); mkfifo $go
  sh -c "read line <$go; exec unshare $2 sh -c \\"\\$0\\"" "$3" & box=$!
  echo $1 >/proc/$box/audit_containerid
  echo go >$go; rm $go
}
`;

describe('/proc/PID/audit_containerid', () => {
  it('is given to a child, inherited, and free again after the last process', async () => {
    const result = await inWorld(`
cat /proc/self/audit_containerid; echo; echo 5 >/proc/self/audit_containerid
exec 9> >(cat >/dev/null)
sleep 1000 & child=$!
echo 5 >/proc/$child/audit_containerid; cat /proc/$child/audit_containerid /proc/$child/task/$child/audit_capcontainerid; echo
for text in 5 6 x 18446744073709551616 18446744073709551615; do echo $text >/proc/$child/audit_containerid; done
(sh -c 'sleep 1000 & sleep 1000 & echo ready >&9; wait' 9>&1 & echo $!) | { read other; read ready; echo 7 >/proc/$other/audit_containerid; kill $(cat /proc/$other/task/$other/children) $other; }
setpriv --reuid=65534 --clear-groups cat /proc/self/audit_containerid
sleep 1000 & second=$!
(echo 5 >/proc/$second/audit_containerid)
kill $child; wait $child
echo 5 >/proc/$second/audit_containerid && cat /proc/$second/audit_containerid; echo
kill $second`);
    expect(result.stdout).toBe('18446744073709551615\n50\n5\n');
    const errors = [...result.stderr.matchAll(/(?:write error|containerid): (.*)$/gm)].map(([, text]) => text);
    expect(errors).toEqual([
      'Invalid cross-device link',
      'File exists',
      'File exists',
      'Invalid argument',
      'Numerical result out of range',
      'Invalid argument',
      'Device or resource busy',
      'Operation not permitted',
      'Invalid cross-device link',
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is counted for each network namespace', async () => {
    const result = await inWorld(`${BOX}
mount -t securityfs none /sys/kernel/security 2>/dev/null
list() { cat /sys/kernel/security/audit/netns; }
until_true() { for i in $(seq 600); do if eval "$1"; then return 0; fi; sleep 0.05; done; echo "never: $1"; }
own=$(readlink /proc/self/ns/net | tr -dc 0-9)
sleep 1000 & first=$!; echo 2 >/proc/$first/audit_containerid
sleep 1000 & second=$!; echo 3 >/proc/$second/audit_containerid
[ "$(list)" = "$own 2,3" ] && echo both
box 4 -n 'exec sleep 1000'
until_true 'list | grep -v "^$own " | grep -q " 4$"'
cut -d " " -f 1,2 /sys/kernel/security/audit/contids
kill $first; wait $first
until_true 'list | grep -q "^$own 3$"'
kill $second $box`);
    expect(result.stdout).toBe('both\n2 -\n3 -\n4 -\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is not there in a kernel that has none', async () => {
    const result = await lsmfs([
      'run',
      '--lsm=yama',
      '--profile=mainline',
      '--',
      'cat',
      '/proc/self/audit_containerid',
    ]);
    expect(result.stderr).toContain('No such file or directory');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('the audit of a container', () => {
  it('knows processes and users as they are inside, has a log of its own, and is heard outside', async () => {
    const result = await inWorld(`${BOX}
auditctl -e 1 >/dev/null
box 5 -Urpf 'auditctl -e 1 >/dev/null; auditctl -b 77 >/dev/null; auditctl -a always,exclude -F msgtype=USER_LOGIN; auditctl -l
  sh -c "echo pid \\$\\$; exec auditctl -m inside"
  $LSMFS log --audit --contid 5'
wait $box
auditctl -l; auditctl -s | grep backlog_limit
$LSMFS log --audit | grep inside`);
    const [rule, number, ...rest] = result.stdout.trimEnd().split('\n');
    expect(rule).toBe('-a always,exclude -F msgtype=USER_LOGIN');
    const pid = number?.split(' ')[1];
    const inside = rest.filter((line) => line.includes('text=inside'));
    expect(inside[0]).toContain(`pid=${pid} uid=0 `);
    expect(inside[0]).toMatch(/ record=1$/);
    expect(inside[1]).toMatch(/ uid=0 .* record=1$/);
    expect(inside[1]).not.toContain(`pid=${pid} `);
    expect(rest).toContain('No rules');
    expect(rest).toContain('backlog_limit 64');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('has its own auditd: two in two containers, and one beside them', async () => {
    const result = await inWorld(`${BOX}
until_true() { for i in $(seq 600); do if sh -c "$1"; then return 0; fi; sleep 0.1; done; echo "never: $1"; }
directory() {
  d=$(mktemp -d); mkdir $d/plugins.d
  sed "s|^log_file .*|log_file = $d/audit.log|; s|^plugin_dir .*|plugin_dir = $d/plugins.d|; s|^log_group .*|log_group = root|; s|^priority_boost .*|priority_boost = 0|; s|^freq .*|freq = 1|" \
    /etc/audit/auditd.conf >$d/auditd.conf
  chmod 640 $d/auditd.conf
}
directory; host=$d
unshare --mount --propagation=private sh -c "mount -t tmpfs none /run; exec auditd -n -c $host" & daemon=$!
until_true "auditctl -s | grep -q '^pid $daemon'"
for id in 1 2; do
  directory; eval "d$id=$d"
  box $id "-Urpf --mount --propagation=private" "mount -t tmpfs none /run; mount -t proc proc /proc; auditd -n -c $d & until auditctl -s | grep -q '^pid [1-9]'; do sleep 0.1; done
    auditctl -m from-$id; auditctl -s | sed -n '/^enabled/p'; touch $d/ready; sleep 1000"
  eval "p$id=$box"
done
for id in 1 2; do eval "d=\\$d$id"; until_true "test -e $d/ready && grep -q from-$id $d/audit.log && grep -q from-$id $host/audit.log"; done
auditctl -m from-host
until_true "grep -q from-host $host/audit.log"
grep -c from-2 $d1/audit.log; grep -c from-1 $d2/audit.log; grep -c from-host $d1/audit.log $d2/audit.log | sed 's/.*://'
ausearch -if $d1/audit.log -m USER --format raw | grep -c 'pid=[0-9]\\{1,3\\} .*from-1'
auditctl -s | grep -E '^(lost|pid)' | sed "s/ $daemon/ daemon/"
kill -9 $(pgrep -P $p1) $(pgrep -P $p2); wait $p1 $p2
until_true "$LSMFS log --audit | grep -q 'op=drop .* old-contid=2'"
kill $daemon; wait $daemon
rm -r $host $d1 $d2; echo end`);
    expect(result.stdout).toBe('enabled 1\nenabled 1\n0\n0\n0\n0\n1\npid daemon\nlost 0\nend\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('that floods and does not read costs the host nothing', async () => {
    const flood = `
import os, select, socket, struct
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
def request(kind, body):
    sock.sendto(struct.pack('<IHHII', 16 + len(body), kind, 1, 1, 0) + body, (0, 0))
request(1001, struct.pack('<4I', 5, 1, 0, os.getpid()))
request(1001, struct.pack('<6I', 16, 0, 0, 0, 0, 4))
for i in range(3000): request(1112, b'x' * 1000 + b'\\0')
status = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
status.sendto(struct.pack('<IHHII', 16, 1000, 1, 1, 0), (0, 0))
while True:
    message = status.recv(9000)
    if struct.unpack_from('<H', message, 4)[0] == 1000: break
print('lost in it', struct.unpack_from('<7I', message, 16)[6] > 2000)
`;
    const result = await inWorld(`${BOX}
auditctl -e 1 >/dev/null
program=$(mktemp)
cat >$program <<'END'
${flood}
END
box 5 -f "python3 $program"
wait $box
auditctl -s | grep ^lost
rm $program`);
    expect(result.stdout).toBe('lost in it True\nlost 0\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('that sends faster than is read, without an address, keeps nobody around it from the audit', async () => {
    const client = `
import os, socket, struct
def audit(): return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
begin, there = os.pipe()
flood = os.fork()
if flood == 0:
    os.read(begin, 1)
    sock = audit()
    while True: sock.send(struct.pack('<IHHII', 216, 1112, 1, 1, 0) + b'x' * 199 + b'\\0')
with open(f'/proc/{flood}/audit_containerid', 'w') as file: file.write('5')
os.write(there, b'x')
sock = audit()
for i in range(1000):
    sock.sendto(struct.pack('<IHHII', 40, 1001, 5, i, 0) + struct.pack('<6I', 8, 0, 0, 0, 0, 0), (0, 0))
    kind, _, serial = struct.unpack_from('<HHI', sock.recv(9000), 4)
    if (kind, serial) != (2, i): raise SystemExit('another answer')
os.kill(flood, 9)
print('answered')
`;
    const result = await inWorld(`auditctl -e 1 >/dev/null
python3 - <<'END'
${client}
END
auditctl -s | grep ^lost`);
    expect(result.stdout).toBe('answered\nlost 0\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});
