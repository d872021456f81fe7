/** `lsmfs mount --labels`: a directory of the host with namespaced labels and decisions. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostFileLabellers } from '../../world/doctor/file-labellers.ts';
import { isClean } from '../support/box.ts';
import { script, UNTIL } from './program.ts';

const POLICY = path.resolve('test/data/policies/mediation.33');
const DIFFERENTIAL = path.resolve('test/world/labelled/differential.py');

const HOST_LABELS = 'the host labels files for SELinux itself';
/** A module that labels files. */
const LABELLER = hostFileLabellers().includes('selinux') ? 'smack' : 'selinux';

/** Shell: $b is served at $m with these options, and $end ends that. */
const served = (options: string, folder = '/dev/shm'): string => `${UNTIL}
  b=$(mktemp -d -p ${folder}); m=$(mktemp -d); t=$(mktemp -d); chmod 755 $b $m; out=$(mktemp)
  $LSMFS mount --labels=$b --tree=$t ${options} $m > $out & pid=$!; until_true grep -qsx $m $out
  end() { kill -TERM $pid; wait $pid; echo "status $?"; grep -c -e " $m " -e " $t" /proc/self/mountinfo; rmdir $m $t; rm -r $b $out; }
`;
const ENDED = ['status 0', '0'];

/** Shell: a command as the root of a user namespace of its own, which has this id alone. */
const within = (id: number, command: string): string =>
  `setpriv --reuid=${id} --regid=${id} --clear-groups unshare -Ur ${command} 2>&1`;

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

describe('a directory that is served with labels', () => {
  it('has one value for each namespace, and on disk the names that store them', async () => {
    // A host that labels files shows its own, too.
    const show = "getfattr -d -m '^(security.ima|trusted|user)' -e hex --absolute-names";
    const result = await script(`${served('--lsm=', '/var/tmp')}
      echo content > $b/file; chown 4721:4721 $b/file
      setfattr -n security.ima -v 0x0402aa $m/file; setfattr -n user.note -v 0x61 $m/file
      setfattr -n trusted.lsmns.00001271.ima -v 0x040211 $b/file; setfattr -n trusted.lsmns.00001272.ima -v 0x040222 $b/file
      for id in 4721 4722 4723; do setpriv --reuid=$id --regid=$id --clear-groups unshare -Ur ${show} -n security.ima $m/file | grep =; done
      echo host; ${show} $m/file | grep =; echo disk; ${show} $b/file | grep =
      getfattr -n trusted.lsmns.00001271.ima $m/file 2>&1 | grep -c 'No such attribute'; setfattr -n trusted.lsmns.00001271.ima -v 1 $m/file 2>&1 | grep -c 'not permitted'
      mv $m/file $m/moved; ln $m/moved $m/again; rm $m/moved
      setfattr -n security.ima -v 0x0402bb $m/again; ${show} -n security.ima $b/again | grep =
      ${within(4721, 'getfattr -n security.ima -e hex --absolute-names $m/again')} | grep =
      end`);
    const plain = 'security.ima=0x0402aa';
    expect(linesOf(result.stdout)).toEqual([
      ...['security.ima=0x040211', 'security.ima=0x040222', plain],
      ...['host', plain, 'user.note=0x61'],
      ...[
        'disk',
        plain,
        'trusted.lsmns.00001271.ima=0x040211',
        'trusted.lsmns.00001272.ima=0x040222',
        'user.note=0x61',
      ],
      ...['1', '1', 'security.ima=0x0402bb', 'security.ima=0x040211', ...ENDED],
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('lets who may change a file without capabilities take those of the file away', async () => {
    const change = [
      'import os',
      'def append(path):',
      '  fd = os.open(path, os.O_WRONLY | os.O_APPEND)',
      "  os.write(fd, b'x')",
      'def empty(path): os.open(path, os.O_WRONLY | os.O_TRUNC)',
      'def truncate(path): os.truncate(path, 3)',
      'for name, act in dict(append=append, open=empty, truncate=truncate, forbidden=append, shut=truncate).items():',
      "  try: act('$m/' + name)",
      '  except OSError as error: print(name, error.strerror)',
    ].join('\n');
    const files = 'append open truncate forbidden shut';
    const result = await script(`${served('--lsm=', '/var/tmp')}
      for f in ${files}; do echo content > $b/$f; chmod 666 $b/$f; setcap cap_net_raw+ep $b/$f; done; chmod 644 $b/forbidden $b/shut
      setpriv --reuid=2000001000 --regid=2000001000 --clear-groups /usr/bin/python3 -c "${change}"
      for f in ${files}; do echo $f $(stat -c %s $b/$f) $(getcap $b/$f | sed 's/.* //'); done
      end`);
    const forbidden = ['forbidden Permission denied', 'shut Permission denied'];
    const changed = ['append 9', 'open 0', 'truncate 3'];
    const kept = ['forbidden 8 cap_net_raw=ep', 'shut 8 cap_net_raw=ep'];
    expect(linesOf(result.stdout)).toEqual([...forbidden, ...changed, ...kept, ...ENDED]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('has the modules decide, and label what is made', async (context) => {
    if (hostFileLabellers().includes('selinux')) context.skip(HOST_LABELS);
    const result = await script(`${served(`--lsm=selinux --policy=${POLICY}`)}
      label() { setfattr -n security.selinux -v "u:object_r:$1:s0" $m/$2; }
      echo secret > $b/secret; echo page > $b/page; mkdir $b/d
      label secret_t secret; label page_t page; label disk_t .; label disk_t d
      echo 1 > $t/sys/fs/selinux/enforce
      cat $m/secret
      web() { bash -c "printf u:r:web_t:s0 > $t/proc/self/attr/current || exit; $1" 2>&1 | sed 's/.*: //'; }
      web "read x < $m/page; echo \\$x"; web "read x < $m/secret; echo read \\$x"; web "echo more >> $m/page; echo \\$?"
      web "echo new > $m/made"; web "echo x > $m/secret; echo changed"
      getfattr --only-values -n security.selinux $b/made | tr -d '\\0'; echo
      getfattr --only-values -n security.selinux $m/secret | tr -d '\\0'; echo
      echo 0 > $t/sys/fs/selinux/enforce; python3 -c "
import os
with open('$t/proc/self/attr/fscreate', 'w') as file: file.write('u:object_r:page_t:s0')
os.mkdir('$m/made-dir'); os.symlink('page', '$m/made-link'); os.mkfifo('$m/made-fifo')"
      for made in dir link fifo; do getfattr -h --only-values -n security.selinux $b/made-$made | tr -d '\\0'; echo; done
      end`);
    expect(linesOf(result.stdout).slice(0, 12)).toEqual([
      ...['secret', 'page', 'Permission denied', 'read', '0', 'Permission denied', 'changed'],
      ...['u:object_r:page_t:s0', 'u:object_r:secret_t:s0'],
      ...['u:object_r:page_t:s0', 'u:object_r:page_t:s0', 'u:object_r:page_t:s0'],
    ]);
    expect(linesOf(result.stdout).slice(-2)).toEqual(ENDED);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('calls in a directory that is served', () => {
  it.each([
    ['without modules', '--lsm=', '/dev/shm', 1],
    ['without modules, on disk', '--lsm=', '/var/tmp', 2],
    ['with modules', `--lsm=${LABELLER},apparmor`, '/dev/shm', 3],
  ])(
    'have the errnos and effects that they have without: %s',
    async (_what, options, folder, seed) => {
      const result = await script(
        `${served(options, folder)} for seed in ${seed} ${seed + 10}; do mkdir $b/plain$seed $b/served$seed
       python3 ${DIFFERENTIAL} $b/plain$seed $m/served$seed $seed 300; done; end`,
        { timeoutMs: 120_000 },
      );
      expect(result.stderr).toBe('');
      const lines = linesOf(result.stdout);
      expect(lines.filter((line) => line.startsWith('step'))).toEqual([]);
      expect(lines.filter((line) => /^300 steps, \d+ failed$/.test(line))).toHaveLength(2);
      expect(lines.slice(-2)).toEqual(ENDED);
      expect(result.leftovers).toSatisfy(isClean);
    },
    150_000,
  );

  it('move content of any size, and by several openers at once', async () => {
    const result = await script(`${served('--lsm=')}
      head -c 5000001 /dev/urandom > $b/one; cp $m/one $m/two; cmp $b/one $b/two && echo same
      for i in 1 2 3 4; do { head -c 300000 $m/one; head -c 1000 /dev/zero; } > $m/part$i & done; wait %2 %3 %4 %5
      sha256sum $b/part* | cut -d ' ' -f 1 | sort -u | wc -l
      truncate -s 70000 $m/two; head -c 70000 $b/one | cmp - $m/two && echo cut
      python3 -c "
import mmap, os
with open('$m/two', 'r+b') as f:
    m = mmap.mmap(f.fileno(), 0); m[4096:4100] = b'mmap'; m.flush(); m.close()
print(open('$b/two', 'rb').read()[4096:4100])"
      echo changed outside > $b/two; cat $m/two
      end`);
    expect(linesOf(result.stdout)).toEqual(['same', '1', 'cut', "b'mmap'", 'changed outside', ...ENDED]);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('a tree with more files than the server may have open', () => {
  /** The fewest with which it serves. */
  const LIMIT = 256;

  it('is not served with fewer descriptors', async () => {
    const result = await script(
      `b=$(mktemp -d); m=$(mktemp -d); ulimit -n ${LIMIT - 1}; $LSMFS mount --labels=$b --lsm= $m; echo $?; rmdir $b $m`,
    );
    expect(result.stdout).toBe('125\n');
    expect(result.stderr).toContain(`At most ${LIMIT - 1} files may be open, but the daemon needs ${LIMIT}`);
    expect(result.leftovers).toSatisfy(isClean);
  });

  const OVERLAY = 'mount -t overlay none -o lowerdir=$o/l,upperdir=$o/u,workdir=$o/w $b 2> /dev/null';
  it.each([
    ['in memory', '/dev/shm', ':', '--lsm='],
    ['on disk', '/var/tmp', ':', `--lsm=${LABELLER}`],
    ['that has no file handles', '/dev/shm', `mkdir $o/l $o/u $o/w; ${OVERLAY}`, '--lsm='],
  ])(
    'is read and changed as without: %s',
    async (_what, folder, prepare, options) => {
      const result = await script(
        `${UNTIL} o=$(mktemp -d -p ${folder}); mkdir $o/b; b=$o/b; ${prepare}; m=$(mktemp -d); out=$(mktemp)
       for d in $(seq 300); do mkdir $b/d$d; done; for d in $(seq 20); do for i in $(seq 40); do echo $d.$i > $b/d$d/f$i; done; done
       bash -c "ulimit -n ${LIMIT}; exec $LSMFS mount --labels=$b ${options} $m" > $out & pid=$!; until_true grep -qsx $m $out
       cd $m/d1; exec 3<> $m/d2/gone; rm $m/d2/gone; echo kept >&3
       listed() { (cd $1; find . -printf '%p %y %m %n %s\n' | sort | sha256sum); }
       content() { (cd $1; find . -type f | sort | xargs cat | sha256sum); }
       few() { [ $(ls /proc/$pid/fd | wc -l) -lt ${LIMIT} ] || echo many; }
       for turn in 1 2; do
         [ "$(listed $m)" = "$(listed $b)" ] || echo list; few; [ "$(content $m)" = "$(content $b)" ] || echo content; few
         for d in $(seq 20); do echo made > $m/d$d/made$turn || echo made; mv $m/d$d/f$turn $m/d$((d + 20)) || echo moved; done; few
       done
       cat f3 ../d2/f4; echo here > new; cat $b/d1/new; stat -Lc %h,%s /proc/self/fd/3; exec 3>&-; cd /
       few; kill -TERM $pid; wait $pid; echo "status $?"; umount $b 2> /dev/null; rm -r $o $out; rmdir $m`,
        { timeoutMs: 120_000 },
      );
      expect(result.stderr).toBe('');
      expect(linesOf(result.stdout)).toEqual(['1.3', '2.4', 'here', '0,5', 'status 0']);
      expect(result.leftovers).toSatisfy(isClean);
    },
    150_000,
  );
});

describe('a backing filesystem that does not answer', () => {
  /** Shell: the backing directory is itself served by another process, $inner. */
  const NESTED = `${UNTIL}
    deep=$(mktemp -d); b=$(mktemp -d); m=$(mktemp -d); t=$(mktemp -d); out=$(mktemp); echo text > $deep/file; mkdir $deep/d
    $LSMFS mount --labels=$deep --lsm= $b > $out & inner=$!; until_true grep -qsx $b $out
    $LSMFS mount --labels=$b --tree=$t --lsm=yama $m > $out & outer=$!; until_true grep -qsx $m $out; cat $m/file
    gone_mount() { ! grep -q " $1 " /proc/self/mountinfo; }
    clean() { grep -c -e " $m" -e " $b" -e " $t" /proc/self/mountinfo; rmdir $m $b $t; rm -r $deep $out; }
  `;

  it('holds nobody who is interrupted, no other files, and not the end', async () => {
    const result = await script(
      `${NESTED} kill -STOP $inner; until_true grep -q '^State:.T' /proc/$inner/status
       for i in $(seq 20); do cat $m/file > /dev/null 2>&1 & waiting="$waiting $!"; done
       cat $t/proc/sys/kernel/yama/ptrace_scope
       kill -TERM $waiting; wait $waiting; echo interrupted
       cat $m/file > /dev/null 2>&1 & last=$!
       kill -TERM $outer; until_true gone_mount $m; wait $last; echo unmounted
       kill -CONT $inner; wait $outer; echo "outer $?"; kill -TERM $inner; wait $inner; echo "inner $?"; clean`,
      { timeoutMs: 60_000 },
    );
    expect(linesOf(result.stdout)).toEqual(['text', '0', 'interrupted', 'unmounted', 'outer 0', 'inner 0', '0']);
    expect(result.leftovers).toSatisfy(isClean);
  }, 90_000);

  it('is waited for by no thread where a lease is broken', async () => {
    const result = await script(
      `${served('--lsm=')} for i in $(seq 20); do echo text > $b/f$i; done; echo other > $b/other; w=$(mktemp -d)
       python3 -c "
import fcntl, os, signal
signal.signal(signal.SIGIO, signal.SIG_IGN)
for i in range(1, 21): fcntl.fcntl(os.open(f'$b/f{i}', os.O_RDWR), fcntl.F_SETLEASE, fcntl.F_WRLCK)
print(flush=True); signal.pause()" > $w/held & holder=$!; until_true test -s $w/held
       for i in $(seq 20); do { [ $((i % 2)) = 0 ] || python3 -c "import os; os.truncate('$m/f$i', 5)"; cat $m/f$i > $w/c$i; } & cats="$cats $!"; done
       broken() { [ $(grep -c "LEASE *BREAKING.* $holder " /proc/locks) = 20 ]; }
       until_true broken; cat $m/other; kill $holder; wait $cats; cat $w/c* | sort | uniq -c | tr -s ' '; rm -r $w; end`,
      { timeoutMs: 90_000 },
    );
    expect(linesOf(result.stdout)).toEqual(['other', ' 20 text', ...ENDED]);
    expect(result.leftovers).toSatisfy(isClean);
  }, 120_000);

  it('gives its errno when it has vanished', async () => {
    const result = await script(`${NESTED} kill -KILL $inner; wait $inner 2> /dev/null
      cat $m/file 2>&1 | sed 's/.*: //'; mkdir $m/x 2>&1 | sed 's/.*: //'; cat $t/proc/sys/kernel/yama/ptrace_scope
      kill -TERM $outer; wait $outer; echo "outer $?"; umount -l $b; umount -l $b; clean`);
    expect(linesOf(result.stdout)).toEqual([
      ...['text', 'Transport endpoint is not connected', 'Transport endpoint is not connected', '0', 'outer 0', '0'],
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('leaves a mount that the next lsmfs takes away, when the server is killed', async () => {
    const result = await script(`${served('--lsm=')} kill -KILL $pid; wait $pid 2> /dev/null
      ls $m 2>&1 | sed 's/.*: //'; $LSMFS run -- true; grep -c " $m " /proc/self/mountinfo; rmdir $m $t; rm -r $b $out`);
    expect(linesOf(result.stdout)).toEqual(['Transport endpoint is not connected', '0']);
    expect(result.leftovers).toSatisfy(isClean);
  });
});
