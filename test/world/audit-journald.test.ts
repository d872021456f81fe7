/** Readers of the audit multicast group that want to know the kernel by its credentials: journald, and one that says what it sees. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, UNTIL } from './program.ts';

const inWorld = (text: string) =>
  lsmfs([
    'run',
    '--lsm=yama',
    '--audit-calls',
    '--',
    'unshare',
    '-m',
    '--propagation',
    'private',
    'bash',
    '-c',
    UNTIL + text,
  ]);

it('journald takes the records of a world', async () => {
  const result = await inWorld(
    `mount -t tmpfs none /run && mkdir -p /run/systemd/journald.conf.d /run/log/journal
     printf '[Journal]\nStorage=volatile\nForwardToKMsg=no\nForwardToConsole=no\nAudit=yes\n' > /run/systemd/journald.conf.d/audit.conf
     /lib/systemd/systemd-journald 2> /dev/null & journald=$!
     until_true eval '[ -S /run/systemd/journal/socket ] && [ "$(auditctl -s | head -1)" = "enabled 1" ]'
     auditctl -m 'hello journal' > /dev/null
     read_audit() { journalctl --directory=/run/log/journal _TRANSPORT=audit --no-pager -o cat 2> /dev/null; }
     until_true eval "read_audit | grep -q 'hello journal'"
     read_audit | grep -o 'USER.*hello journal'; kill $journald; wait`,
  );
  expect(result.stdout.replace(/pid=\d+/, 'pid=N')).toBe(
    "USER pid=N uid=0 auid=4294967295 ses=4294967295 msg='text=hello journal\n",
  );
  expect(result.leftovers).toSatisfy(isClean);
});

/** Prints of messages that it receives: sender, control data, flags. */
const CLIENT = `
import os, socket, struct, subprocess, sys
SOL_NETLINK, ADD_MEMBERSHIP, PKTINFO = 270, 1, 3
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 9)
s.bind((0, 0))
s.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, 1)
def receive(room, flags=0):
    message = s.recvmsg(65536, room, flags)
    control = [(level, kind, list(struct.unpack('%dI' % (len(data) // 4), data))) for level, kind, data in message[1]]
    kind = struct.unpack_from('=IH', message[0])[1]
    return [kind, message[3], control, message[2]]
def drain():
    try:
        while s.recv(65536):
            pass
    except BlockingIOError:
        pass
def say():
    drain()
    subprocess.run(['auditctl', '-m', 'hello'], stdout=subprocess.DEVNULL)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
say(); print(receive(256)); drain()
try:
    receive(256)
except BlockingIOError:
    print('nothing')
say(); print(receive(256, socket.MSG_PEEK)); print(receive(20))
s.setsockopt(SOL_NETLINK, PKTINFO, 1)
say(); print(receive(256, socket.MSG_CMSG_CLOEXEC))
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
say(); print(receive(256))
s.setsockopt(SOL_NETLINK, PKTINFO, 0)
say(); print(receive(256))
`;

it('recvmsg(2) tells that a record is of the kernel', async () => {
  const result = await lsmfs(['run', '--lsm=yama', '--audit-calls', '--param=audit=1', '--', 'python3', '-c', CLIENT]);
  const [user, sender, credentials, group] = [1005, '(0, 1)', '(1, 2, [0, 0, 0])', '(270, 3, [1])'];
  expect(result.stderr).toBe('');
  expect(result.stdout.split('\n')).toEqual([
    `[${user}, ${sender}, [${credentials}], 0]`,
    'nothing',
    `[${user}, ${sender}, [${credentials}], 0]`,
    `[${user}, ${sender}, [(1, 2, [0])], 8]`,
    `[${user}, ${sender}, [${group}, ${credentials}], 1073741824]`,
    `[${user}, ${sender}, [${group}], 0]`,
    `[${user}, ${sender}, [], 0]`,
    '',
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});

it('a program that a signal ends is recorded, and one that ends otherwise is not', async () => {
  const result = await lsmfs([
    ...['run', '--lsm=yama', '--param=audit=1', '--', 'bash', '-c'],
    `${UNTIL} log() { ${process.execPath} dist/lsmfs.js log --audit; }
     sleep 60 & until_true grep -q sleep /proc/$!/comm; kill -TERM $!; wait 2> /dev/null
     setpriv --reuid=7 --clear-groups sleep 60 & until_true grep -q sleep /proc/$!/comm; auditctl -s > /dev/null; kill -SEGV $!; wait 2> /dev/null
     until_true eval 'log | grep -q ANOM_ABEND'; log | grep ANOM_ABEND | cut -d ' ' -f 1,3-`,
  ]);
  expect(result.stdout.replace(/ pid=\d+/, ' pid=N')).toBe(
    'type=ANOM_ABEND auid=4294967295 uid=7 gid=0 ses=4294967295 pid=N comm="sleep" exe="/usr/bin/sleep" sig=11 res=1\n',
  );
  expect(result.leftovers).toSatisfy(isClean);
});
