/** Labels of processes, and of the host, where `lsmfs mount --labels` decides by labels. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { hostFileLabellers } from '../../world/doctor/file-labellers.ts';
import { connectorProblem } from '../../world/tracking/index.ts';
import { isClean } from '../support/box.ts';
import { script, UNTIL, worldName } from './program.ts';

const POLICY = path.resolve('test/data/policies/mediation.33');

/** Shell: $b is served at $m with these options, and $end ends that. */
const served = (options: string, folder = '/dev/shm'): string => `${UNTIL}
  b=$(mktemp -d -p ${folder}); m=$(mktemp -d); t=$(mktemp -d); chmod 755 $b $m; out=$(mktemp)
  $LSMFS mount --labels=$b --tree=$t ${options} $m > $out & pid=$!; until_true grep -qsx $m $out
  end() { kill -TERM $pid; wait $pid; echo "status $?"; grep -c -e " $m " -e " $t" /proc/self/mountinfo; rmdir $m $t; rm -r $b $out; }
`;
const ENDED = ['status 0', '0'];

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

it('knows what a labelled process forks and executes, and that another may get its number', async (context) => {
  const problem = connectorProblem();
  if (problem !== undefined || hostFileLabellers().includes('selinux'))
    context.skip(problem ?? 'the host labels files for SELinux itself');
  const result = await script(`${served(`--lsm=selinux --policy=${POLICY}`)} export m t
    label() { setfattr -n security.selinux -v "u:object_r:$1:s0" $m/$2; }
    echo secret > $b/secret; echo page > $b/page; label secret_t secret; label page_t page; label disk_t .
    echo 1 > $t/sys/fs/selinux/enforce
    bash -c 'printf u:r:web_t:s0 > $t/proc/self/attr/current; cat $m/page; cat $m/secret 2>&1 | sed "s/.*: //"
      (sh -c "cat $m/page; cat $m/secret 2> /dev/null || echo refused; grep -ao 'u:r:[a-z_]*:s0' $t/proc/self/attr/current" & wait); echo'
    cat $m/secret; python3 -c "
import ctypes, os
def attr(): return open('$t/proc/self/attr/current').read().strip(chr(0))
def child(act):
    pid = os.fork()
    if pid == 0:
        act()
        os._exit(0)
    os.waitpid(pid, 0)
    return pid
def label(): open('$t/proc/self/attr/current', 'w').write('u:r:web_t:s0')
pid = child(label)
open('/proc/sys/kernel/ns_last_pid', 'w').write(str(pid - 1))
again = child(lambda: print(attr(), flush=True))
print('same number' if again == pid else 'another')"
    end`);
  expect(result.stderr).toBe('');
  const [kernel, number] = linesOf(result.stdout).slice(6, 8);
  expect(linesOf(result.stdout)).toEqual([
    ...['page', 'Permission denied', 'page', 'refused', 'u:r:web_t:s0', 'secret', kernel, number, ...ENDED],
  ]);
  expect(kernel).not.toContain('web_t');
  expect(result.leftovers).toSatisfy(isClean);
});

/** Python: reads a file under a filter of its own, which makes it no member of any world; then waits for a line. */
const FILTERED = `import ctypes, struct, sys
libc = ctypes.CDLL(None); allow = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7fff0000), 8)
libc.prctl(38, 1, 0, 0, 0); libc.prctl(22, 2, ctypes.c_char_p(struct.pack('HxxxxxxQ', 1, ctypes.addressof(allow))), 0, 0)
print(open(sys.argv[1]).read().strip(), [line for line in open('/proc/self/status') if line.startswith('Seccomp:')][0].split()[1], flush=True)
sys.stdin.readline()`;

it.for([
  ['told of its forks', ''],
  ['that nobody tells of forks', 'unshare -n'],
])('gives members of a world %s the labels that they have in it, at each moment', async ([, host], context) => {
  if (hostFileLabellers().includes('selinux')) context.skip('the host labels files for SELinux itself');
  const world = worldName('labels');
  const inside = `echo up; read go; cat $m/secret
    bash -c 'printf u:r:web_t:s0 > /proc/self/attr/current; cat $m/page; cat $m/secret 2>&1 | sed "s/.*: //"
      (read -r line < $m/secret || echo refused) 2> /dev/null
      (parent=$BASHPID; (while kill -0 $parent; do :; done; read -r line < $m/secret || echo orphan refused) &) 2> /dev/null | cat; :'
    printf u:object_r:page_t:s0 > /proc/thread-self/attr/fscreate; : > $m/as-said; read go`;
  const result = await script(
    `${UNTIL} d=$(mktemp -d); mkfifo $d/go; b=$(mktemp -d -p /dev/shm); m=$(mktemp -d); t=$(mktemp -d); chmod 755 $b $m; export m
     ${host} $LSMFS mount --labels=$b --tree=$t --world=${world} --lsm=selinux --policy=${POLICY} $m > $d/ready & pid=$!; until_true grep -qsx $m $d/ready
     ${host} $LSMFS run --name=${world} --lsm=selinux --policy=${POLICY} -- bash -c "$INSIDE" < $d/go > $d/said & run=$!; exec 5> $d/go; until_true grep -q up $d/said
     label() { setfattr -n security.selinux -v "u:object_r:$1:s0" $m/$2; }
     echo secret > $b/secret; echo page > $b/page; label secret_t secret; label page_t page; label disk_t .
     echo 1 > $t/sys/fs/selinux/enforce; cat $m/secret; echo >&5
     mkfifo $d/wait; (exec python3 -c "$FILTERED" $m/page < $d/wait > $d/filtered) & other=$!; exec 6> $d/wait; until_true grep page $d/filtered
     $LSMFS ps --json | grep -cw $other; echo >&6; wait $other
     fresh() { [ -e $b/as-said ]; }; until_true fresh; getfattr --absolute-names --only-values -n security.selinux $b/as-said | tr -d '\\0'; echo
     echo >&5; wait $run; cat $m/page; kill $pid; wait $pid; echo "status $?"; cat $d/said; grep -c -e " $m " -e " $t" /proc/self/mountinfo; rmdir $m $t; rm -r $b $d`,
    { env: { INSIDE: inside, FILTERED }, timeoutMs: 60_000 },
  );
  expect(result.stderr).toBe('');
  expect(linesOf(result.stdout)).toEqual([
    ...['secret', 'page 2', '0', 'u:object_r:page_t:s0', 'page', 'status 0', 'up'],
    ...['secret', 'page', 'Permission denied', 'refused', 'orphan refused', '0'],
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});

it('takes labels from nothing that is no world, and none that it cannot have', async () => {
  const result = await script(`b=$(mktemp -d); m=$(mktemp -d)
    $LSMFS mount --labels=$b --world=no/body --lsm=smack $m; echo $?; $LSMFS mount --labels=$b --world=nobody --lsm=apparmor $m; echo $?
    grep -c " $m " /proc/self/mountinfo; rm -r $b $m`);
  expect(result.stdout).toBe('125\n125\n0\n');
  expect(result.stderr).toContain("no world named 'no/body'");
  expect(result.stderr).toContain('Labels of apparmor cannot be taken from a world');
  expect(result.leftovers).toSatisfy(isClean);
});

it('is not served where the kernel of the host decides by the labels that it would have', async () => {
  const result = await script(`b=$(mktemp -d); m=$(mktemp -d); export b m; unshare -m --propagation private bash -c '
    { grep -v selinuxfs /proc/filesystems; printf "nodev\\tselinuxfs\\n"; } > $b/list; mount --bind $b/list /proc/filesystems
    $LSMFS mount --labels=$b --lsm=selinux $m; echo $?; grep -c " $m " /proc/self/mountinfo'; rm -r $b $m`);
  expect(result.stdout).toBe('125\n0\n');
  expect(result.stderr).toMatch(/labels files itself \(selinux\b.*\) and decides by security\.selinux/);
  expect(result.leftovers).toSatisfy(isClean);
});
