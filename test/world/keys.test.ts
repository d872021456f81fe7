/** Keyrings of the emulated kernel, by keyctl and evmctl: who is in them, and what is verified and measured with them. */
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, privateEncrypt } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script } from './program.ts';

const IMA = '/sys/kernel/security/ima';
/** Owner of the files that the rules are about; there is no such user. */
const OWNER = 4714;
const RULE = `appraise func=FILE_CHECK fowner=${OWNER} appraise_type=imasig`;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-keys-'));
  chmodSync(folder, 0o755);
  for (const name of ['mine', 'other']) {
    const request = `req -x509 -newkey rsa:2048 -nodes -subj /CN=${name} -keyout ${folder}/${name}.key`;
    execFileSync('openssl', `${request} -outform DER -out ${folder}/${name}.der`.split(' '), { stdio: 'ignore' });
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): void {
  writeFileSync(path.join(folder, name), content);
  chownSync(path.join(folder, name), OWNER, OWNER);
}

function world(commands: readonly string[]) {
  return lsmfs(['run', '--lsm=', '--', 'bash', '-c', commands.join('\n')], { cwd: folder });
}

const RING = 'keyctl newring _ima @u > /dev/null';
const padd = (name: string) => `keyctl padd asymmetric ${name} %keyring:_ima < ${name}.der > /dev/null`;
const lines = (text: string) => text.split('\n').filter(Boolean);

describe('keyrings', () => {
  it('are made, filled, shown and emptied', async () => {
    const shown = `sed -E 's/^ *[0-9]+/N/; s/: [0-9a-f]{40}$/: ID/'`;
    const result = await world([
      'keyctl request keyring _ima',
      RING,
      padd('mine'),
      'evmctl import other.der $(keyctl search @u keyring _ima) > /dev/null 2>&1 && echo imported',
      `keyctl show %keyring:_ima | ${shown}`,
      'keyctl rdescribe %keyring:_ima; keyctl rdescribe $(keyctl search %keyring:_ima asymmetric mine)',
      "grep ^7fff /proc/keys | cut -c 10- | grep ' _ima: \\| mine: ' | sed 's/[0-9a-f]* \\[/ID [/'",
      'printf text | keyctl padd user note %keyring:_ima > /dev/null; keyctl print $(keyctl search %keyring:_ima user note)',
      'keyctl unlink $(keyctl search %keyring:_ima asymmetric mine) %keyring:_ima',
      `keyctl search %keyring:_ima asymmetric mine`,
      'keyctl clear %keyring:_ima; keyctl rlist %keyring:_ima',
      'keyctl unlink %keyring:_ima @u; keyctl request keyring _ima',
    ]);
    expect(lines(result.stdout)).toEqual([
      'imported',
      'Keyring',
      'N --alswrv      0     0  keyring: _ima',
      'N --als--v      0     0   \\_ asymmetric: mine',
      'N --als--v      0     0   \\_ asymmetric: other: ID',
      'keyring;0;0;3f010000;_ima',
      'asymmetric;0;0;39010000;mine',
      'I--Q---     1 perm 3f010000     0     0 keyring   _ima: 2',
      'I--Q---     1 perm 39010000     0     0 asymmetri mine: X509.rsa ID []',
      'text',
    ]);
    const missing = 'request_key: Required key not available';
    expect(lines(result.stderr)).toEqual([missing, 'keyctl_search: Required key not available', missing]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('refuse what is no certificate, keys of the host, and other users', async () => {
    const changed = Buffer.from(readFileSync(path.join(folder, 'mine.der')));
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    writeFileSync(path.join(folder, 'changed.der'), changed);
    const result = await world([
      RING,
      'echo junk | keyctl padd asymmetric junk %keyring:_ima',
      padd('changed'),
      'keyctl link @s %keyring:_ima',
      'keyctl newring inner %keyring:_ima',
      'ring=$(keyctl search @u keyring _ima)',
      `setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups keyctl padd asymmetric mine $ring < mine.der`,
      `setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups keyctl request keyring _ima`,
      'keyctl rlist %keyring:_ima',
    ]);
    expect(result.stdout).toBe('\n');
    expect(lines(result.stderr)).toEqual([
      'add_key: Bad message',
      'add_key: Key was rejected by service',
      'keyctl_link: Operation not permitted',
      'add_key: Operation not permitted',
      'add_key: Permission denied',
      'request_key: Required key not available',
    ]);
  });

  it('have the keys that files are appraised with, from the moment they are there', async () => {
    file('signed', 'content');
    const result = await world([
      'evmctl ima_sign --key mine.key signed > /dev/null 2>&1',
      `echo '${RULE}' > ${IMA}/policy`,
      'cat signed 2> /dev/null; echo $?',
      `${RING}; ${padd('other')}`,
      'cat signed 2> /dev/null; echo $?',
      `${padd('mine')}; cat signed; echo`,
    ]);
    expect(result.stdout).toBe('1\n1\ncontent\n');
  });

  it('are measured by rules about them, each key once', async () => {
    const result = await world([
      `echo 'measure func=KEY_CHECK keyrings=_ima' > ${IMA}/policy`,
      `${RING}; keyctl newring _evm @u > /dev/null; keyctl padd asymmetric mine %keyring:_evm < other.der > /dev/null`,
      `${padd('mine')}; ${padd('mine')}`,
      `tail -n +2 ${IMA}/ascii_runtime_measurements | cut -d ' ' -f 1,3-`,
    ]);
    const der = readFileSync(path.join(folder, 'mine.der'));
    const digest = createHash('sha256').update(der).digest('hex');
    expect(lines(result.stdout)).toEqual([`10 ima-buf sha256:${digest} _ima ${der.toString('hex')}`]);
  });

  it('have keys for signatures of the first version', async () => {
    file('old', 'content');
    const key = createPrivateKey(readFileSync(path.join(folder, 'mine.key')));
    const { n = '', e = '' } = key.export({ format: 'jwk' });
    const number = (bytes: Buffer) => Buffer.concat([bits(bytes), bytes]);
    const head = Buffer.from('01000000000000123456789abcdef001', 'hex');
    const digest = createHash('sha256').update('content').digest();
    const hash = createHash('sha1')
      .update(Buffer.concat([digest, head]))
      .digest();
    const value = Buffer.concat([Buffer.from([3]), head, number(privateEncrypt(key, hash))]);
    const numbers = [n, e].map((text) => number(Buffer.from(text, 'base64url')));
    writeFileSync(path.join(folder, 'old.bin'), Buffer.concat([Buffer.from('01000000000002', 'hex'), ...numbers]));
    const result = await world([
      `setfattr -n security.ima -v 0x${value.toString('hex')} old`,
      `${RING}; echo '${RULE}' > ${IMA}/policy`,
      'cat old 2> /dev/null; echo $?',
      'keyctl padd user 123456789ABCDEF0 %keyring:_ima < old.bin > /dev/null; cat old',
    ]);
    expect(result.stdout).toBe('1\ncontent');
  });
});

/** u16, big-endian: how many bits a number has. */
function bits(bytes: Buffer): Buffer {
  const count = BigInt(`0x${bytes.toString('hex')}`).toString(2).length;
  return Buffer.from([count >> 8, count & 0xff]);
}

/** In a user namespace, whose keys end with it; its root has no key of the host's. */
it("EVM's key is the encrypted key of the user who switches it on", async (context) => {
  const blob = path.resolve('test/conformance/scenarios/data/integrity/evm-key.blob');
  const inside = `echo 1 > /sys/kernel/security/evm; echo $?
    printf 0123456789abcdef0123456789abcdef | keyctl padd user kmk @u > /dev/null
    keyctl add encrypted evm-key "load $(cat ${blob})" @u > /dev/null || echo no encrypted keys
    unshare -Ur bash -c 'echo 1 > /sys/kernel/security/evm'; echo $?
    echo 1 > /sys/kernel/security/evm; echo $?; cat /sys/kernel/security/evm; echo; dmesg | grep -o evm:.*`;
  const result = await script(
    `unshare --user --map-root-user --mount $LSMFS run --lsm=evm -- bash -c "$INSIDE" 2> /dev/null`,
    { cwd: folder, env: { INSIDE: inside } },
  );
  if (result.stdout.includes('no encrypted keys')) context.skip('the host has no keys of type encrypted');
  expect(lines(result.stdout)).toEqual(['1', '1', '0', '1', 'evm: key initialized']);
  expect(result.leftovers).toSatisfy(isClean);
});
