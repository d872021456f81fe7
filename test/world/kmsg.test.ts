/** The emulated kernel's log as the programs of a world read it. */
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script } from './program.ts';

const ENFORCING = /^\[ *\d+\.\d{6}\] audit: type=1404 audit\(\d+\.\d{3}:\d+\): enforcing=1 old_enforcing=0 /;

const inWorld = (text: string, ...options: string[]) => lsmfs(['run', ...options, '--', 'bash', '-c', text]);

describe('dmesg', () => {
  it('shows what the emulated kernel said and programs wrote, and nothing of the host', async () => {
    const result = await inWorld(
      'dmesg | head -1; setenforce 1; dmesg | tail -1; dmesg -S | tail -1; echo hello > /dev/kmsg; dmesg | tail -1; dmesg | wc -l; stat -c %F:%t:%T /dev/kmsg',
    );
    const lines = result.stdout.split('\n');
    expect(lines[0]).toMatch(/\] LSM: initializing lsm=/);
    expect(lines[1]).toMatch(ENFORCING);
    expect(lines[2]).toBe(lines[1]);
    expect(lines[3]).toMatch(/\] hello$/);
    expect(Number(lines[4])).toBeLessThan(10);
    expect(lines[5]).toBe('character special file:1:b');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('follows', async () => {
    const result = await inWorld(
      'exec 3< <(exec timeout 20 dmesg -W); for i in $(seq 100); do echo "mark $i" > /dev/kmsg; if read -t 0.1 -u 3 line; then break; fi; done; echo "$line"; kill $!; exec 3<&-; wait $!',
    );
    expect(result.stdout).toMatch(/\] mark \d+\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is the same in a mount namespace and in a root directory of its own', async () => {
    const result = await inWorld(
      'echo marked > /dev/kmsg; unshare -m dmesg | tail -1; mkdir -p /tmp/root.$$; mount -t tmpfs none /tmp/root.$$; cd /tmp/root.$$; mkdir dev; mknod dev/log c 1 11; mknod dev/kmsg c 1 11;' +
        'python3 -c \'import os; os.chroot("."); f = os.open("/dev/kmsg", os.O_NONBLOCK); os.lseek(f, 0, 3); print(os.read(f, 99))\'; cd /; umount /tmp/root.$$; rmdir /tmp/root.$$',
    );
    const lines = result.stdout.split('\n');
    expect(lines[0]).toMatch(/\] marked$/);
    expect(lines[1]).toMatch(/^b'6,0,\d+,-;LSM: initializing/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is not for everybody', async () => {
    const result = await inWorld(
      'setpriv --reuid=65534 --clear-groups sh -c "echo x > /dev/kmsg; cat /proc/kmsg" 2>&1 | sed "s/.*: //"',
    );
    expect(result.stdout).toBe('Permission denied\nPermission denied\n');
  });

  it('works without a supervisor', async () => {
    const result = await inWorld('echo mine > /dev/kmsg; dmesg | tail -1', '--no-seccomp');
    expect(result.stdout).toMatch(/\] mine\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

const WAITING = `
import fcntl, os, select, signal, sys
fd = os.open("/dev/kmsg", os.O_RDONLY)
os.lseek(fd, 0, os.SEEK_END)
if os.fork() == 0:
    os.execvp("sh", ["sh", "-c", "sleep 0.3; echo one > /dev/kmsg"])
print(os.read(fd, 999).split(b";")[1])
epoll = select.epoll()
epoll.register(fd, select.EPOLLIN | select.EPOLLERR)
print(epoll.poll(0))
if os.fork() == 0:
    os.execvp("sh", ["sh", "-c", "sleep 0.3; echo two > /dev/kmsg"])
print([event for _, event in epoll.poll(20)], os.read(fd, 999).split(b";")[1])
fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
try: os.read(fd, 999)
except BlockingIOError: print("would wait")
fcntl.fcntl(fd, fcntl.F_SETFL, 0)
signal.signal(signal.SIGALRM, lambda *_: sys.exit("interrupted"))
signal.setitimer(signal.ITIMER_REAL, 0.3)
os.read(fd, 999)
`;

it('a reader waits in read, in epoll, and can be interrupted', async () => {
  const result = await script(`$LSMFS run -- /usr/bin/python3 -c '${WAITING}'`);
  expect(result.stdout).toBe("b'one\\n'\n[]\n[1] b'two\\n'\nwould wait\n");
  expect(result.stderr).toBe('interrupted\n');
  expect(result.leftovers).toSatisfy(isClean);
});

const SYSLOG = `
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(200000)
def klogctl(action, length=0):
    count = libc.klogctl(action, buffer, length)
    return count if count >= 0 else errno.errorcode[ctypes.get_errno()]
while klogctl(9) > 0: klogctl(2, 65536)
print(klogctl(2, 100))
if os.fork() == 0:
    os.execvp("sh", ["sh", "-c", "sleep 0.3; echo one > /dev/kmsg"])
count = klogctl(2, 100)
while count == "EINTR": count = klogctl(2, 100)
print(buffer[:count].decode().split("] ")[1], end="")
kmsg = os.open("/dev/kmsg", os.O_WRONLY)
for i in range(10): os.write(kmsg, b"x" * 1000 + b"\\n")
count = klogctl(3, 200000)
print(count > 10000, buffer[:count].count(b"x" * 1000), klogctl(10))
`;

it('syslog(2) waits, and gives as much as there is', async () => {
  const result = await script(`$LSMFS run -- /usr/bin/python3 -c '${SYSLOG}'`);
  expect(result.stderr).toBe('');
  expect(result.stdout).toBe('EINTR\none\nTrue 10 131072\n');
  expect(result.leftovers).toSatisfy(isClean);
});
