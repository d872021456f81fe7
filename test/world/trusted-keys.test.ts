/** The keyrings `.ima` and `.evm` of a kernel with trusted keyrings: which certificates they take, by keyctl and evmctl. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const IMA = '/sys/kernel/security/ima';
/** Owner of the files that the rules are about; there is no such user. */
const OWNER = 4716;
let folder: string;

const IDS = 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid';
const SIGNS = 'keyUsage=digitalSignature';
/** Name of a certificate, and by whom it is signed (itself where nobody is named), with extensions. */
const CERTIFICATES: readonly (readonly [name: string, by?: string, extensions?: string])[] = [
  ['root'],
  ['other'],
  ['between', 'root'],
  ['leaf', 'root', `${IDS}\n${SIGNS}`],
  ['second', 'between', `${IDS}\n${SIGNS}`],
  ['unnamed', 'root', `subjectKeyIdentifier=hash\nauthorityKeyIdentifier=none\n${SIGNS}`],
  ['foreign', 'other', `${IDS}\n${SIGNS}`],
  ['useless', 'root'],
  ['issuer', 'root', `${IDS}\n${SIGNS}\nbasicConstraints=CA:TRUE`],
  ['machine'],
  ['owner', 'machine', `${IDS}\n${SIGNS}`],
];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-trusted-'));
  chmodSync(folder, 0o755);
  const openssl = (words: string) => execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'ignore' });
  for (const [name, by, extensions = IDS] of CERTIFICATES) {
    writeFileSync(path.join(folder, 'ext'), extensions);
    openssl(`req -new -newkey rsa:2048 -nodes -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`);
    const issuer = by === undefined ? `-signkey ${name}.key` : `-CA ${by}.pem -CAkey ${by}.key -CAcreateserial`;
    openssl(`x509 -req -in ${name}.csr ${issuer} -extfile ext -out ${name}.pem`);
    openssl(`x509 -in ${name}.pem -outform DER -out ${name}.der`);
  }
  // Its issuer is called like a trusted key, and is another one.
  writeFileSync(path.join(folder, 'ext'), `subjectKeyIdentifier=hash\nauthorityKeyIdentifier=none\n${SIGNS}`);
  openssl('req -x509 -newkey rsa:2048 -nodes -subj /CN=root -keyout false.key -out false.pem');
  openssl('x509 -req -in leaf.csr -CA false.pem -CAkey false.key -CAcreateserial -extfile ext -out forged.pem');
  openssl('x509 -in forged.pem -outform DER -out forged.der');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function world(commands: readonly string[], options: readonly string[] = ['--trusted-key', 'root.pem']) {
  return lsmfs(['run', '--build=full', '--lsm=', ...options, '--', 'bash', '-c', commands.join('\n')], { cwd: folder });
}

const padd = (name: string, ring = '.ima') =>
  `echo -n ${name}:; keyctl padd asymmetric ${name} %keyring:${ring} < ${name}.der > /dev/null && echo ok`;
const lines = (text: string) => text.split('\n').filter(Boolean);

describe('trusted keyrings', () => {
  it('take what a key that the kernel was built with has signed, or one that such a key has signed', async () => {
    const result = await world([
      'exec 2>&1',
      ...['leaf', 'unnamed', 'other', 'foreign', 'forged', 'second', 'useless', 'issuer'].map((name) => padd(name)),
      padd('between', '.secondary_trusted_keys'),
      padd('second'),
      padd('other', '.secondary_trusted_keys'),
      padd('leaf', '.evm'),
      padd('leaf', '.builtin_trusted_keys'),
      'echo text | keyctl padd user note %keyring:.ima',
      'keyctl newring .ima @u',
      'keyctl newring inner %keyring:.ima',
      `evmctl import leaf.der 0x$(grep ' \\.ima: ' /proc/keys | cut -c -8) > /dev/null 2>&1 && echo imported`,
    ]);
    const noKey = 'add_key: Required key not available';
    expect(lines(result.stdout)).toEqual([
      ...['leaf:ok', 'unnamed:ok', `other:${noKey}`, `foreign:${noKey}`],
      ...['forged:add_key: Key was rejected by service', `second:${noKey}`],
      ...[`useless:${noKey}`, `issuer:${noKey}`],
      ...['between:ok', 'second:ok', `other:${noKey}`, 'leaf:ok', 'leaf:add_key: Permission denied'],
      'add_key: Operation not supported',
      'add_key: Operation not permitted',
      'add_key: Operation not supported',
      'imported',
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('are those of root, who does not possess them', async () => {
    const as = `setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups`;
    const result = await world([
      'exec 2>&1',
      padd('leaf'),
      "grep -E ' (\\.(ima|evm|builtin_trusted_keys|secondary_trusted_keys)|leaf|[0-9a-f]{40}): ' /proc/keys |",
      "  grep ^7fff | cut -c 10- | sed -E 's/[0-9a-f]{40}/ID/; s/[0-9a-f]+ \\[/ID [/'",
      'keyctl request keyring .ima',
      'keyctl search %keyring:.ima asymmetric leaf',
      'keyctl setperm %keyring:.ima 0x3f3f0000',
      `ring=0x$(grep ' \\.ima: ' /proc/keys | cut -c -8)`,
      `${as} keyctl rlist $ring; ${as} grep -c '\\.ima' /proc/keys`,
      `${as} keyctl padd asymmetric leaf $ring < leaf.der`,
      'keyctl clear %keyring:.ima; keyctl rlist %keyring:.ima',
    ]);
    expect(lines(result.stdout)).toEqual([
      'leaf:ok',
      'I------     1 perm 1f0b0000     0     0 keyring   .builtin_trusted_keys: 1',
      'I------     1 perm 1f0f0000     0     0 keyring   .secondary_trusted_keys: 1',
      'I------     1 perm 1f030000     0     0 asymmetri ID: X509.rsa ID []',
      'I------     1 perm 1f0f0000     0     0 keyring   .ima: 1',
      'I------     1 perm 1f0f0000     0     0 keyring   .evm: empty',
      'I--Q---     1 perm 39010000     0     0 asymmetri leaf: X509.rsa ID []',
      'request_key: Required key not available',
      'keyctl_search: Permission denied',
      'keyctl_setperm: Permission denied',
      'keyctl_read_alloc: Permission denied',
      '0',
      'add_key: Permission denied',
    ]);
  });

  it('have the keys of signatures, and are measured by name', async () => {
    writeFileSync(path.join(folder, 'signed'), 'content');
    chownSync(path.join(folder, 'signed'), OWNER, OWNER);
    const result = await world([
      'evmctl ima_sign --key leaf.key signed > /dev/null 2>&1',
      `{ echo 'appraise func=FILE_CHECK fowner=${OWNER} appraise_type=imasig'; echo 'measure func=KEY_CHECK keyrings=.ima'; } > ${IMA}/policy`,
      'cat signed 2> /dev/null; echo $?',
      padd('leaf', '.evm'),
      padd('other'),
      padd('leaf'),
      'cat signed; echo',
      `tail -n +2 ${IMA}/ascii_runtime_measurements | cut -d ' ' -f 1,3-`,
      "dmesg | grep -o 'integrity: .*' | sed 's/id:[0-9a-f]*/id:ID/'",
    ]);
    const der = readFileSync(path.join(folder, 'leaf.der'));
    const digest = createHash('sha256').update(der).digest('hex');
    expect(lines(result.stdout)).toEqual([
      '1',
      ...['leaf:ok', 'other:leaf:ok', 'content'],
      `10 ima-buf sha256:${digest} .ima ${der.toString('hex')}`,
      "integrity: Request for unknown key 'id:ID' in '.ima' keyring. err -11",
    ]);
  });

  it('are measured by the first policy, as far as they were there before', async () => {
    const result = await world(
      [
        padd('leaf'),
        `echo measure func=KEY_CHECK > ${IMA}/policy`,
        `cut -d ' ' -f 5,6 ${IMA}/ascii_runtime_measurements`,
      ],
      ['--trusted-key', 'root.der', '--ima-key', 'other.der', '--platform-key', 'foreign.der'],
    );
    const der = (name: string) => readFileSync(path.join(folder, `${name}.der`)).toString('hex');
    expect(lines(result.stdout)).toEqual([
      ...['leaf:ok', 'boot_aggregate ', `.builtin_trusted_keys ${der('root')}`, `.platform ${der('foreign')}`],
      ...[`.ima ${der('other')}`, `.ima ${der('leaf')}`],
    ]);
  });

  it('trust keys of the machine, and no key that is blacklisted', async () => {
    const tbs = (name: string) => {
      const text = execFileSync(
        'openssl',
        ['asn1parse', '-inform', 'DER', '-in', `${name}.der`, '-strparse', '4', '-noout', '-out', 'tbs'],
        { cwd: folder },
      );
      const digest = createHash('sha256')
        .update(readFileSync(path.join(folder, 'tbs')))
        .digest('hex');
      return text.length === 0 ? digest : '';
    };
    const revoked = tbs('unnamed');
    writeFileSync(path.join(folder, 'list'), `"tbs:${revoked}",\n"bin:${'00'.repeat(32)}"\n`);
    const ring = (name: string) => `0x$(grep ' \\${name}: ' /proc/keys | cut -c -8)`;
    const result = await world(
      [
        ...['exec 2>&1', padd('owner'), padd('unnamed'), padd('leaf')],
        `grep -E ' (\\.(machine|platform|blacklist|ima_blacklist)|bin|tbs):' /proc/keys | grep ^7fff | cut -c 10-`,
        `${padd('leaf', '.ima_blacklist')}; ${padd('second', '.ima_blacklist')}; ${padd('owner', '.machine')}`,
        `keyctl clear ${ring('.ima_blacklist')}; keyctl revoke $(keyctl rlist ${ring('.ima_blacklist')})`,
        `keyctl unlink $(keyctl rlist ${ring('.ima_blacklist')}) ${ring('.ima_blacklist')}`,
        "dmesg | grep -o 'X.509: .*'",
      ],
      ['--trusted-key', 'root.pem', '--machine-key', 'machine.pem', '--blacklist', 'list'],
    );
    const [rejected, refused] = ['Key was rejected by service', 'Operation not permitted'];
    expect(lines(result.stdout)).toEqual([
      ...['owner:ok', `unnamed:add_key: ${rejected}`, 'leaf:ok'],
      'I------     1 perm 1f0b0000     0     0 keyring   .machine: 1',
      'I------     1 perm 1f0b0000     0     0 keyring   .platform: empty',
      'I------     1 perm 0f0b0000     0     0 keyring   .blacklist: 2',
      'I------     1 perm 1f0f0000     0     0 keyring   .ima_blacklist: empty',
      `I------     1 perm 09090000     0     0 blacklist tbs:${revoked}`,
      `I------     1 perm 09090000     0     0 blacklist bin:${'00'.repeat(32)}`,
      ...['leaf:ok', 'second:add_key: Required key not available', 'owner:add_key: Permission denied'],
      ...[`keyctl_clear: ${refused}`, 'keyctl_revoke: Permission denied', `keyctl_unlink: ${refused}`],
      `X.509: Cert ${revoked} is blacklisted`,
    ]);
    const without = await world([padd('owner')]);
    expect(without.stderr).toContain('Required key not available');
  });

  it('have keys that count no more once they are in .ima_blacklist', async () => {
    writeFileSync(path.join(folder, 'early'), 'content');
    chownSync(path.join(folder, 'early'), OWNER, OWNER);
    const result = await world([
      'evmctl ima_sign --key leaf.key early > /dev/null 2>&1',
      ...[
        padd('leaf'),
        `echo 'appraise func=FILE_CHECK fowner=${OWNER} appraise_type=imasig' > ${IMA}/policy`,
        'cat early; echo',
      ],
      padd('leaf', '.ima_blacklist'),
      'evmctl ima_sign --key leaf.key early > /dev/null 2>&1; cat early 2> /dev/null; echo $?',
      "dmesg | grep -oE 'integrity: .*|cause=[^ ]*sig[^ ]*' | sed 's/id:[0-9a-f]*/id:ID/'",
    ]);
    expect(lines(result.stdout)).toEqual([
      ...['leaf:ok', 'content', 'leaf:ok', '1'],
      ...["integrity: Key 'id:ID' is in ima_blacklist_keyring", 'cause=invalid-signature'],
    ]);
  });

  it('are not there in every build', async () => {
    const result = await lsmfs(['run', '--lsm=', '--build=debian', '--machine-key', 'root.pem', '--', 'true'], {
      cwd: folder,
    });
    expect(result.stderr).toBe("lsmfs: The kernel build 'debian' has no keyring .machine.\nlsmfs: Add --build=full.\n");
    writeFileSync(path.join(folder, 'wrong'), 'bin:AB');
    const wrong = await world(['true'], ['--blacklist', 'wrong']);
    expect(wrong.stderr).toContain("has 'bin:AB'");
  });

  it('have the certificates of --ima-key from boot on', async () => {
    const result = await world(
      ["keyctl rlist %keyring:.ima | wc -w; grep -c ' _ima: ' /proc/keys"],
      ['--ima-key', 'other.der'],
    );
    expect(lines(result.stdout)).toEqual(['1', '0']);
  });
});

it('keyrings of the host are measured by their names, whichever number they have', async () => {
  const result = await lsmfs(
    [
      ...['run', '--lsm=', '--', 'bash', '-c'],
      `echo 'measure func=KEY_CHECK keyrings=lsmfs-test' > ${IMA}/policy
       ring=$(keyctl newring lsmfs-test @u); keyctl padd asymmetric leaf $ring < leaf.der > /dev/null
       keyctl unlink $ring @u; tail -n +2 ${IMA}/ascii_runtime_measurements | cut -d ' ' -f 5`,
    ],
    { cwd: folder },
  );
  expect(lines(result.stdout)).toEqual(['lsmfs-test']);
});
