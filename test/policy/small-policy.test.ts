/** Our own policy: `--policy=small`, and the label of a login. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { script } from '../world/program.ts';

const SOURCE = path.resolve(import.meta.dirname, '../../policies/small');
const PARTS = ['base', 'types', 'rules', 'objects'].map((name) => path.join(SOURCE, `${name}.cil`));

test('the binary is what secilc makes of the source', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-small-'));
  try {
    const made = path.join(folder, 'policy');
    execFileSync('secilc', ['-c', '33', '-o', made, '-f', '/dev/null', ...PARTS]);
    expect(readFileSync(made).equals(readFileSync(path.join(SOURCE, 'store/policy/policy.33')))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('programs find policy, configuration and contexts, and start as a login of root', async () => {
  const { stdout } = await script(`$LSMFS run --policy=small --context=login -- sh -c '
    id -Z; grep ^SELINUXTYPE /etc/selinux/config; matchpathcon -n /etc/shadow; ls /etc/selinux'`);
  expect(stdout.split('\n').slice(0, 4)).toEqual([
    'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023',
    'SELINUXTYPE=small',
    'system_u:object_r:shadow_t:s0',
    'config',
  ]);
});

test('httpd_t may not read shadow_t, and why --last says so', async () => {
  const command = 'runcon -t httpd_t cat /etc/shadow; $LSMFS why --last';
  const { stdout, stderr } = await script(
    `export LSMFS; $LSMFS run --policy=small --context=login --enforcing -- sh -c '${command}'`,
  );
  expect(stderr).toContain('cat: /etc/shadow: Permission denied');
  expect(stdout).toContain('allow httpd_t shadow_t:file read;');
});

test('a label that the policy does not have is refused with the nearest one', async () => {
  const { stderr, status } = await script(
    '$LSMFS run --policy=small --context=unconfined_u:unconfined_r:unconfined_tt:s0 -- true',
  );
  expect(status).toBe(125);
  expect(stderr).toContain('Did you mean unconfined_t?');
});
