/** `lsmfs run`: the command is what it would be without us, and the world is gone when it is. */
import { describe, expect, it } from 'vitest';
import { isClean, runInBox, SLOWNESS } from '../support/box.ts';
import { times } from '../support/tier.ts';
import { lsmfs, script, UNTIL, worldName } from './program.ts';

describe('exit status', () => {
  const cases: [string, readonly string[], number][] = [
    ['success', ['run', '--', 'true'], 0],
    ["the command's own", ['run', '--', 'sh', '-c', 'exit 3'], 3],
    ['command not found', ['run', '--', 'no-such-command'], 127],
    ['not executable', ['run', '--', '/etc/passwd'], 126],
    ['unknown module', ['run', '--lsm=bogus', '--', 'true'], 125],
    ['unreadable policy', ['run', '--policy=/no/such/policy', '--', 'true'], 125],
    ['unreadable file_contexts', ['run', '--file-contexts=/no/such', '--', 'true'], 125],
    ['not a policy', ['run', '--policy=/etc/passwd', '--', 'true'], 125],
    ['a policy that never ends', ['run', '--policy=/dev/zero', '--', 'true'], 125],
    ['a log file that cannot be written', ['run', '--log-file=/no/such/log', '--', 'true'], 125],
    ['not a name', ['run', '--name=a/b', '--', 'true'], 125],
    ['unknown world', ['exec', 'no-such-world', '--', 'true'], 125],
  ];
  it.each(cases)('%s', async (_name, args, status) => {
    const result = await lsmfs(args);
    expect(result.status).toBe(status);
    expect(result.leftovers).toSatisfy(isClean);
    expect(result.stderr.split('\n').length).toBe(status === 125 ? 3 : status > 125 ? 2 : 1);
  });

  it('the command is the one that execvp(3) finds', async () => {
    const command = '$LSMFS run -- found 2>/dev/null; echo $?';
    const result = await script(
      `mkdir -p $TMP/file $TMP/broken $TMP/empty $TMP/script; cd $TMP/script; PATH=$(dirname $(command -v node)):$PATH; : > $TMP/file/found
       printf '#!/no/such/program\n' > $TMP/broken/found; echo 'echo $0 $1' > $TMP/script/found; chmod +x $TMP/broken/found $TMP/script/found
       PATH=$TMP/none:$TMP/file:$TMP/broken:$TMP/script/found:$TMP/script:$PATH $LSMFS run -- found me
       PATH=$PATH::$TMP/empty $LSMFS run -- found here
       PATH=$PATH:$TMP/file ${command}; PATH=$PATH:$TMP/broken ${command}; PATH=$PATH:$TMP/empty ${command}; cd /; rm -r $TMP`,
      { env: { TMP: `/tmp/lsmfs-found-${process.pid}` } },
    );
    const found = `/tmp/lsmfs-found-${process.pid}/script/found`;
    expect(result.stdout).toBe(`${found} me\n./found here\n126\n127\n127\n`);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('death by a signal stays one', async () => {
    const result = await lsmfs(['run', '--', 'sh', '-c', 'kill -KILL $$']);
    expect(result.signal).toBe('SIGKILL');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('what the command inherits', () => {
  const LOOK =
    'grep -E "^(Umask|Sig(Blk|Ign|Cgt)|Cap|NoNewPrivs|Cpus_allowed:)" /proc/self/status; cat /proc/self/limits; pwd; umask;' +
    'env | grep -v -e ^_= -e ^LSMFS_WORLD= | sort; for f in /proc/self/fd/*; do readlink $f; done | grep -v -e pipe: -e /proc/';

  it('is what lsmfs was given', async () => {
    const setUp = `PATH=$PATH:$PWD/bin; cd /usr/share; umask 027; ulimit -Sn 300; ulimit -Sc 0
      export ODD="a b\nc"; exec 7</etc/hostname 9</dev/null 20>/dev/null\n`;
    const result = await script(
      `${setUp} sh -c '${LOOK}' > "$TMP.1"; $LSMFS run -- sh -c '${LOOK}' > "$TMP.2"; diff "$TMP.1" "$TMP.2" && wc -l < "$TMP.1"; rm "$TMP.1" "$TMP.2"`,
      { env: { TMP: `/tmp/lsmfs-inherit-${process.pid}` } },
    );
    expect(result.stderr).toBe('');
    expect(Number(result.stdout)).toBeGreaterThan(30);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is the process itself: same pid, same parent', async () => {
    const result = await script(`echo $$ $PPID; exec $LSMFS run -- sh -c 'echo $$ $PPID'`);
    const [before, after] = result.stdout.trim().split('\n');
    expect(after).toBe(before);
    expect(before).toMatch(/^\d+ \d+$/);
  });

  it('includes what Node forgets, with the start script: nohup and the limit on files', async () => {
    const look = 'grep SigIgn /proc/self/status; ulimit -Sn';
    const result = await script(
      `ulimit -Sn 333; ln -s "$PWD/bin/lsmfs" "$TMP"; trap '' HUP; sh -c '${look}'; "$TMP" run -- sh -c '${look}'; rm "$TMP"`,
      { env: { TMP: `/tmp/lsmfs-start-${process.pid}` } },
    );
    const [signals, files, signalsInside, filesInside] = result.stdout.split('\n');
    expect([signals, files]).toEqual(['SigIgn:\t0000000000000001', '333']);
    expect([signalsInside, filesInside]).toEqual([signals, files]);
  });

  it('must be able to open enough files', async () => {
    const result = await script(`ulimit -n 100; $LSMFS run -- true; echo $?`);
    expect(result.stdout).toBe('125\n');
    expect(result.stderr).toContain('At most 100 files may be open');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('has no children that it did not make', async () => {
    const result = await lsmfs(['run', '--', 'sh', '-c', 'cat /proc/$$/task/$$/children; true']);
    expect(result.stdout.trim().split(' ').filter(Boolean).length).toBeLessThanOrEqual(1);
    expect(result.status).toBe(0);
  });

  it('reads standard input and ends its output with the command', async () => {
    const result = await lsmfs(['run', '--', 'tr', 'a-z', 'A-Z'], { input: 'abc' });
    expect(result.stdout).toBe('ABC');
  });
});

describe('signals and terminals', () => {
  it('a signal to the process reaches the command', async () => {
    const result = await script(
      `${UNTIL}ready=$(mktemp -u); $LSMFS run -- sh -c 'trap "exit 7" TERM; : > "$0"; while :; do sleep 0.05; done' "$ready" &
       pid=$!; until_true test -e "$ready"; kill -TERM $pid; wait $pid; echo $?; rm -f "$ready"`,
    );
    expect(result.stdout).toBe('7\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('has the terminal', async () => {
    const result = await script(
      `script -qec '$LSMFS run -- sh -c "test -t 0 && test -t 1 && ps -o stat= -p \\$\\$"' /dev/null`,
    );
    expect(result.stdout).toMatch(/^S\S*\+/);
  });

  it('Ctrl-C ends the command and not the daemon before it', async () => {
    const name = worldName('intr');
    const result = await script(
      `${UNTIL}{ until_true test -e /tmp/${name}; printf '\\003'; until_true test ! -e /run/lsmfs/${name}; } | script -qec 'exec $LSMFS run --name ${name} -- sh -c "$INNER"' /dev/null; echo "status $?"`,
      {
        env: {
          INNER: `trap "rm /tmp/${name}; cat /sys/fs/selinux/enforce; exit 9" INT; echo ready; : >/tmp/${name}; while :; do sleep 0.05; done`,
        },
      },
    );
    expect(result.stdout.replaceAll('\r', '')).toMatch(/ready\n\^?C?0status 9/);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('the world of a command', () => {
  it('ends with its last process, not with its first', async () => {
    const name = worldName('last');
    const result = await script(
      `${UNTIL}$LSMFS run --name ${name} -- sh -c '(sleep 0.7; cat /sys/fs/selinux/enforce > /tmp/${name}) </dev/null >/dev/null 2>&1 &'
       test -d /run/lsmfs/${name} && echo there; until_true test ! -e /run/lsmfs/${name} && cat /tmp/${name}; rm -f /tmp/${name}`,
    );
    expect(result.stdout).toBe('there\n0');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is invisible outside', async () => {
    const result = await script(
      'cat /proc/self/mountinfo > $TMP.1; $LSMFS run -- cat /sys/kernel/security/lsm; cat /proc/self/mountinfo > $TMP.2; cmp $TMP.1 $TMP.2 && echo same; rm $TMP.1 $TMP.2',
      { env: { TMP: `/tmp/lsmfs-mounts-${process.pid}` } },
    );
    expect(result.stdout).toContain('selinux');
    expect(result.stdout).toContain('same\n');
  });

  it('can be made below a chroot whose root is not a mount point, and is invisible outside of that, too', async () => {
    const result = await script(
      `unshare -m --propagation=private bash -c 'mount --make-rshared /; root=$(mktemp -d); trap "umount -l $root; rmdir $root" EXIT
         mount -t tmpfs root $root; mkdir $root/new; for d in /*; do n=$root/new$d
         if [ -L $d ]; then cp -P $d $n; elif [ -d $d ]; then mkdir $n; [ $d = /tmp ] || mount --rbind $d $n; fi; done
         mkdir -p "$root/new$PWD"; mount --bind "$PWD" "$root/new$PWD"; wc -l </proc/self/mountinfo
         chroot $root/new sh -c "cd $PWD; $LSMFS run -- sh -c \\"getenforce; pwd; wc -l </proc/self/mountinfo\\""; wc -l </proc/self/mountinfo'`,
    );
    const [before, mode, directory, inside, after] = result.stdout.split('\n');
    expect([mode, directory]).toEqual(['Permissive', process.cwd()]);
    expect(Number(inside)).toBeGreaterThan(2);
    expect(after).toBe(before);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('lists modules without implementation on request', async () => {
    const result = await lsmfs([
      'run',
      '--allow-unimplemented',
      '--lsm=tomoyo,selinux',
      '--',
      'cat',
      '/sys/kernel/security/lsm',
    ]);
    expect(result.stdout).toContain(',capability,tomoyo,selinux,');
  });

  it('shows in /proc/cmdline what it was booted with', async () => {
    const args = ['run', '--lsm=yama', '--param', 'ima_policy=tcb', '--', 'cat', '/proc/cmdline'];
    const result = await lsmfs(args);
    expect(result.stdout).toMatch(/(?:^| )lsm=yama ima_policy=tcb(?: -- .*)?\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('keeps what /sys/fs had', async () => {
    const look =
      'ls /sys/fs | grep -v selinux; ls /sys/fs/cgroup; cat /proc/filesystems | grep -v -e selinuxfs -e smackfs -e securityfs';
    const result = await script(`sh -c '${look}' | cksum; $LSMFS run -- sh -c '${look}' | cksum`);
    const [outside, inside] = result.stdout.trim().split('\n');
    expect(inside).toBe(outside);
  });

  it('lets a user namespace mount /proc and /sys afresh, as the host does, and both are of the world', async () => {
    const inside =
      'mount -t proc p /mnt && cat /mnt/self/attr/current && ls -d /mnt/1/attr/apparmor && mount -t sysfs s /mnt && ls /mnt';
    const outside = await script(`unshare -Urpfmn sh -c 'mount -t proc p /mnt && mount -t sysfs s /mnt && ls /mnt'`);
    const result = await lsmfs(['run', '--lsm=apparmor', '--', 'unshare', '-Urpfmn', 'sh', '-c', inside]);
    expect(result.stdout).toBe(`unconfined\n/mnt/1/attr/apparmor\n${outside.stdout}`);
    expect(outside.stdout).toContain('kernel\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('has a configuration of SELinux when the host has none', async () => {
    const result = await script(
      `unshare -m sh -c 'mount -t tmpfs none /etc/selinux; mkdir -p /etc/selinux/mls/policy
       $LSMFS run -- sh -c "getenforce; cat /etc/selinux/config; touch /etc/selinux/mls/x /etc/selinux/y && echo writable"; ls /etc/selinux'`,
    );
    expect(result.stdout).toBe(
      'Permissive\n# Made by lsmfs for this world only.\nSELINUX=permissive\nSELINUXTYPE=mls\nwritable\nmls\n',
    );
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('leaves nothing that the next command does not clean when its start is interrupted', async () => {
    const names = [30, 60, 90, 110, 130, 150].map((delay) => ({ delay, name: worldName(`early${delay}`) }));
    const result = await script(
      `${UNTIL}${names.map(({ delay, name }) => `timeout -s INT 0.${String(delay).padStart(3, '0')} $LSMFS run --name ${name} -- sleep 0.2`).join('\n')}
       gone() { $LSMFS ps >/dev/null 2>&1; ! ls /run/lsmfs | grep -e early | grep -qe -${process.pid}-; }
       until_true gone || ls /run/lsmfs`,
    );
    expect(result.stdout).toBe('');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('reports to --json-status-fd', async () => {
    const name = worldName('json');
    const result = await script(
      `$LSMFS run --name ${name} --json-status-fd 5 -- sh -c 'exit 4' 5>&1 1>/dev/null; sleep 0.5`,
    );
    const lines = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ world: name, 'child-pid': expect.any(Number), 'daemon-pid': expect.any(Number) });
    expect(lines[1]).toEqual({ 'exit-code': 4 });
  });

  it('has reported the end when the command has ended, again and again under load', async () => {
    const rounds = Math.ceil(times(5, 25) / SLOWNESS);
    const result = await script(
      `export D=$(mktemp -d); trap 'kill $busy; rm -r $D' EXIT; for i in 1 2; do while :; do :; done & busy="$busy $!"; done
       look() { : > $D/$1; $LSMFS run --json-status-fd 5 -- sh -c "$2" 5> $D/$1; grep -o 'exit-code.*' $D/$1 || echo missing; }
       for i in $(seq ${rounds}); do
         jobs=
         for command in 'exit 3' 'exec sh -c "exit 3"' 'sh -c "exit 1"; exit 3' '(exit 2) & wait $!; exit 3'; do n=$((n + 1)); look $n "$command" & jobs="$jobs $!"; done
         wait $jobs
       done | sort | uniq -c`,
      { timeoutMs: 280_000 },
    );
    expect(result.stdout.trim()).toBe(`${rounds * 4} exit-code":3}`);
    expect(result.leftovers).toSatisfy(isClean);
  }, 300_000);

  it.each([9, 17, 20, 23])('does not take descriptor %i of its own for the status descriptor', async (fd) => {
    const result = await script(`$LSMFS run --json-status-fd ${fd} -- true ${fd}>&-; echo $?`);
    expect(result.stdout).toBe('125\n');
    expect(result.stderr).toMatch(`lsmfs: Descriptor ${fd} is not open.`);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it.each([12, 18, 20])('says that %i files are too few', async (files) => {
    const result = await script(`ulimit -n ${files}; bin/lsmfs ps; echo $?`);
    expect(result.stdout).toBe('125\n');
    expect(result.stderr).toMatch(/^lsmfs: Fewer than 32 files may be open, .*\nlsmfs: Raise the hard limit .*\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('gets no variable under a name that only the start script gives', async () => {
    const result = await runInBox(
      ['bin/lsmfs', 'run', '--', 'sh', '-c', 'env | grep -E "LD_PRELOAD|NODE_OPT|LSMFS_VAR"'],
      {
        timeoutMs: 30_000,
        env: { LSMFS_VARIABLE_LD_PRELOAD: '/nonexistent.so', LSMFS_VARIABLE_NODE_OPTIONS: '--require=/nonexistent' },
      },
    );
    expect(result).toMatchObject({ stdout: '', stderr: '' });
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is not changed by what the environment tells Node', async () => {
    const result = await runInBox(
      ['bin/lsmfs', 'run', '--', 'sh', '-c', 'echo "$NODE_OPTIONS|$NODE_CHANNEL_FD|$OPENSSL_CONF"'],
      {
        timeoutMs: 30_000,
        env: { NODE_OPTIONS: '--require=/nonexistent', NODE_CHANNEL_FD: '77', OPENSSL_CONF: '' },
      },
    );
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe('--require=/nonexistent|77|\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('reports to --json-status-fd from a pid namespace of its own', async () => {
    const result = await script(
      `unshare -pf --mount-proc --propagation=private bash -c '$LSMFS run --json-status-fd 5 -- sh -c "sleep 0.2 & exit 4" 5>&1 1>/dev/null; sleep 1.5'`,
    );
    expect(JSON.parse(result.stdout.split('\n')[1] ?? '')).toEqual({ 'exit-code': 4 });
    expect(result.leftovers).toSatisfy(isClean);
    const killed = await script(
      `unshare -pf --mount-proc --propagation=private bash -c '$LSMFS run --json-status-fd 5 -- sh -c "kill -9 \\$\\$" 5>&1 1>/dev/null; sleep 1.5'`,
    );
    // The kernel tells since Linux 6.15.
    expect([137, null]).toContain(JSON.parse(killed.stdout.split('\n')[1] ?? '')['exit-code']);
  });
});
