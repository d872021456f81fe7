/** Files signed by evmctl, appraised by a world that has the certificates. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const POLICY = '/sys/kernel/security/ima/policy';
const LIST = '/sys/kernel/security/ima/binary_runtime_measurements';
/** Owner of the files that the rules are about; there is no such user. */
const OWNER = 4713;
const KEYS: Readonly<Record<string, string>> = {
  rsa: '-newkey rsa:2048',
  p256: '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1',
  p384: '-newkey ec -pkeyopt ec_paramgen_curve:secp384r1',
};
const HASHES = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
let folder: string;
const keyFile = (name: string) => path.join(folder, `${name}.key`);
const certificateFile = (name: string) => path.join(folder, `${name}.der`);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-signatures-'));
  chmodSync(folder, 0o755);
  for (const [name, kind] of Object.entries({ ...KEYS, other: KEYS.p256 })) {
    const request = `req -x509 ${kind} -nodes -subj /CN=${name} -keyout ${keyFile(name)}`;
    execFileSync('openssl', `${request} -outform DER -out ${certificateFile(name)}`.split(' '), { stdio: 'ignore' });
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string): string {
  const place = path.join(folder, name);
  writeFileSync(place, `content of ${name}`);
  chownSync(place, OWNER, OWNER);
  return name;
}

/** Names of the files that can be read, and what evmctl says of each. */
function appraised(names: readonly string[], keys: readonly string[], signing: readonly string[], after = '') {
  const certificates = keys.flatMap((name) => ['--ima-key', certificateFile(name)]);
  const rules = ['appraise', 'measure'].map((action) => `${action} func=FILE_CHECK fowner=${OWNER}`);
  const commands = [
    ...signing,
    `{ echo '${rules[0]} appraise_type=imasig'; echo '${rules[1]}'; } > ${POLICY}`,
    `for f in ${names.join(' ')}; do cat $f > /dev/null 2>&1 && echo $f; done`,
    after,
  ];
  return lsmfs(['run', '--lsm=', ...certificates, '--', 'bash', '-c', commands.join('\n')], { cwd: folder });
}

const signs = (name: string, key: string, hash: string) =>
  `evmctl ima_sign --key ${keyFile(key)} -a ${hash} ${name} > /dev/null 2>&1 || echo cannot sign ${name}`;

describe('signatures of evmctl', () => {
  it.each(Object.keys(KEYS))('by %s are verified, whatever the hash', async (key) => {
    const names = HASHES.map((hash) => file(`${key}-${hash}`));
    const signing = HASHES.map((hash) => signs(`${key}-${hash}`, key, hash));
    const verify = `evmctl ima_measurement --verify-sig --key ${certificateFile(key)} ${LIST} > /dev/null && echo listed`;
    const result = await appraised(names, Object.keys(KEYS), signing, verify);
    expect(result.stdout.split('\n').filter(Boolean)).toEqual([...names, 'listed']);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('that are cut, of changed content or of another key open nothing, and evmctl agrees', async () => {
    const names = ['fine', 'cut', 'long', 'changed', 'stranger'].map(file);
    const value = 'getfattr -n security.ima -e hex --only-values $f | od -An -v -tx1 | tr -d " \\n"';
    const signing = [
      ...names.map((name) => signs(name, name === 'stranger' ? 'other' : 'p256', 'sha256')),
      `f=cut; setfattr -n security.ima -v 0x$(${value} | head -c -2) cut`,
      `f=long; setfattr -n security.ima -v 0x$(${value})00 long`,
      'printf more >> changed',
    ];
    const verify = `for f in ${names.join(' ')}; do evmctl ima_verify --key ${certificateFile('p256')} $f > /dev/null 2>&1 && echo $f verified; done`;
    const result = await appraised(names, ['p256'], signing, verify);
    expect(result.stdout.split('\n').filter(Boolean)).toEqual(['fine', 'fine verified']);
  });
});

/** On a tmpfs, which has no generations of files: evmctl must be told. */
describe('labels and portable signatures of evmctl', () => {
  it('are what IMA and EVM take them for', async () => {
    const place = mkdtempSync('/dev/shm/lsmfs-evmctl-');
    try {
      chmodSync(place, 0o755);
      for (const name of ['hashed', 'portable']) {
        writeFileSync(path.join(place, name), 'content\n');
        chownSync(path.join(place, name), OWNER, OWNER);
      }
      const commands = [
        'evmctl ima_hash -a sha256 hashed > /dev/null 2>&1; echo $?; getfattr -n security.ima -e hex hashed | grep -o 0x.*',
        `evmctl sign --imahash -a sha256 --portable --generation 0 --key ${keyFile('rsa')} portable > /dev/null 2>&1; echo $?`,
        `evmctl verify --generation 0 --key ${certificateFile('rsa')} portable 2> /dev/null; echo $?`,
        `echo 2 > /sys/kernel/security/evm; chown 0 hashed; echo 'appraise fowner=${OWNER}' > ${POLICY}`,
        "cat portable; chmod 600 portable 2> /dev/null || echo immutable; dmesg | grep -o 'op=appraise_metadata cause=[^ ]*'",
      ];
      const argv = ['run', '--lsm=', '--evm-key', certificateFile('rsa'), '--', 'bash', '-c', commands.join('\n')];
      const result = await lsmfs(argv, { cwd: place });
      const digest = '434728a410a78f56fc1b5899c3593436e61ab0c731e9072d95e96db290205e53';
      const verified = ['content', 'immutable', 'op=appraise_metadata cause=pass_immutable'];
      expect(result.stdout.split('\n').filter(Boolean)).toEqual(['0', `0x0404${digest}`, '0', '0', ...verified]);
      expect(result.leftovers).toSatisfy(isClean);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });
});
