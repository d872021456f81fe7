/** Worlds of a user without privileges: docs/guides/rootless.md. */
import { expect, test } from 'vitest';
import { isClean } from '../support/box.ts';
import { SUBORDINATE, USER } from '../support/users.ts';
import { asUser } from './user.ts';

const ENTER = `
start() { $LSMFS run --name "$@" -- sh -c ': > /run/home/up; while :; do sleep 0.05; done' & until_true test -e /run/home/up; rm /run/home/up; }
`;

test('SELinux: the user keeps his id and is root for the modules', async () => {
  const result = await asUser(
    `$LSMFS run -- sh -c 'id -u; getenforce; load_policy; id -Z; echo 1 > /sys/fs/selinux/enforce; getenforce; stat -c %u /sys/fs/selinux/load'; echo $?`,
  );
  expect(result.stderr).toBe('');
  expect(result.stdout).toBe(`${USER}\nPermissive\nsystem_u:system_r:kernel_t:s0\nEnforcing\n${USER}\n0\n`);
  expect(result.leftovers).toSatisfy(isClean);
});

test('files are labelled, on a disk and on a tmpfs', async () => {
  const result = await asUser(
    `d=$(mktemp -d /tmp/rootless-XXXXXX); trap 'rm -r $d' EXIT; cd $d
     $LSMFS run -- sh -c 'load_policy; touch f /run/home/g; chcon system_u:object_r:etc_t:s0 f /run/home/g
       ls -Z f /run/home/g; cp -a f h; ls -Z h; mv f i; ls -Z i; mkdir -Z d; runcon system_u:system_r:init_t:s0 id -Z'`,
  );
  expect(result.stdout.split('\n')).toEqual([
    'system_u:object_r:etc_t:s0 /run/home/g',
    'system_u:object_r:etc_t:s0 f',
    'system_u:object_r:etc_t:s0 h',
    'system_u:object_r:etc_t:s0 i',
    'system_u:system_r:init_t:s0',
    '',
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});

test('AppArmor: profiles are loaded and entered', async () => {
  const result = await asUser(
    `$LSMFS run --lsm=apparmor -- sh -c 'aa-enabled; echo "profile demo { file, }" | apparmor_parser -qK -a /dev/stdin
       cat /sys/kernel/security/apparmor/profiles; aa-exec -p demo -- cat /proc/self/attr/current'`,
  );
  expect(result.stdout).toBe('Yes\ndemo (enforce)\ndemo (enforce)\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test("AppArmor: the user's files are his for rules about owners", async () => {
  const text = `d=$(mktemp -d /tmp/rootless-XXXXXX); trap 'rm -r $d' EXIT; export d
     $LSMFS run --lsm=apparmor --mediate=files -- sh -c 'echo "profile demo { /{usr/,}{bin,lib,lib64}/** mrix, /etc/ld.so.cache r, owner $d/* rw, }" | apparmor_parser -qKr
       echo old > $d/old; aa-exec -p demo -- sh -c "echo new > $d/new; cat $d/old $d/new; cat /etc/passwd" 2> /dev/null'`;
  const alone = await asUser(text);
  expect(alone.stdout).toBe('old\nnew\n');
  expect(alone.leftovers).toSatisfy(isClean);
  const mapped = await asUser(text, { subordinateIds: `tester:${SUBORDINATE}:65536\n` });
  expect(mapped.stdout).toBe('old\nnew\n');
});

test('others see what a program has become by its execve', async () => {
  const result = await asUser(
    `$LSMFS run -- sh -c 'load_policy; runcon -t sshd_t sleep 60 & pid=$!; until grep -q sleep /proc/$pid/comm; do :; done; ps -o label= -p $pid; kill $pid'`,
  );
  expect(result.stdout).toBe('system_u:system_r:sshd_t:s0\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test("the user writes to the kernel's log, and to no attribute of the host's processes", async () => {
  const result = await asUser(
    `$LSMFS run -- sh -c 'echo written > /dev/kmsg; dmesg | tail -1; echo x > /proc/1/attr/current; echo $?'`,
  );
  expect(result.stdout).toMatch(/^\[.*\] written\n1\n$/); // opened, and refused when it is written
});

test('ps, exec, why, log and stop find them', async () => {
  const result = await asUser(
    `${ENTER} start mine; $LSMFS exec mine -- sh -c 'load_policy; id -u; getenforce; exit 3'; echo $?
     $LSMFS exec mine -- setenforce 1; $LSMFS exec mine -- getenforce
     $LSMFS ps --json | jq -r '.[] | [.name, .state] | @tsv'
     $LSMFS why --world=mine system_u:system_r:init_t:s0 system_u:object_r:etc_t:s0 file read | head -1
     $LSMFS log mine | grep -c MAC_POLICY_LOAD
     $LSMFS stop mine; wait; $LSMFS ps; ls /run/user/${USER}/lsmfs; $LSMFS exec mine -- true; echo $?`,
  );
  expect(result.stdout.split('\n')).toEqual([
    ...[`${USER}`, 'Permissive', '3', 'Enforcing', 'mine\trunning', 'allowed  read', '1', 'mine'],
    expect.stringMatching(/^NAME /),
    '125',
    '',
  ]);
  expect(result.stderr).toContain("There is no world named 'mine'");
  expect(result.leftovers).toSatisfy(isClean);
});

test('exec gives the command what it was started with', async () => {
  const result = await asUser(
    `${ENTER} start mine; ulimit -Sn 321; cd /usr/share; umask 027; trap '' HUP
     PERL5OPT=-Mnonsense NODE_OPTIONS=--nonsense $LSMFS exec mine -- sh -c 'pwd; umask; ulimit -Sn; grep SigIgn /proc/self/status; echo $PERL5OPT $NODE_OPTIONS'
     trap - HUP; $LSMFS stop mine >/dev/null; wait`,
  );
  expect(result.stderr).toBe('');
  expect(result.stdout).toMatch(/^\/usr\/share\n0027\n321\nSigIgn:\t0{15}1\n-Mnonsense --nonsense\n$/);
  expect(result.leftovers).toSatisfy(isClean);
});

test('a world whose daemon is killed is cleaned by the next command, and its programs end without a crash', async () => {
  const result = await asUser(
    `${ENTER} $LSMFS run --name=gone -- sh -c ': > /run/home/up; until [ -e /run/home/go ]; do :; done' & pid=$!
     until_true test -e /run/home/up; kill -9 $($LSMFS ps --json | jq .[0].daemonPid); until_true eval '! $LSMFS ps | grep -q gone' 2>/dev/null
     : > /run/home/go; wait $pid; echo $?; ls /run/user/${USER}/lsmfs; $LSMFS run --name=gone -- getenforce`,
  );
  expect(result.stdout).toMatch(/^[01]\nPermissive\n$/);
  expect(result.leftovers).toSatisfy(isClean);
});

test('state is kept where LSMFS_STATE_DIR says, also when /run is read-only', async () => {
  const result = await asUser(
    `mkdir /run/home/state; export LSMFS_STATE_DIR=/run/home/state; unset XDG_RUNTIME_DIR; ${ENTER} start mine
     ls $LSMFS_STATE_DIR; $LSMFS exec mine -- getenforce; $LSMFS stop mine; wait; ls $LSMFS_STATE_DIR
     unset LSMFS_STATE_DIR; $LSMFS run -- true; echo $?; ls /tmp; stat -c '%U %a' /tmp/lsmfs-*`,
    {
      prepare:
        'mount -t tmpfs -o mode=1777 none /run/home; mount -t tmpfs -o mode=1777 none /tmp; mount -o remount,ro,bind /run',
    },
  );
  expect(result.stdout).toBe(`mine\nPermissive\nmine\n0\nlsmfs-${USER}\ntester 700\n`);
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
});

test('further ids are mapped where newuidmap may', async () => {
  const result = await asUser(
    `$LSMFS run -- sh -c 'id -u; setpriv --reuid 0 --clear-groups sh -c "id -u; setenforce 1; getenforce"
       setpriv --reuid 7 --regid 7 --clear-groups --inh-caps=-all --ambient-caps=-all sh -c "id -u; echo 0 > /sys/fs/selinux/enforce"; getenforce
       stat -c %u /sys/fs/selinux/load'`,
    { subordinateIds: `tester:${SUBORDINATE}:65536\n` },
  );
  expect(result.stdout).toBe(`${USER}\n0\nEnforcing\n7\nEnforcing\n0\n`);
  expect(result.leftovers).toSatisfy(isClean);
});

test('HMACs of the metadata of files of the user who stands for root are his, whoever looks', async () => {
  const result = await asUser(
    `cd /run/home; head -c 64 /dev/urandom > key; echo content > file; chmod 644 key file
     $LSMFS run --lsm= --evm-hmac-key key -- bash -c "$INSIDE"`,
    {
      prepare: 'mount -t tmpfs -o mode=1777 none /run/home',
      env: {
        INSIDE: `echo 1 > /sys/kernel/security/evm; setfattr -n security.selinux -v a file
          chmod 640 file; setfattr -n security.ima -v 0x0404$(sha256sum < file | cut -c 1-64) file
          setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all sh -c 'chmod 644 file; ls file'
          echo 'appraise func=FILE_CHECK fowner=0' > /sys/kernel/security/ima/policy; cat file; cat key > /dev/null || echo unlabelled`,
      },
    },
  );
  expect(result.stdout).toBe('file\ncontent\nunlabelled\n');
  expect(result.stderr).toBe('cat: key: Permission denied\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test('the exit status is told', async () => {
  const result = await asUser(`$LSMFS run --json-status-fd 3 -- sh -c 'exit 7' 3> /run/home/status; echo $?
    until_true grep -qs exit-code /run/home/status; jq -c '.["exit-code"] // empty' /run/home/status`);
  expect(result.stdout).toBe('7\n7\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test('a TPM is theirs, too', async () => {
  const result = await asUser(
    `for kind in emulated swtpm; do $LSMFS run --lsm= --tpm=$kind -- sh -c 'stat -c %F /sys/class/net/lo/address
       $LSMFS ima --verify | sed -n "s/^PCR 10 sha256: //p" | tr a-f A-F | cmp - /sys/class/tpm/tpm0/pcr-sha256/10 && echo same
       if [ "$TPM2TOOLS_TCTI" ]; then tpm2_pcrread sha256:10 | grep -cf /sys/class/tpm/tpm0/pcr-sha256/10; fi'; done`,
  );
  expect(result.stdout).toBe('regular file\nsame\nregular file\nsame\n1\n');
  expect(result.leftovers).toSatisfy(isClean);
});
