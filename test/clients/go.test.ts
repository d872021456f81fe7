/**
 * A static Go program that asks as container runtimes do (go-selinux): raw statfs, /proc/thread-self/attr, no C library
 * that could be preloaded. The expected lines are those of a 6.12 kernel with the Debian policy.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isClean } from '../support/box.ts';
import { GO_CACHE } from '../support/go-cache.ts';
import { lsmfs } from '../world/program.ts';

let directory: string;
let program: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-go-'));
  program = path.join(directory, 'go-selinux');
  execFileSync('go', ['build', '-o', program, '.'], {
    cwd: path.join(import.meta.dirname, 'go-selinux'),
    env: {
      ...process.env,
      GO111MODULE: 'off',
      GOPATH: '/usr/share/gocode',
      GOCACHE: GO_CACHE,
      CGO_ENABLED: '0',
    },
    timeout: 280_000,
  });
}, 300_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('a static Go program sees SELinux enabled and sets its exec label', async () => {
  const result = await lsmfs(['run', '--lsm=selinux', '--', 'sh', '-c', 'load_policy; exec "$0"', program]);
  expect(result.stdout.split('\n')).toEqual([
    'enabled true',
    'enforce mode 0',
    'current system_u:system_r:kernel_t:s0 <nil>',
    'set exec label <nil>',
    'exec system_u:system_r:kernel_t:s0 <nil>',
    'clear exec label <nil>',
    'exec  <nil>',
    '',
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});
