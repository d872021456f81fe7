/**
 * Acceptance lists for IMA and its namespaces, line by line, typed in worlds: what tools look at in the list and in the
 * policy file, and what the tests of the series "ima: Namespace IMA" (Stefan Berger's ima-namespaces-tests) expect.
 *
 * Elsewhere: `active` in lsm/ima/namespaces/namespace-policy.test.ts; own lists (measure-1, -2, -4), 32 levels (measure-many-2) and who may
 * audit (audit-2) in ima-namespaces.test.ts; three values of one file in namespaced-xattrs.test.ts; the files of EVM, and an HMAC that
 * stays right when another namespace changes the mode (evm-1 to -4), in evm-namespaces.test.ts.
 */
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONTAINERS, linesByStep, STEP } from './containers.ts';
import { script } from './program.ts';

/** Owner of the files, root of the namespaces; there is no such user. */
const OWNER = 4761;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-acceptance-'));
  chmodSync(folder, 0o755);
  for (const name of ['file', 'other', 'tool']) {
    writeFileSync(path.join(folder, name), '#!/bin/sh\necho ran\n');
    chmodSync(path.join(folder, name), 0o755);
    chownSync(path.join(folder, name), OWNER, OWNER);
  }
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Output by the titles of `step TITLE`. */
async function steps(commands: string, args = ''): Promise<Record<string, string[]>> {
  const inside = `${CONTAINERS}${STEP}cd_ima='cd /sys/kernel/security/ima'; policy=/sys/kernel/security/ima/policy\n${commands}`;
  const result = await script(
    `exec $LSMFS run --lsm= --build=debian-policy --param ima_template=ima-ng ${args} -- bash -c "$INSIDE" 2>&1`,
    { cwd: folder, timeoutMs: 120_000, env: { INSIDE: inside, D: folder } },
  );
  return linesByStep(result);
}

describe('what tools look at', () => {
  it('is in the policy file', async () => {
    const said = await steps(`$cd_ima
      step 'three lines in one write'; printf 'dont_measure fowner=1\\naudit fowner=2\\nmeasure func=BPRM_CHECK uid=7\\n' > policy; cat policy
      step 'a bad line'; printf 'dont_measure fowner=3\\nbad rule\\n' > policy; echo $?; wc -l < policy
      step 'a good one after it'; echo dont_measure fowner=4 > policy; echo $?; tail -n 1 policy
      step 'an empty line'; echo '' > policy; echo $?; wc -l < policy
      step 'a second writer'; exec 4> policy; echo dont_measure > policy; wc -l < policy; exec 4>&-
      echo dont_measure fowner=5 > "$D/rules"
      step 'a path'; echo "$D/rules" > policy; echo $?; tail -n 1 policy
      step 'a path to nothing'; echo "$D/nothing" > policy; echo $?`);
    const error = (text: string) => expect.stringMatching(`${text}$`);
    expect(said).toEqual({
      'three lines in one write': ['dont_measure fowner=1 ', 'audit fowner=2 ', 'measure func=BPRM_CHECK uid=7 '],
      'a bad line': [error('Invalid argument'), '1', '3'],
      'a good one after it': ['0', 'dont_measure fowner=4 '],
      'an empty line': ['0', '4'],
      'a second writer': [error('Device or resource busy'), '4'],
      'a path': ['0', 'dont_measure fowner=5 '],
      'a path to nothing': [error('No such file or directory'), '1'],
    });
  });

  it('is in the list', async () => {
    const said = await steps(`$cd_ima; echo 'measure func=FILE_CHECK mask=MAY_READ fowner=${OWNER}' > policy; cd "$D"
      ima=/sys/kernel/security/ima; paths() { tail -n +2 $ima/ascii_runtime_measurements | cut -d ' ' -f 5- | xargs -rn 1 basename; }
      step 'same content'; cat file file other > /dev/null; paths
      step 'changed content'; echo '# more' >> file; cat file file > /dev/null; paths
      step 'a violation'; exec 3>> file; cat file > /dev/null; exec 3>&-; paths; cat $ima/violations
      grep -c ' 0000000000000000000000000000000000000000 ' $ima/ascii_runtime_measurements
      step 'counts'; grep -c '' $ima/ascii_runtime_measurements; cat $ima/runtime_measurements_count
      step 'both lists'; $LSMFS ima --file=$ima/binary_runtime_measurements --json > "$D/json"
      python3 - $ima <<'END'
import json, sys
lines = open(sys.argv[1] + "/ascii_runtime_measurements").read().splitlines()
entries = json.load(open("json"))["entries"]
words = [line.split(" ", 4) for line in lines]
print([e["path"] for e in entries] == [w[4] for w in words], [e["template"] for e in entries] == [w[2] for w in words])
print([e.get("digest") for e in entries if e.get("digest")] == [w[3] for w, e in zip(words, entries) if e.get("digest")])
END
      step evmctl; for bank in sha1 sha256; do $LSMFS ima --pcrs=$bank > $bank.pcrs; done
      evmctl ima_measurement --ignore-violations --pcrs sha1,sha1.pcrs --pcrs sha256,sha256.pcrs $ima/binary_runtime_measurements`);
    expect(said).toEqual({
      'same content': ['file', 'other'],
      'changed content': ['file', 'other', 'file'],
      'a violation': ['file', 'other', 'file', 'file', '1', '1'],
      counts: ['5', '5'],
      'both lists': ['True True', 'True'],
      evmctl: ['Matched per TPM bank calculated digest(s).'],
    });
  });
});

describe('namespaces', () => {
  it('audit each change once for each of them, in the log of the host, under the paths of the host', async () => {
    const said = await steps(`
      rule="echo audit func=BPRM_CHECK mask=MAY_EXEC fowner=0 > $policy"; cp tool mine; chown 0:0 mine
      records() { $LSMFS log | grep -c "INTEGRITY_RULE.*file=\\"$D/mine\\""; }
      step 'audit-1'; container '0 0 1\\n'; first=$!; inside $first "$mounted; $active; $rule"
      inside $first './mine; ./mine'; records
      step 'audit-3: changed by the host'; echo '# more' >> mine; inside $first './mine'; records
      step 'audit-many'; for i in 1 2 3; do container '0 0 1\\n'; inside $! "$mounted; $active; $rule; ./mine > /dev/null"; done; records
      step 'audit-4: by the host in the mount namespace alone'; container '0 ${OWNER} 1\\n'; inside $! "$mounted; $active"
      nsenter -t $! -m sh -c "echo audit func=BPRM_CHECK fowner=0 > $policy"; echo $?
      nsenter -t $! -m cat $policy; inside $! "cat $policy"`);
    expect(said).toEqual({
      'audit-1': ['ran', 'ran', '1'],
      'audit-3: changed by the host': ['ran', '2'],
      'audit-many': ['5'],
      'audit-4: by the host in the mount namespace alone': [
        ...['0', `audit func=BPRM_CHECK fowner=${OWNER} `, 'audit func=BPRM_CHECK fowner=0 '],
      ],
    });
  });

  it('are told apart by the list of the host and its registers', async () => {
    const said = await steps(
      `list=/sys/kernel/security/ima/ascii_runtime_measurements; vpcr=/sys/kernel/security/ima/vpcr
      step 'host-ns-measure-1'; echo 'measure func=BPRM_CHECK mask=MAY_EXEC fowner=${OWNER} template=ima-ns' > $policy; ./tool > /dev/null
      for i in 1 2 3; do container '0 ${OWNER} 1\\n'; inside $! './tool; ./tool' > /dev/null; done
      for words in 5,6 4; do grep ' ima-ns ' $list | cut -d ' ' -f $words | sort -u | wc -l; done; grep -c ' ima-ns ' $list
      step 'vpcr'; wc -c < $vpcr; inside $! "$mounted"; wc -c < $vpcr; inside $! "$active"; wc -c < $vpcr
      python3 -c "print(open('$vpcr', 'rb').read()[-32:].hex().upper())" | cmp - /sys/class/tpm/tpm0/pcr-sha256/12
      inside $! 'ls /sys/kernel/security/ima/' | grep -c vpcr; setpriv --bounding-set=-mac_admin cat $vpcr`,
      '--tpm=emulated',
    );
    expect(said).toEqual({
      'host-ns-measure-1': ['1', '4', '4'],
      vpcr: ['38', '38', '77', '0', expect.stringMatching(/Permission denied$/)],
    });
  });

  it('have rules of their own for keys and attributes, and violations that nobody else is told of', async () => {
    const said = await steps(`
      openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=me -keyout key.pem -outform DER -out me.der 2> /dev/null; chmod 644 me.der
      container '0 ${OWNER} 1\\n'; one=$!; inside $one "$mounted; $active"; list=/sys/kernel/security/ima/ascii_runtime_measurements
      add='keyctl newring _ima @s > /dev/null; keyctl padd asymmetric me %keyring:_ima < me.der > /dev/null'
      step 'appraise-1: another keyring'; inside $one "echo measure func=KEY_CHECK keyrings=other > $policy; keyctl session - bash -c '$add' 2> /dev/null; grep -c ' _ima ' $list"
      step 'appraise-1: a key'; inside $one "echo measure func=KEY_CHECK > $policy; keyctl session - bash -c '$add' 2> /dev/null; grep -c ' _ima ' $list"; grep -c ' _ima ' $list
      step 'appraise-6'; inside $one "echo appraise func=SETXATTR_CHECK appraise_algos=sha384 > $policy; setfattr -n security.ima -v 0x0404ab file; setfattr -n security.ima -v 0x0405ab file && echo set"
      setfattr -n security.ima -v 0x0404ab file && echo set
      step 'hash-1: before the next open'; inside $one "setfattr -x security.ima file; echo hash func=FILE_CHECK mask=MAY_READ > $policy; cat file > /dev/null; echo '# more' >> file
        getfattr -m ^security.ima -d -e hex file | grep -o 0x0404.*"
      echo 0x0404$(sha256sum < file | cut -c 1-64)
      step 'audit+measure-1'; inside $one "echo 'measure func=FILE_CHECK mask=MAY_READ' > $policy; exec 7< other; exec 8<> other; exec 7<&-; exec 8<&-; cat /sys/kernel/security/ima/violations"
      $LSMFS log | grep -c cause=ToMToU`);
    expect(said).toEqual({
      'appraise-1: another keyring': ['0'],
      'appraise-1: a key': ['1', '0'],
      'appraise-6': [expect.stringMatching(/Permission denied$/), 'set', 'set'],
      'hash-1: before the next open': [expect.stringMatching(/^0x0404.{64}$/), expect.stringMatching(/^0x0404.{64}$/)],
      'audit+measure-1': ['1', '0'],
    });
    const [inside, computed] = said['hash-1: before the next open'] ?? [];
    expect(inside).toBe(computed);
  });

  it('measure, hash and appraise by their own rules and ids, and are bound by those around', async () => {
    const said = await steps(`
      container '0 ${OWNER} 1\\n'; one=$!; container '0 ${OWNER} 1\\n'; two=$!
      value() { getfattr -n security.ima -e hex $1 2> /dev/null | grep -o 0x0404.*; }
      step 'appraise-7: before active'; inside $one "$mounted; setfattr -n security.ima -v 0x0404ab $D/other"
      step 'appraise-7: of a mapped owner and group'; inside $one "$active; setfattr -n security.ima -v 0x0404ab other && setfattr -x security.ima other && echo set"
      chgrp 0 other; inside $one 'setfattr -n security.ima -v 0x0404ab other'; chgrp ${OWNER} other
      step 'measure-3: ids'; inside $one "printf 'measure func=BPRM_CHECK mask=MAY_EXEC fowner=0\\nhash func=FILE_CHECK fowner=0\\n' > $policy; cat $policy"
      step 'measure-5: no list but its own'; inside $two "$mounted; $active"; inside $one './tool'
      for it in $one $two; do inside $it 'cat /sys/kernel/security/ima/runtime_measurements_count'; done; cat /sys/kernel/security/ima/runtime_measurements_count
      step 'hash-1: its own attribute'; inside $one 'cat file > /dev/null; echo "# more" >> file; cat file > /dev/null; getfattr -n security.ima -e hex file | grep -o 0x0404.*'
      echo 0x0404$(sha256sum < file | cut -c 1-64); value file
      step 'hash-2: neither files of the host'; cp tool mine; chown 0:0 mine; chmod 777 mine; inside $one 'cat mine > /dev/null; echo "# more" >> mine'; cat mine > /dev/null; value mine
      step 'nor in the other direction'; echo 'hash func=FILE_CHECK fowner=0' > $policy; cat mine > /dev/null; echo '# more' >> mine; cat mine > /dev/null
      [ "$(value mine)" = 0x0404$(sha256sum < mine | cut -c 1-64) ] && echo hashed; getfattr -d -m trusted.lsmns mine
      step 'appraise-3'; echo 'appraise func=FILE_CHECK fowner=${OWNER}' > $policy; inside $two 'cat other'`);
    const denied = expect.stringMatching(/Operation not permitted$/);
    expect(said).toEqual({
      'appraise-7: before active': [denied],
      'appraise-7: of a mapped owner and group': ['set', denied],
      'measure-3: ids': ['measure func=BPRM_CHECK mask=MAY_EXEC fowner=0 ', 'hash func=FILE_CHECK fowner=0 '],
      'measure-5: no list but its own': ['ran', '2', '1', '1'],
      'hash-1: its own attribute': [expect.stringMatching(/^0x0404.{64}$/), expect.stringMatching(/^0x0404.{64}$/)],
      'hash-2: neither files of the host': [],
      'nor in the other direction': ['hashed'],
      'appraise-3': [expect.stringMatching(/Permission denied$/)],
    });
    const [inside, computed] = said['hash-1: its own attribute'] ?? [];
    expect(inside).toBe(computed);
  });
});
