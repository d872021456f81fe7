/**
 * What IMA and EVM are given that is wrong, typed in worlds: the errno, its record, and nothing else changed. Beside it, what the series of
 * IMA namespaces takes, and whose the attributes of containers are.
 *
 * Elsewhere: every recorded rule in lsm/ima/policy/grammar.golden.test.ts; owners that a namespace does not map in ima-acceptance.test.ts.
 */
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTAINERS, linesByStep, STEP } from './containers.ts';
import { script, stepsOf } from './program.ts';

/** Owner of the files, root of the namespaces; there is no such user. */
const OWNER = 2_000_004_771;
const CLIENT = path.join(import.meta.dirname, 'ima-bad-input-client.py');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-bad-input-'));
  chmodSync(folder, 0o755);
  for (const name of ['file', 'tool']) {
    writeFileSync(path.join(folder, name), '#!/bin/sh\necho ran\n');
    chmodSync(path.join(folder, name), 0o755);
    chownSync(path.join(folder, name), OWNER, OWNER);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILES = 'ima=/sys/kernel/security/ima; policy=$ima/policy\n';

/** Output by the titles of `step TITLE`. @param outside commands outside of the world, before it and after it. */
async function steps(
  commands: string,
  args = '',
  outside: { readonly before?: string; readonly after?: string } = {},
): Promise<Record<string, string[]>> {
  const { before = '', after = '' } = outside;
  const inside = `exec 2>&1; ${CONTAINERS}${STEP}${FILES}${commands}`;
  const run = `$LSMFS run --lsm= --build=debian-policy ${args} -- bash -c "$INSIDE"`;
  const result = await script([before, run, after].join('\n'), {
    cwd: folder,
    timeoutMs: 90_000,
    env: { INSIDE: inside, D: folder },
  });
  return linesByStep(result);
}

const says = (text: string) => expect.stringMatching(`${text}$`);
const INVALID = says('Invalid argument');
const DENIED = says('Permission denied');
const NOT_PERMITTED = says('Operation not permitted');

describe('what is given', () => {
  let said: Map<string, unknown>;
  beforeAll(async () => {
    const inside = `mkdir own; cp file own; python3 ${CLIENT} "$D/own" malformed long paths opens values changing lists full
      echo '{"step": "failed", "value": '$($LSMFS log | grep -c 'op=policy_update cause=failed.* res=0')'}'; rm -r own`;
    const text = '$LSMFS run --lsm= --build=debian-policy --param ima_template=ima-ng -- bash -c "$INSIDE"';
    said = stepsOf(await script(text, { cwd: folder, timeoutMs: 90_000, env: { INSIDE: inside, D: folder } }));
  }, 100_000);

  it('as a rule is refused where it is wrong, and spoils the session alone', () => {
    expect(said.get('malformed')).toEqual([]);
    expect(said.get('a good line after a bad one')).toEqual([['EINVAL', 10], 0]);
    expect(said.get('what follows a NUL')).toEqual([[10], 1]);
    // 4095 bytes of a write are looked at; the end of the line counts though it was not there.
    expect(said.get('a rule that is cut')).toEqual([4096]);
    expect(said.get('what is left of it')).toEqual([4096, 'EINVAL']);
    expect(said.get('nothing of it')).toBe(1);
    expect(said.get('in a file')).toEqual([true, 2]);
    // All of those, what was left, 14 paths, the good line and the spoilt session.
    expect(said.get('failed')).toBe((said.get('sessions') as number) + 17);
  });

  it('as the path of rules is a regular file that nobody writes, and nobody waits for others', () => {
    const failing = ['directory', 'fifo', 'empty', 'bad', 'unended', '/', '/dev/zero', '/proc/self/mem'];
    expect(said.get('paths')).toEqual({
      ...Object.fromEntries(failing.map((name) => [name, 'EINVAL'])),
      ...{ loop: 'ELOOP', written: 'ETXTBSY', missing: 'ENOENT', 'bad/below': 'ENOTDIR', nnnnnnnnn: 'ENAMETOOLONG' },
      '/x/x/x/x/x/x/x': 'ENOENT',
    });
    expect(said.get('no rule of them')).toBe(0);
  });

  it('by a second writer, or elsewhere than at the beginning, changes nothing', () => {
    expect(said.get('beside a writer')).toEqual(['EBUSY', 'EACCES', 'EBUSY', 'EBUSY', 0]);
    expect(said.get('elsewhere than at 0')).toEqual(['EINVAL', 'EINVAL', 'EINVAL', 'EINVAL']);
    expect(said.get('after lseek')).toEqual(['EINVAL', 'EINVAL']);
    expect([said.get('at 0 again'), said.get('read by the writer'), said.get('of a spoilt session')]).toEqual([
      10,
      'EBADF',
      0,
    ]);
    expect(said.get('the next one')).toEqual([[20], 1]);
  });

  it('to readers of the list is the same at every size and offset', () => {
    expect(said.get('sizes and offsets')).toEqual([]);
    expect(said.get('written to')).toEqual(['EINVAL', 'EINVAL', 'EINVAL', 'EINVAL']);
  });

  it('as an attribute has a type that there is, and fits', () => {
    expect(said.get('types')).toEqual([...Array.from({ length: 7 }, () => null), 'EINVAL', 'EINVAL']);
    const [empty, ...sizes] = said.get('sizes') as unknown[];
    expect([empty, ...sizes.slice(0, 3), sizes.at(-1)]).toEqual(['EINVAL', null, null, null, 'E2BIG']);
    expect(said.get('evm')).toEqual(['EINVAL', 'EPERM', 'EPERM', null]);
    expect(said.get('full')).toEqual([null, 'ENOSPC', 3]);
    expect(said.get('full, in a container')).toEqual([
      '',
      says("No space left on device: 'full/file'"),
      ['security.ima'],
    ]);
  });

  it('to hash may be cut, replaced and removed meanwhile', () => {
    expect(said.get('changing')).toEqual([[null], true]);
    expect(said.get('the next file')).toBe(true);
  });
});

it('a signature that is cut, of another key or of another form is refused, and why is on record', async () => {
  const keys = `for key in known other; do
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=$key -keyout $key.pem -outform DER -out $key.der 2> /dev/null; done`;
  const said = await steps(
    `for it in signed foreign try; do echo content > $it; chown ${OWNER} $it; done
    evmctl ima_sign --key known.pem signed > /dev/null; evmctl ima_sign --key other.pem foreign > /dev/null
    value() { getfattr -n security.ima -e hex $1 | grep -o '0x.*'; }; sig=$(value signed); foreign=$(value foreign)
    echo "appraise func=FILE_CHECK fowner=${OWNER} appraise_type=imasig" > $policy
    try() { setfattr -n security.ima -v $1 try; cat try; }
    causes() { $LSMFS log | grep -o 'op=appraise_data cause=[^ ]*.* res=0' | sed 's/.*cause=\\([^ ]*\\).*/\\1/' | uniq -c | xargs; }
    step whole; try $sig
    step 'invalid'; try $foreign; for n in 6 8 10 14 18 20 22 100 $((\${#sig} - 2)); do try \${sig:0:n}; done
    for it in \${sig}00 \${sig:0:6}02\${sig:8} \${sig:0:6}ff\${sig:8} 0x0301\${sig:6} \${sig:0:16}0000\${sig:20} \${sig:0:16}ffff\${sig:20}; do try $it; done
    step 'another version'; try 0x0303\${sig:6}; try 0x0309\${sig:6}
    step 'no signature'; try 0x0404$(sha256sum < signed | cut -c 1-64); try 0x06\${sig:4}; try 0x0404ab
    step 'nothing of IMA'; try 0x05\${sig:4}; try 0x0004; try 0x02\${sig:4:40}
    step 'whole again'; try $sig
    step causes; causes`,
    '--ima-key known.der',
    { before: keys },
  );
  const times = (count: number) => Array.from({ length: count }, () => DENIED);
  expect(said).toEqual({
    whole: ['content'],
    invalid: times(16),
    'another version': times(2),
    'no signature': times(3),
    'nothing of IMA': times(3),
    'whole again': ['content'],
    causes: ['16 invalid-signature 2 invalid-signature-version 3 IMA-signature-required 3 unknown-ima-data'],
  });
});

describe('a namespace', () => {
  it('is configured until it is active, inherits that alone, and its list outlives it', async () => {
    const said = await steps(
      `container '0 ${OWNER} 1\\n'; one=$!
      step prepared; inside $one "$mounted; cd $ima; cat active ascii_runtime_measurements; echo measure > policy; cat policy
        setfattr -n security.ima -v 0x0404ab $D/file; setfattr -n security.evm -v 0x0504ab $D/file"
      step configured; inside $one "cd $ima; for it in nope '' sha512; do echo \\$it > hash; done; cat hash
        for it in nope '' 'd-ng|n-ng' ima-ng; do echo \\$it > template_name; done; cat template_name"
      step switched; inside $one "cd $ima; for it in 0 2 1x 111 text; do echo \\$it > active; done; printf 1 > active; cat active; echo 1 > active
        for it in sha256 nope; do echo \\$it > hash; done; echo ima > template_name; cat hash template_name; cat policy"
      step inherited; inside $one "echo measure func=BPRM_CHECK > $policy
        unshare -Urm bash -c '$mounted; cd $ima; cat hash template_name; $active; cat policy runtime_measurements_count'"
      step refused; inside $one "echo audit > $policy; setpriv --bounding-set=-mac_admin,-sys_admin cat $policy"
      step ended; exec 6< /proc/$one/root$ima/ascii_runtime_measurements; head -c 8 <&6 > /dev/null; kill $one; wait $one 2> /dev/null; held=
      until ! $LSMFS tree | grep -q 'active, 1 rule'; do sleep 0.05; done; cat <&6 | grep -c . | grep -c '[1-9]'
      step deep; echo '[ $1 = 0 ] && echo bottom || unshare -Ur sh deep $(($1 - 1))' > deep; sh deep 33; sh deep 34`,
    );
    const held = [INVALID, INVALID];
    expect(said).toEqual({
      prepared: ['0', DENIED, DENIED, DENIED, NOT_PERMITTED, NOT_PERMITTED],
      configured: [...held, 'sha512', ...held, 'ima-ng'],
      switched: [
        ...Array.from({ length: 5 }, () => INVALID),
        ...['1', says('Device or resource busy'), NOT_PERMITTED, NOT_PERMITTED, NOT_PERMITTED, 'sha512', 'ima-ng'],
      ],
      inherited: ['sha512', 'ima-ng', '1'],
      refused: [NOT_PERMITTED, NOT_PERMITTED],
      ended: ['1'],
      deep: ['bottom', says('No space left on device')],
    });
  });

  it.each(['2018', '2025', '2026'])('of profile %s is about audit alone, with 1,024 rules at most', async (profile) => {
    const said = await steps(
      `cp tool mine; chown 0:0 mine; container '0 0 1\\n'; one=$!; container '0 ${OWNER} 1\\n'; two=$!
      step files; inside $one "$mounted; cd $ima; ls | xargs; cat violations; $active; cat runtime_measurements_count ascii_runtime_measurements"
      step rules; inside $one "for it in measure appraise hash dont_measure dont_appraise dont_hash audit; do echo \\$it func=BPRM_CHECK > $policy; done; cat $policy"
      step used; inside $one './mine'; $LSMFS log | grep -c 'INTEGRITY_RULE.*/mine"'; cat $ima/runtime_measurements_count; rm mine
      step many; inside $one "for i in {1..1019}; do echo audit; done > $policy; wc -l < $policy; { echo audit; echo audit; } > $policy; echo \\$?; wc -l < $policy
        echo audit > $policy; wc -l < $policy"
      step unprivileged; inside $two "$mounted; $active; echo audit > $policy; cat $policy"`,
      `--profile=${profile}`,
    );
    const lists = ['ascii', 'binary'].flatMap((form) =>
      ['', '_sha1'].map((bank) => `${form}_runtime_measurements${bank}`),
    );
    expect(said).toEqual({
      files: [`active ${lists.join(' ')} policy runtime_measurements_count violations`, DENIED, '0'],
      rules: [
        INVALID,
        INVALID,
        INVALID,
        ...['dont_measure', 'dont_appraise', 'dont_hash', 'audit'].map((it) => `${it} func=BPRM_CHECK `),
      ],
      used: ['ran', '1', '1'],
      // A session that would make it more adds none, and neither write(2) nor close(2) says so.
      many: ['1023', '0', '1023', '1024'],
      unprivileged: [NOT_PERMITTED],
    });
  });
});

it('attributes of a namespace: its portable signature is its own, and what the host sets or saves is the host’s', async () => {
  const said = await steps(
    `cd "$D"; echo content > own; chown ${OWNER}:${OWNER} own; echo kept > other; chown ${OWNER}:${OWNER} other
    container '0 ${OWNER} 1\\n'; one=$!; container '0 2000004772 1\\n1 ${OWNER} 1\\n'; two=$!
    on="$mounted; cd /sys/kernel/security/integrity; echo 1 > ima/active; echo 1 > evm/active; cd $D"
    step made; for it in $one $two; do inside $it "$on"; done; getfattr -d -m - own
    sum=0x0404$(sha256sum < own | cut -c 1-64)
    step signed; inside $one "echo 2 > /sys/kernel/security/evm; evmctl sign --portable --imahash --key evm.pem --uuid= --uid=${OWNER} --gid=${OWNER} own > /dev/null 2>&1
      getfattr -n security.evm -e hex own | grep -o =0x0502; echo appraise func=FILE_CHECK fowner=0 > $policy; cat own; chmod 640 own"
    step beside; inside $two "echo 1 > /sys/kernel/security/evm; setfattr -n security.ima -v $sum own; getfattr -n security.evm -e hex own | grep -o =0x02
      echo appraise func=FILE_CHECK fowner=1 > $policy; chmod 640 own; cat own"
    step broken; inside $one 'cat own'; $LSMFS log | grep -o 'cause=invalid-fail-immutable'
    step host; setfattr -n security.selinux -v host own; setfattr -n security.ima -v 0x0402aa own; getfattr -d -m - -e hex own | grep -o '^security.ima.*'
    inside $one 'getfattr -n security.ima -e hex own' | grep -c $sum`,
    `--evm-key evm.der --evm-hmac-key 2000004772:hmac`,
    {
      before: `openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=evm -keyout evm.pem -outform DER -out evm.der 2> /dev/null
        chmod 644 evm.pem; echo key > hmac`,
      after: `show() { getfattr -d -m trusted $1 | grep -o '^trusted[^=]*'; }; echo '= ended'; show own
        echo '= saved'; mkdir copy; tar --xattrs --xattrs-include='*' -c own | tar --xattrs --xattrs-include='*' -C copy -x; show copy/own`,
    },
  );
  const names = [OWNER, 2000004772].flatMap((root) =>
    ['evm', 'ima'].map((name) => `trusted.lsmns.${root.toString(16).padStart(8, '0')}.${name}`),
  );
  expect(said).toEqual({
    made: [],
    signed: ['=0x0502', 'content', NOT_PERMITTED],
    beside: ['=0x02', 'content'],
    broken: [DENIED, 'cause=invalid-fail-immutable'],
    host: ['security.ima=0x0402aa', '1'],
    ended: names,
    saved: names,
  });
});
