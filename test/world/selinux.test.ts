/** The main job: Debian's own SELinux programs, unmodified. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { hostEnforces, NO_MOUNTS_OVER_ATTR } from '../support/host-selinux.ts';
import { lsmfs, script, UNTIL } from './program.ts';

describe('a world with SELinux', () => {
  it('answers as a kernel before and after a policy is loaded', async () => {
    const result = await lsmfs([
      'run',
      '--lsm=selinux',
      '--',
      'sh',
      '-c',
      'getenforce; sestatus | head -1; id -Z; load_policy; echo loaded $?; sestatus | grep MLS; id -Z; getsebool -a | wc -l;' +
        'cat /proc/self/attr/current | od -An -c | tr -d " \\n"; echo; echo 1 > /sys/fs/selinux/enforce; getenforce; avcstat | head -1',
    ]);
    const lines = result.stdout.split('\n');
    expect(lines[0]).toBe('Permissive');
    expect(lines[1]).toMatch(/^SELinux status: +enabled$/);
    expect(lines[2]).toBe('kernel');
    expect(lines[3]).toBe('loaded 0');
    expect(lines[4]).toMatch(/^Policy MLS status: +enabled$/);
    expect(lines[5]).toBe('system_u:system_r:kernel_t:s0');
    expect(Number(lines[6])).toBeGreaterThan(100);
    expect(lines[7]).toBe('system_u:system_r:kernel_t:s0\\0');
    expect(lines[8]).toBe('Enforcing');
    expect(lines[9]).toMatch(/lookups +hits +misses/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('shows size and mode of a file as they are after each change, however soon', async () => {
    const client = [
      'import os, stat',
      'path = "/sys/fs/selinux/enforce"',
      'seen = set()',
      'for i in range(100):',
      '    fd = os.open(path, os.O_WRONLY | (os.O_APPEND if i % 3 else os.O_TRUNC))', // at the end of a file without a size
      '    os.write(fd, b"%d" % (i % 2))',
      '    seen.add(("size", os.fstat(fd).st_size, os.stat(path).st_size, os.lseek(fd, 0, os.SEEK_END)))',
      '    mode = 0o600 + i % 8',
      '    os.chmod(path, mode)',
      '    seen.add(("mode", stat.S_IMODE(os.fstat(fd).st_mode) == mode, stat.S_IMODE(os.stat(path).st_mode) == mode))',
      '    os.close(fd)',
      '    seen.add(("value", open(path).read() == str(i % 2)))',
      'print(sorted(seen))',
    ].join('\n');
    const result = await lsmfs(['run', '--lsm=selinux', '--', 'python3', '-c', client]);
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe("[('mode', True, True), ('size', 0, 0, 0), ('value', True)]\n");
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('lets nobody find classes of a policy that was replaced, whoever holds their directories', async () => {
    const program = `
import os, sys
def load():
    with open(sys.argv[1], 'rb') as f: image = f.read()
    fd = os.open('/sys/fs/selinux/load', os.O_WRONLY)
    os.write(fd, image)
    os.close(fd)
load()
for round in range(10):
    top = os.open('/sys/fs/selinux/class', os.O_RDONLY)
    name = os.listdir(top)[0]
    held = os.open(name, os.O_RDONLY, dir_fd=top) # so the kernel cannot give it up
    before = os.stat('/sys/fs/selinux/class/' + name).st_ino
    for place in (name, name + '/index'): os.stat(place, dir_fd=top)
    assert len(os.listdir(held)) == 2
    load()
    for directory, place in ((top, name), (top, name + '/index'), (held, 'index'), (held, 'perms')):
        try:
            os.stat(place, dir_fd=directory)
            print('found', round, place)
        except FileNotFoundError: pass
    assert os.fstat(top).st_nlink == 0 and os.fstat(held).st_nlink == 0
    assert os.listdir('/sys/fs/selinux/class/' + name)
    for fd in (top, held): os.close(fd)
print('end')`;
    // Small, so that a load takes less time than an entry is remembered.
    const policy = path.resolve('test/conformance/scenarios/data/mini.33');
    const result = await lsmfs(['run', '--lsm=selinux', '--', 'python3', '-c', program, policy]);
    expect(result).toMatchObject({ status: 0, stdout: 'end\n', stderr: '' });
  });

  it('knows at each open of an attr file who a process is now: as its owner, and what it may', async () => {
    const client = [
      'import ctypes, os',
      'def may(flags):',
      '    try: os.close(os.open("/proc/thread-self/attr/prev", flags)); return True',
      '    except PermissionError: return False',
      'PR_SET_DUMPABLE = 4',
      'prctl = ctypes.CDLL(None).prctl',
      'seen = set()',
      'for i in range(200):',
      '    uid = 0 if i % 2 else 2000001000',
      '    os.seteuid(0)',
      '    os.seteuid(uid)',
      '    prctl(PR_SET_DUMPABLE, 1)', // else its files belong to root
      '    fd = os.open("/proc/thread-self/attr/current", os.O_RDONLY)',
      '    seen.add((uid, os.fstat(fd).st_uid))',
      '    os.close(fd)',
      '    seen.add((uid, may(os.O_RDONLY), may(os.O_WRONLY)))', // its mode is 0444
      'print(sorted(seen))',
    ].join('\n');
    const result = await lsmfs(['run', '--lsm=selinux', '--', 'python3', '-c', client]);
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe('[(0, 0), (0, True, True), (2000001000, True, False), (2000001000, 2000001000)]\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('shows labels of processes outside of it, also of those that it never heard of', async () => {
    const result = await script(
      `d=$(mktemp -d); mkfifo $d/pid
       sleep 60 & before=$!
       $LSMFS run -- sh -c "load_policy; read after < $d/pid; ps -o label= -p $before; ps -o label= -p \\$after; cat /proc/\\$after/attr/current" & world=$!
       exec 3> $d/pid
       sleep 60 3>&- & after=$!
       echo $after >&3; exec 3>&-
       wait $world; kill $before $after; rm -r $d`,
    );
    const label = 'system_u:system_r:kernel_t:s0';
    expect(result.stdout).toBe(`${label}\n${label}\n${label}\0`);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('shows them to ps: also of those in namespaces of their own that were started after it', async () => {
    const result = await script(
      `d=$(mktemp -d); mkfifo $d/pids
       $LSMFS run -- sh -c "load_policy; read pids < $d/pids; ps -Zp \\$pids --no-headers" & world=$!
       exec 3> $d/pids
       unshare --pid --fork --mount-proc sleep 60 3>&- & a=$!
       unshare --user --map-root-user --pid --fork sleep 60 3>&- & b=$!
       setpriv --reuid 2000001000 --regid 2000001000 --clear-groups sleep 60 3>&- & c=$!
       ${UNTIL}
       until_true pgrep -P $a >/dev/null; until_true pgrep -P $b >/dev/null
       pids=$(echo $a $b $c $(pgrep -P $a) $(pgrep -P $b) | tr ' ' ,)
       echo $pids >&3; exec 3>&-
       wait $world; kill -9 $(pgrep -P $a) $(pgrep -P $b) $c; wait; rm -r $d`,
    );
    const rows = result.stdout.trimEnd().split('\n');
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row).toMatch(/^system_u:system_r:kernel_t:s0 /);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('has its own state beside another', async () => {
    const result = await script(
      `$LSMFS run -- sh -c 'load_policy; echo 1 > /sys/fs/selinux/enforce; getenforce; sleep 1; getenforce' > /tmp/a.$$ &
       $LSMFS run -- sh -c 'sleep 0.7; getenforce; id -Z'; wait; cat /tmp/a.$$; rm /tmp/a.$$`,
    );
    expect(result.stdout).toBe('Permissive\nkernel\nEnforcing\nEnforcing\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('toggles a boolean', async () => {
    const result = await lsmfs([
      'run',
      '--',
      'sh',
      '-c',
      'load_policy; b=$(getsebool -a | head -1 | cut -d" " -f1); getsebool $b; setsebool $b on; getsebool $b; setsebool $b off; getsebool $b',
    ]);
    expect(result.stdout.split('\n').map((line) => line.split(' ').at(-1))).toEqual(['off', 'on', 'off', '']);
  });

  it('counts a thread that was joined no longer, although it has not yet given back what it held', async () => {
    const program = `
import ctypes, os, threading
def late():
    ctypes.CDLL(None).unshare(0x400)  # CLONE_FILES: the memory below goes when the thread exits
    os.posix_fallocate(os.memfd_create('m'), 0, 128 << 20)
def become(label):
    try: return os.write(fd, label)
    except OSError as error: return error.strerror
fd = os.open('/proc/self/attr/current', os.O_WRONLY)
stop = threading.Event()
waiting = threading.Thread(target=stop.wait)
waiting.start()
print(become(b'system_u:system_r:sshd_t:s0'))
stop.set(); waiting.join()
thread = threading.Thread(target=late)
thread.start(); thread.join()  # which does not wait for the kernel, as pthread_join does
while True:
    try: flags = int(open(f'/proc/self/task/{thread.native_id}/stat').read().rsplit(')')[-1].split()[6])
    except OSError: break
    if flags & 4: break  # PF_EXITING
print(become(b'system_u:system_r:init_t:s0'))
`;
    const result = await script(`$LSMFS run -- sh -c 'load_policy; python3 -c "$PROGRAM"'`, {
      env: { PROGRAM: program },
    });
    expect(result.stdout).toBe('Operation not permitted\n27\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('boots with a policy when asked to', async () => {
    const result = await script(
      'p=$(ls /etc/selinux/default/policy/policy.* | tail -1); $LSMFS run --policy=$p --enforcing -- sh -c "getenforce; id -Z"',
    );
    expect(result.stdout).toBe('Enforcing\nsystem_u:system_r:kernel_t:s0\n');
  });

  it('serves files only without a supervisor, and attr of whoever asks', async (context) => {
    if (hostEnforces()) context.skip(NO_MOUNTS_OVER_ATTR);
    const result = await lsmfs([
      'run',
      '--no-seccomp',
      '--',
      'sh',
      '-c',
      'cat /sys/fs/selinux/enforce; cat /proc/self/attr/current; cat /proc/thread-self/attr/selinux/current; readlink /proc/self; ls -d /proc/self/fd',
    ]);
    expect(result.stdout).toMatch(/^0kernel\0kernel\0\d+\n\/proc\/self\/fd\n$/);
    expect(result.stderr).toContain('libselinux programs find SELinux disabled');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('serves attr without a supervisor in a pid namespace of its own', async (context) => {
    if (hostEnforces()) context.skip(NO_MOUNTS_OVER_ATTR);
    const result = await script(
      `unshare -pf --mount-proc $LSMFS run --no-seccomp -- sh -c 'sh -c "cat /proc/self/attr/current; cat /proc/thread-self/attr/current"; cat /proc/self/attr/prev'`,
    );
    expect(result.stdout).toBe('kernel\0kernel\0kernel\0');
    expect(result.leftovers).toSatisfy(isClean);
  });
});
