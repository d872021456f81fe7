/** System calls of a world that files alone cannot answer: a Python client makes them, the kernel's answers are expected. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script, stepsOf, UNTIL, worldName } from './program.ts';

const CLIENT = path.resolve('test/world/supervisor-client.py');
const KERNEL = 'system_u:system_r:kernel_t:s0\0';
const INIT = 'system_u:system_r:init_t:s0';
/** Starts shells and programs without leaving its domain. */
const UNCONFINED = 'unconfined_u:unconfined_r:unconfined_t:s0';

/** Steps of a part of the client in a world with Debian's policy. */
async function steps(part: string, before = ''): Promise<Map<string, unknown>> {
  const result = await lsmfs([
    'run',
    '--lsm=selinux',
    '--',
    'sh',
    '-c',
    `load_policy; d=$(mktemp -d); ${before} python3 ${CLIENT} ${part} $d; s=$?; rmdir $d; exit $s`,
  ]);
  return stepsOf(result);
}

describe('opens of /proc/<pid>/attr', () => {
  const same = [
    'open /proc/self/attr/current',
    'open /proc//thread-self/./attr/current',
    'open /proc/self/attr/../attr/current',
    'open /proc/PID/task/PID/attr/current',
    'open /proc/PID/attr/current',
    'below O_RDONLY attr',
    'below O_PATH attr',
    'below /proc/self',
    'below /proc',
    'cwd attr',
    'detached procfs',
    'opened again below procfs',
    'opened again in fd of procfs',
    'opened again below detached procfs',
    'opened again in fd of detached procfs',
    'openat2 beneath',
  ];

  it('reach the emulated tree by every way', async () => {
    const found = await steps('opens');
    expect(same.map((step) => [step, found.get(step)])).toEqual(same.map((step) => [step, KERNEL]));
    expect(found.get('missing')).toBe('No such file or directory');
    expect(found.get('create')).toBe('No such file or directory');
    expect(found.get('list')).toEqual(['current', 'prev', 'exec', 'fscreate', 'keycreate', 'sockcreate']);
    expect(found.get('openat2 no symlinks')).toBe('Too many levels of symbolic links');
  });

  it('do so with process numbers of another pid namespace, through its procfs and through ours', async () => {
    for (const procfs of ['--mount-proc', '']) {
      const found = await steps('opens', `unshare -p -f ${procfs}`);
      // The client knows itself by its inner number, which our procfs does not show.
      const reachable = procfs === '' ? same.filter((step) => !step.includes('PID')) : same;
      expect(reachable.map((step) => [step, found.get(step)])).toEqual(reachable.map((step) => [step, KERNEL]));
    }
  });

  it('act for the thread that makes them', async () => {
    const found = await steps('threads');
    expect(found.get('thread, process file')).toBe('Permission denied');
    expect(found.get('thread, own files')).toEqual([1, 1, 1]);
  });
});

describe('statfs', () => {
  it('names the emulated filesystem', async () => {
    const found = await steps('opens');
    expect(found.get('statfs selinuxfs')).toEqual(['0xf97cff8c', '0x1000']);
    expect(found.get('fstatfs attr')).toBe('0x9fa0');
    expect(found.get('statfs proc')).toBe('0x9fa0');
  });
});

describe('writes of zero bytes', () => {
  it('clear attr files and are refused where the kernel refuses them', async () => {
    expect(Object.fromEntries(await steps('zero'))).toEqual({
      'set exec': INIT.length,
      'get exec': `${INIT}\0`,
      'clear exec': 0,
      'get cleared exec': '',
      'clear current': 'Invalid argument',
      'zero of init': 'Operation not permitted',
      'zero to read-only': 'Bad file descriptor',
      'zero to /dev/null': 0,
      'zero to load': 'Invalid argument',
      'zero to access': 'Invalid argument',
      'zero to enforce': 'Invalid argument',
    });
  });
});

describe('SO_PEERSEC', () => {
  it('gives the label of the process at the other end', async () => {
    expect(Object.fromEntries(await steps('peers'))).toEqual({
      peersec: KERNEL,
      'peersec short': 'Numerical result out of range',
      'peersec datagram': 'Protocol not available',
      'peersec nowhere': ['Bad address', KERNEL.length],
      'other option': 1,
    });
  });
});

describe('the lsm system calls', () => {
  it('move the bytes that the stack decides on', async () => {
    expect(Object.fromEntries(await steps('lsm'))).toEqual({
      'list modules': [5, [108, 100, 101, 111, 112], 40],
      'list modules, small': ['Argument list too long', 40],
      'list modules, flags': 'Invalid argument',
      'list modules, null size': 'Bad address',
      'get current': [1, 64, 101, 0, 64, KERNEL.length, KERNEL],
      'get, bad buffer': 'Bad address',
      'get, null size': 'Invalid argument',
      'set exec': [0, `${INIT}\0`],
      'set, short': 'Invalid argument',
    });
  });
});

describe('mount(2) of emulated filesystems', () => {
  const expected = {
    mount: 0,
    'mount flags': [['ro', 'noexec']],
    'same instance': true,
    'mount again': 'Device or resource busy',
    umount: 0,
    securityfs: [0, true, 0],
    'bad option': 'Invalid argument',
    'no such place': 'No such file or directory',
    'on a file': 'Not a directory',
    'unknown type': 'No such device',
    'labelled tmpfs': [0, 0],
  };

  it('happens in the mount namespace of the caller', async () => {
    expect(Object.fromEntries(await steps('mounts'))).toEqual(expected);
    expect(Object.fromEntries(await steps('mounts', 'unshare -m'))).toEqual(expected);
  });

  it('is for the administrator only', async () => {
    const result = await lsmfs([
      'run',
      '--',
      'sh',
      '-c',
      'unshare -Urm mount -t selinuxfs none /mnt; setpriv --reuid=65534 --clear-groups mount -t selinuxfs none /mnt; id -u',
    ]);
    expect(result.stderr).toMatch(/permission denied[\s\S]*(must be superuser|permission denied)/);
    expect(result.stdout).toBe('0\n');
  });

  it('takes the programs of util-linux through the whole sequence', async () => {
    const result = await lsmfs([
      'run',
      '--',
      'unshare',
      '-m',
      '-n',
      'sh',
      '-c',
      'umount /sys/fs/selinux; getenforce; mount -t selinuxfs none /sys/fs/selinux && load_policy && ' +
        'runcon unconfined_u:unconfined_r:unconfined_t:s0:c0.c1023 sh -c "id -Z; setenforce 1; getenforce"',
    ]);
    expect(result.stdout).toBe('Disabled\nunconfined_u:unconfined_r:unconfined_t:s0:c0.c1023\nEnforcing\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('supervision', () => {
  it('does not repeat a call that a signal interrupts', async () => {
    const storm = `
import os, signal
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
before = len(os.listdir('/proc/self/fd'))
count = 0
for i in range(300):
    f = os.open('/proc/self/attr/current', os.O_RDONLY)
    count += len(os.read(f, 100)) > 0
    os.close(f)
signal.setitimer(signal.ITIMER_REAL, 0)
print(count, len(os.listdir('/proc/self/fd')) - before)`;
    const result = await lsmfs(['run', '--', 'python3', '-c', storm]);
    // A repeated open would have left a descriptor behind.
    expect(result.stdout).toBe('300 0\n');
  });

  it('knows every child and program before its first call, also orphans and chains', async () => {
    const family = `for i in $(seq 100); do id -Z; ( ( sleep 0.01; id -Z ) & ); done`;
    const result = await script(
      `$LSMFS run -- sh -c "load_policy; runcon ${UNCONFINED} sh -c '$FAMILY' | sort | uniq -c"`,
      // 400 programs and more take their time on a busy machine.
      { env: { FAMILY: family }, timeoutMs: 100_000 },
    );
    // Who is not known as a descendant would have the label of an outsider.
    expect(result.stdout.trim()).toBe(`200 ${UNCONFINED}`);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('knows them as well where there is no proc connector', async () => {
    const result = await script(
      `unshare -n $LSMFS run -- sh -c 'load_policy; runcon ${UNCONFINED} sh -c "
         for i in 1 2 3 4 5; do cat /proc/self/attr/current; echo; done
         id -Z; (id -Z); sh -c \\"exec id -Z\\""' | tr -d '\\0'`,
    );
    expect(result.stdout.trim().split('\n')).toEqual(new Array(8).fill(UNCONFINED));
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('finds there whose child an orphan is that nobody saw before', async () => {
    // Waits without a call that is asked about, until its parent has ended.
    const orphan =
      '(read me x < /proc/self/stat; (until read a b c p x < /proc/self/stat; [ "$p" != "$me" ]; do :; done; id -Z) &)';
    const result = await script(
      'unshare -n $LSMFS run -- sh -c \'load_policy; runcon $0 sh -c "$1; $1; :"; ' +
        'runcon $0 sh -c "sh -c \\"\\$0\\" & :" "$1"; id -Z\' $LABEL "$ORPHAN" | cat',
      { env: { LABEL: UNCONFINED, ORPHAN: orphan } },
    );
    expect(result.stderr).toBe('');
    expect(result.stdout.trim().split('\n').sort()).toEqual([KERNEL.slice(0, -1), ...new Array(3).fill(UNCONFINED)]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('fails instead of hanging when the daemon is killed', async () => {
    const name = worldName('killed');
    const result = await script(
      `${UNTIL}
       d=$(mktemp -d)
       { until_true test -e $d/ready
         kill -9 $($LSMFS ps --json | python3 -c '
import json, sys
print([w["daemonPid"] for w in json.load(sys.stdin) if w["name"] == "${name}"][0])')
         sleep 0.2; echo; } |
         $LSMFS run --name=${name} -- sh -c ': > $0/ready; read x; read y < /etc/hostname || echo refused' $d 2> /dev/null
       rm -r $d; $LSMFS ps > /dev/null`,
    );
    expect(result.timedOut).toBe(false);
    expect(result.stdout).toBe('refused\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});
