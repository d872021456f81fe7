/** `lsmfs why --last`: the newest refusal in the log of a world, explained by the policy as it is now. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script, worldName } from '../world/program.ts';

const POLICIES = path.resolve('test/data/policies');

/**
 * What a shell in a world prints, errors among it, in a scratch directory on a tmpfs. `last OPTION...`: asks, and
 * prints the exit status.
 */
async function session(options: string, text: string, env: Record<string, string> = {}): Promise<string[]> {
  const world = worldName('last');
  const inside = `exec 2>&1; d=$(mktemp -d); mount -t tmpfs none $d; cd $d
    last() { $LSMFS why --last "$@" | sed -E 's/^type=AVC .*(avc:|apparmor=)/\\1/; s/ pid=[0-9]+//; s/ ino=[0-9]+//'
       echo "= \${PIPESTATUS[0]}"; }
    as() ( printf u:r:$1:s0 > /proc/self/attr/current; shift; exec "$@" )
    ${text}
    cd /; umount $d; rmdir $d`;
  const result = await script(`$LSMFS run --name=${world} ${options} -- bash -c "$INSIDE"`, {
    env: { INSIDE: inside, LC_ALL: 'C', ...env },
  });
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

it('names the rule that would allow what SELinux refused, until a policy with that rule is loaded', async () => {
  const lines = await session(
    '--file-contexts=none --mediate=files',
    `last; cat ${POLICIES}/mediation.33 > /sys/fs/selinux/load
     echo root > shadow; setfattr -n security.selinux -v u:object_r:secret_t:s0 shadow
     echo 1 > /sys/fs/selinux/enforce; as web_t cat shadow; last
     $LSMFS why --last --json | jq -c '[.record.type, .lsm, .allowed, .source, .answers[0].remedies]'
     last --lsm=smack; cat ${POLICIES}/mediation-open.33 > /sys/fs/selinux/load; as web_t cat shadow; last; last --pid=$$`,
  );
  const none = (whose: string) => [
    expect.stringMatching(
      `^lsmfs: Nothing was refused in world t-last-[0-9-]+: its log has no record${whose} of that\\.$`,
    ),
    'lsmfs: Owner and mode of a file are judged first and leave no record; rules can keep refusals out of the log; `lsmfs tree` shows what is decided about.',
    '= 125',
  ];
  const record =
    'avc:  denied  { read } for  comm="cat" name="shadow" dev="tmpfs" ' +
    'scontext=u:r:web_t:s0 tcontext=u:object_r:secret_t:s0 tclass=file permissive=0';
  const allowed = [record, 'allowed  read', '  allow web_t secret_t:file { read getattr open };', '= 0'];
  expect(lines).toEqual([
    ...none(''),
    'cat: shadow: Permission denied',
    record,
    'denied  read',
    '  no allow rule',
    '  to allow it:',
    '    allow web_t secret_t:file read;',
    '= 1',
    '["AVC","selinux",false,"u:r:web_t:s0",["allow web_t secret_t:file read;"]]',
    ...none(' of smack'),
    'root',
    ...allowed,
    ...allowed,
  ]);
});

it('writes the line that a profile of AppArmor lacks, for opening and for making a file', async () => {
  const profile = `profile web {
    /{usr/,}{bin,sbin,lib,lib64}/** mrix,
    /etc/** r,
    /dev/** rw,
    @/page rw,
  }`;
  const lines = await session(
    '--lsm=apparmor --mediate=files',
    `load() { echo "$PROFILE" | sed "s,@,$d,g; $1" | apparmor_parser -qKr; }; load
     as() { aa-exec -p web -- "$@"; }; ask() { last "$@" | sed "s,$d,@,g"; }
     echo shadow > secret; as cat secret; ask; load 's,page rw,secret r,'; as cat secret; ask; as sh -c ': > made'; ask`,
    { PROFILE: profile },
  );
  const record = (operation: string, name: string, comm: string, mask: string) =>
    `apparmor="DENIED" operation="${operation}" class="file" profile="web" name="@/${name}" comm="${comm}" ` +
    `requested_mask="${mask}" denied_mask="${mask}" fsuid=0 ouid=0`;
  const opened = record('open', 'secret', 'cat', 'r');
  const text = lines.join('\n');
  expect(lines.slice(0, 3)).toEqual(['cat: secret: Permission denied', opened, 'denied  r']);
  expect(text).toMatch(/@\/secret r,\n= 1\nshadow\n/);
  expect(text).toMatch(/\nallowed {2}r\n(.*\n)*= 0\n/);
  expect(text).toContain(record('mknod', 'made', 'sh', 'c'));
  expect(text).toMatch(/denied {2}create\n(.*\n)*.*@\/made w,\n= 1$/);
});

it('names lines for mounts and user namespaces that work as they are once they are in the profile', async () => {
  const lines = await session(
    '--lsm=apparmor --mediate=mounts,capabilities',
    `load() { printf 'profile m { /** mrwix, capability, %s\n}\n' "$1" | apparmor_parser -qKr; }
     try() { load ''; aa-exec -p m -- "$@" 2> /dev/null && echo not refused
       line=$($LSMFS why --last | sed '1,/to allow it:/d; s/^ *//'); load "$line"
       echo "$line" | sed "s,$d,@,"; aa-exec -p m -- "$@"; echo "= $?"; }
     mkdir m; try mount -i -t tmpfs -o nosuid none $d/m; try mount -i --bind /usr $d/m; try umount $d/m; umount $d/m
     try unshare -U true`,
  );
  expect(lines.filter((line) => line !== '= 0')).toEqual([
    expect.stringMatching(/^mount (?:fstype=tmpfs options=\(rw, nosuid\) none|options=\(rw, move\)) -> @\/m\/,$/),
    expect.stringMatching(/^mount options=\(rw, (?:bind\) \/usr\/|move\)) -> @\/m\/,$/),
    'umount @/m/,',
    'userns create,',
  ]);
  expect(lines).toHaveLength(8);
});

it('knows the label of a file in the world, and is asked about all that there is', async () => {
  const lines = await session(
    '--file-contexts=none --mediate=files',
    `cat ${POLICIES}/mediation.33 > /sys/fs/selinux/load
     : > café; setfattr -n security.selinux -v u:object_r:secret_t:s0 café; ln -s /dev/null link
     ask() { $LSMFS why "$@" | sed "s,$d,@,"; echo "= \${PIPESTATUS[0]}"; }
     ask u:r:web_t:s0 $d/café open; ask u:r:admin_t:s0 $d/link read; $LSMFS why --json u:r:web_t:s0 $d | jq -r .class
     ask u:r:web_t:s0 $d/none open; ask u:r:web_t:s0 $d/café search`,
  );
  expect(lines).toEqual([
    '@/café  u:object_r:secret_t:s0  file',
    'denied  open',
    '  no allow rule',
    '  to allow it:',
    '    allow web_t secret_t:file open;',
    'the world is permissive: denied permissions are granted',
    '= 1',
    '@/link  u:object_r:disk_t:s0  lnk_file',
    'allowed  read',
    '  allow admin_t every:lnk_file { ioctl read write create getattr setattr lock relabelfrom relabelto append map ' +
      'unlink link rename execute quotaon mounton audit_access open execmod watch };',
    '    target: disk_t has every',
    '  allow domain disk_t:lnk_file { read getattr };',
    '    source: admin_t has domain',
    '= 0',
    'dir',
    expect.stringMatching(/^lsmfs: The label of .*none cannot be read here: ENOENT\.$/),
    expect.stringContaining('lsmfs exec NAME'),
    '= 125',
    "lsmfs: Class file has no permission 'search'.",
    expect.stringContaining('Known: '),
    '= 125',
  ]);
});

it('says where nothing that programs do is decided about', async () => {
  const lines = await session('--no-mediation', 'last');
  expect(lines.slice(1)).toEqual([expect.stringContaining('as with `lsmfs run --no-mediation`'), '= 125']);
});

it('takes no question of its own', async () => {
  for (const more of [['a', 'b'], ['a', '--world=b'], ['--policy=a'], ['--command=1'], ['--not-owner']]) {
    const { status, stderr } = await lsmfs(['why', '--last', ...more]);
    expect([status, stderr]).toEqual([
      125,
      expect.stringContaining('With --last the question comes from the log of a world'),
    ]);
  }
  const { status, stderr } = await lsmfs(['why', '--last', 'none-of-this-name']);
  expect([status, stderr]).toEqual([125, expect.stringContaining('none-of-this-name')]);
});
