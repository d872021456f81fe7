/** Files that real processes use, appraised by their attributes. */
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate } from '../../lsm/framework/keys/certificate.ts';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const POLICY = '/sys/kernel/security/ima/policy';
/** Owner of the files that the rules are about; there is no such user. */
const OWNER = 4712;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-appraise-'));
  chmodSync(folder, 0o755);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string, mode = 0o644): string {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  chmodSync(place, mode);
  chownSync(place, OWNER, OWNER);
  return place;
}

function appraised(rules: readonly string[], commands: string, args: readonly string[] = []) {
  const load = rules.map((rule) => `echo '${rule}'`).join('; ');
  return lsmfs(['run', '--lsm=', ...args, '--', 'bash', '-c', `{ ${load}; } > ${POLICY}\n${commands}`], {
    cwd: folder,
  });
}

const digest = (content: string) => `0x0404${createHash('sha256').update(content).digest('hex')}`;

describe('a world that appraises', () => {
  it('opens what has the right digest and nothing else', async () => {
    file('good', 'content');
    file('bad', 'changed');
    file('none', 'content');
    const set = ['good', 'bad'].map((name) => `setfattr -n security.ima -v ${digest('content')} ${name}`).join('; ');
    const result = await appraised(
      [`appraise func=FILE_CHECK fowner=${OWNER}`],
      `${set}; for f in good bad none; do cat $f > /dev/null 2>&1 && echo $f; done`,
    );
    expect(result.stdout.split('\n').filter(Boolean)).toEqual(['good']);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('looks anew at a file whose attribute is set to what it was', async () => {
    file('again', 'content');
    const set = `setfattr -n security.ima -v ${digest('content')} again`;
    const result = await appraised(
      [`appraise func=FILE_CHECK fowner=${OWNER}`, `audit func=FILE_CHECK fowner=${OWNER}`],
      `${set}; for round in 1 2; do cat again again > /dev/null; dmesg | grep -c type=1805; ${set}; done`,
    );
    expect(result.stdout).toBe('1\n2\n');
  });

  it('keeps the digests of files that are written', async () => {
    file('written', 'content');
    const rule = `appraise func=FILE_CHECK fowner=${OWNER}`;
    const commands = [
      `setfattr -n security.ima -v ${digest('content')} written`,
      'printf more >> written',
      'getfattr -n security.ima -e hex --only-values written | od -An -tx1 | tr -d " \\n"; echo',
      'cat written; echo',
      `setpriv --reuid=${OWNER} --clear-groups sh -c 'umask 022; cd /dev/shm && echo new > lsmfs-$$ && cat lsmfs-$$; rm lsmfs-$$'`,
    ];
    const result = await appraised([rule], commands.join('\n'));
    expect(result.stdout).toBe(`${digest('contentmore').slice(2)}\ncontentmore\nnew\n`);
  });

  it('in fix mode gives files their digests', async () => {
    file('fixed', 'content');
    const result = await appraised(
      [`appraise func=FILE_CHECK fowner=${OWNER}`],
      'cat fixed; getfattr -n security.ima -e hex --absolute-names fixed | grep security',
      ['--param', 'ima_appraise=fix'],
    );
    expect(result.stdout).toBe(`contentsecurity.ima=${digest('content')}\n`);
  });

  it('executes what is signed by a key that it has', async () => {
    const program = '#!/bin/sh\necho ran\n';
    const [signed, other] = [file('signed', program, 0o755), file('other', program, 0o755)];
    const [key, certificate] = ['key.pem', 'certificate.der'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    const request = `req -x509 -newkey rsa:2048 -nodes -subj /CN=test -keyout ${key} -outform DER -out ${certificate}`;
    execFileSync('openssl', request.split(' '), { stdio: 'ignore' });
    const keyId = parseCertificate(readFileSync(certificate))?.keyId.slice(-4) ?? new Uint8Array(0);
    const signature = sign('sha256', Buffer.from(program), createPrivateKey(readFileSync(key)));
    const value = Buffer.concat([Buffer.from([3, 2, 4]), keyId, Buffer.from([1, 0]), signature]).toString('hex');
    const commands = [
      `setfattr -n security.ima -v 0x${value} signed`,
      `setfattr -n security.ima -v ${digest(program)} other`,
      `${signed}; ${other}; echo $?`,
      '{ echo x >> signed; } 2> /dev/null; wc -l < signed',
    ];
    const rule = `appraise func=BPRM_CHECK appraise_type=imasig fowner=${OWNER}`;
    const open = `appraise func=FILE_CHECK fowner=${OWNER}`;
    const result = await appraised([rule, open], commands.join('\n'), ['--ima-key', certificate]);
    expect(result.stdout).toBe('ran\n126\n2\n');
    const without = await appraised([rule], `setfattr -n security.ima -v 0x${value} signed; ${signed}; echo $?`);
    expect(without.stdout).toBe('126\n');
  });

  it('refuses values that mean nothing', async () => {
    file('set', 'content');
    const commands = [
      'for v in 0x07 0x0411aabb 0x; do setfattr -n security.ima -v $v set 2>&1 | grep -o "[A-Z].*"; done',
      "getfattr -d -m '^security[.]ima' set",
    ];
    const result = await appraised([`appraise func=FILE_CHECK fowner=${OWNER}`], commands.join('\n'));
    expect(result.stdout).toMatch(/^Invalid argument\nPermission denied\nInvalid argument\n$/);
  });

  it('tells of a key that is none before it starts', async () => {
    const result = await lsmfs(['run', '--lsm=', '--ima-key', file('key', 'no certificate'), '--', 'true']);
    expect(result.status).toBe(125);
    expect(result.stderr).toContain('is not an X.509 certificate');
  });
});
