/** `lsmfs ima`: the measurement list of a world, as a user looks at it. */
import { createHash } from 'node:crypto';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script } from './program.ts';

const IMA = '/sys/kernel/security/ima';
/** Owner of the files that the rule is about; there is no such user. */
const OWNER = 4711;

interface Told {
  readonly entries: readonly { readonly templateDigest: string; readonly digest: string; readonly path: string }[];
  readonly verification: {
    readonly intact: boolean;
    readonly violations: readonly number[];
    readonly pcrs: Record<string, Record<string, string>>;
  };
}

it('shows what was measured, and the registers that attest it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-list-'));
  try {
    for (const name of ['café', 'busy']) {
      writeFileSync(path.join(folder, name), `content of ${name}`);
      chownSync(path.join(folder, name), OWNER, OWNER);
    }
    const inside = `echo 'measure func=FILE_CHECK mask=MAY_READ fowner=${OWNER}' > ${IMA}/policy
      cat café > /dev/null; exec 3>> busy; cat busy > /dev/null; exec 3>&-
      cat ${IMA}/ascii_runtime_measurements > ascii; cat ${IMA}/binary_runtime_measurements > binary
      $LSMFS ima; echo "= $?"; $LSMFS ima --verify; echo "= $?"; $LSMFS ima --json --verify > json; echo "= $?"`;
    const result = await script(`$LSMFS run --lsm= -- bash -c "$INSIDE"`, { cwd: folder, env: { INSIDE: inside } });
    expect(result.stderr).toBe('');
    expect(result.leftovers).toSatisfy(isClean);
    const [table = '', verified = '', none = ''] = result.stdout.split('= 0\n');
    const digest = `sha256:${createHash('sha256').update('content of café').digest('hex')}`;
    const rows = table
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows).toEqual([
      ['PCR', 'TEMPLATE', 'DIGEST', 'PATH'],
      ['10', 'ima-sig', `sha256:${'0'.repeat(64)}`, 'boot_aggregate'],
      ['10', 'ima-sig', digest, path.join(folder, 'café')],
      ['10', 'ima-sig', 'violation', path.join(folder, 'busy')],
      ['10', 'ima-sig', expect.stringMatching(/^sha256:/), path.join(folder, 'busy')],
    ]);
    expect(verified).toContain(`violation: entry 3, ${path.join(folder, 'busy')}: `);
    expect(verified).toContain('4 entries, 1 violation, all digests are right\n');
    expect(none).toBe('');

    const { entries, verification } = JSON.parse(readFileSync(path.join(folder, 'json'), 'utf8')) as Told;
    const listed = readFileSync(path.join(folder, 'ascii'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    expect(entries.map(({ templateDigest }) => templateDigest)).toEqual(listed);
    // What a TPM does with each.
    const register = listed.reduce((before, text) => {
      const value = /^0+$/.test(text) ? Buffer.alloc(20, 0xff) : Buffer.from(text, 'hex');
      return createHash('sha1').update(before).update(value).digest();
    }, Buffer.alloc(20));
    expect(verification).toMatchObject({
      intact: true,
      violations: [2],
      pcrs: { sha1: { 10: register.toString('hex') } },
    });
    expect(Object.keys(verification.pcrs)).toEqual(['sha1', 'sha256', 'sha384', 'sha512']);
    expect(verified).toContain(`PCR 10 sha512: ${verification.pcrs.sha512?.[10]}\n`);

    const list = path.join(folder, 'binary');
    const again = await lsmfs(['ima', '--verify', `--file=${list}`]);
    expect([again.status, again.stdout]).toEqual([0, verified]);
    writeFileSync(list, readFileSync(list, 'latin1').replace('/caf', '/cof'), 'latin1');
    const changed = await lsmfs(['ima', '--verify', `--file=${list}`]);
    expect([changed.status, changed.stdout]).toEqual([
      1,
      expect.stringMatching(/^changed: entry 2, .*\/cofé: (.*\n)*.* 1 digest is wrong$/m),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('says what is no list', async () => {
  const missing = await lsmfs(['ima', '--file=/nonexistent']);
  expect([missing.status, missing.stderr]).toEqual([125, expect.stringContaining('ENOENT')]);
  const other = await lsmfs(['ima', `--file=${process.execPath}`]);
  expect([other.status, other.stderr]).toEqual([125, expect.stringContaining('entry 1 is incomplete')]);
  const both = await lsmfs(['ima', '--file=/x', 'name']);
  expect([both.status, both.stderr]).toEqual([125, expect.stringContaining('not both')]);
});
