/** A static Go program that speaks to audit by netlink. The expected lines are those of a kernel. */
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
  program = path.join(directory, 'go-audit');
  execFileSync('go', ['build', '-o', program, '.'], {
    cwd: path.join(import.meta.dirname, 'go-audit'),
    env: { ...process.env, GO111MODULE: 'off', GOCACHE: GO_CACHE, CGO_ENABLED: '0' },
    timeout: 280_000,
  });
}, 300_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.each([[['--no-mediation']], [['--mediate=sockets,messages']]])(
  'it is answered by the kernel, %s',
  async (options) => {
    const result = await lsmfs(['run', '--lsm=selinux', ...options, '--', program]);
    expect(result.stdout.split('\n')).toEqual([
      'port is the process number: true',
      '2 for 1 from 16',
      '1000 for 1 from 16',
      'resource temporarily unavailable',
      '2 for 2 from 16',
      '',
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  },
);
