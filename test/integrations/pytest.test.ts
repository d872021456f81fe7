/** The package pytest-lsmfs, installed by pip: its own tests, and the sessions of its README. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isClean, runInBox } from '../support/box.ts';
import { environment, playReadme, programDirectory } from './readme.ts';

const PACKAGE = path.resolve('integrations/pytest');
/** The machine's own, whose libselinux is of Debian. */
const PYTHON = '/usr/bin/python3';
let installed: string;
let bin: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  bin = programDirectory();
  installed = mkdtempSync(path.join(tmpdir(), 'lsmfs-pytest-'));
  // Building leaves files in the sources.
  cpSync(PACKAGE, path.join(installed, 'sources'), { recursive: true });
  const site = path.join(installed, 'site');
  env = {
    ...environment([bin]),
    PYTHONPATH: site,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTEST_ADDOPTS: '-p no:cacheprovider',
  };
  const pip = `${PYTHON} -m pip install --quiet --no-index --no-build-isolation --no-deps --disable-pip-version-check --root-user-action=ignore --target ${site} ./sources`;
  const result = await runInBox(['bash', '-c', pip], { timeoutMs: 60_000, cwd: installed, env });
  expect(result.status, result.stderr + result.stdout).toBe(0);
});

afterAll(() => {
  for (const directory of [bin, installed]) rmSync(directory, { recursive: true });
});

test('its own tests pass', { timeout: 300_000 }, async () => {
  const tests = path.join(PACKAGE, 'tests');
  const result = await runInBox([PYTHON, '-m', 'pytest', '-q', '--rootdir', tests, tests], {
    timeoutMs: 280_000,
    cwd: installed,
    env,
  });
  expect(result.status, result.stdout).toBe(0);
  expect(result.leftovers).toSatisfy(isClean);
});

test('its README tells the truth', { timeout: 120_000 }, () => playReadme(path.join(PACKAGE, 'README.md'), env));
