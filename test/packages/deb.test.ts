/**
 * The Debian package: it is installed in a copy of this machine, used and purged (install.sh; the same of a bare Debian, which needs the
 * network, is a command in CONTRIBUTING.md).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const ROOT = path.resolve(import.meta.dirname, '../..');
let directory: string;
let deb: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-packages-'));
  const args = [path.join(ROOT, 'scripts/deb.js'), directory];
  deb = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const dpkg = (...args: readonly string[]): string => execFileSync('dpkg-deb', [...args, deb], { encoding: 'utf8' });

test('it has this version, depends on Node.js, and runs no script when it is installed', () => {
  expect(path.basename(deb)).toMatch(
    new RegExp(`^lsmfs_${manifest.version.replaceAll('.', '\\.')}_(amd64|arm64)\\.deb$`),
  );
  const fields = dpkg('--field');
  expect(fields).toMatch(new RegExp(`^Version: ${manifest.version}$`, 'm'));
  expect(fields).toMatch(/^Depends: libc6 \(>= [\d.]+\), libgcc-s1, libstdc\+\+6, nodejs \(>= 20\)$/m);
  expect(execFileSync('dpkg-deb', ['--ctrl-tarfile', deb]).toString('latin1')).not.toMatch(/postinst|preinst|prerm/);
});

test('two builds are the same, byte for byte', () => {
  const again = mkdtempSync(path.join(directory, 'again-'));
  execFileSync(process.execPath, [path.join(ROOT, 'scripts/deb.js'), again]);
  expect(readFileSync(path.join(again, path.basename(deb))).equals(readFileSync(deb))).toBe(true);
});

test('Lintian has nothing to say', () => {
  const options = ['--allow-root', '--fail-on=error,warning,info', '--display-info'];
  const { status, stdout } = spawnSync('lintian', [...options, deb], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test('it can be installed, runs, and leaves nothing', () => {
  const script = path.join(ROOT, 'test/packages/install.sh');
  const { status, stdout, stderr } = spawnSync(script, ['/', deb], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const steps = new Map(
    stdout
      .split(/^== /m)
      .slice(1)
      .map((step) => [step.split('\n', 1)[0], step.split('\n').slice(1, -1)] as const),
  );
  expect(steps.get('run')).toEqual(['Permissive']);
  expect(steps.get('policy')).toEqual(['Enforcing', expect.stringMatching(/^unconfined_u:/)]);
  expect(steps.get('version')?.[0]).toBe(`version    ${manifest.version}`);
  const files = steps.get('files') ?? [];
  const pages = readdirSync(path.join(ROOT, 'dist/man/man1')).map((page) => `/usr/share/man/man1/${page}.gz`);
  expect(files).toEqual(
    expect.arrayContaining([
      ...pages,
      '/usr/bin/lsmfs',
      '/usr/share/bash-completion/completions/lsmfs',
      '/usr/share/zsh/vendor-completions/_lsmfs',
      '/usr/share/fish/vendor_completions.d/lsmfs.fish',
      '/usr/share/doc/lsmfs/copyright',
      '/usr/share/doc/lsmfs/README.md',
    ]),
  );
  expect(steps.get('left')).toEqual([]);
});
