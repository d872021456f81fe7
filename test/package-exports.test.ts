/** The entries of the package as publint and attw see what is packed; what users import has a tag of stability and is documented. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const TYPES = path.join(root, 'dist/index.d.mts');

beforeAll(() => {
  // scripts/setup has made them; `npm run build` alone has not.
  if (!existsSync(TYPES.replace('.mts', '.cts'))) execFileSync('npm', ['run', '--silent', 'types'], { cwd: root });
}, 300_000);

test('publint and attw have no finding', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-pack-'));
  try {
    const args = ['pack', '--silent', '--ignore-scripts', `--pack-destination=${directory}`];
    const name = execFileSync('npm', args, { cwd: root, encoding: 'utf8' }).trim();
    const check = path.join(root, 'scripts/check-package.js');
    const { status, stderr } = spawnSync(process.execPath, [check, path.join(directory, name)], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 300_000);

test('import and require() load one library', () => {
  const program = `
    const required = require('lsmfs');
    import('lsmfs').then(async (imported) => {
      const internals = await import('lsmfs/internals');
      const names = Object.keys(required);
      const same = names.filter((name) => imported[name] === required[name] && internals[name] === required[name]);
      const world = required.createWorld({ lsm: 'selinux' });
      console.log(names.length > 5, names.length - same.length, world.fs.readFileSync('/sys/fs/selinux/enforce', 'utf8'));
    });`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--eval', program], { cwd: root, encoding: 'utf8' });
  expect([stdout, stderr]).toEqual(['true 0 0\n', '']);
});

/** What the entry of the library exports, by name. */
function exported(): string[] {
  const text = readFileSync(path.join(root, 'lsm/library/public.ts'), 'utf8');
  return [...text.matchAll(/^(?: {2}|export type \{ )(?:type )?(\w+)(?:,| \})/gm)].map(([, name]) => name ?? '');
}

test('each export has a tag of stability', () => {
  const declarations = readFileSync(TYPES, 'utf8');
  const untagged = exported().filter((name) => {
    const found = new RegExp(
      `/\\*\\*((?:(?!\\*/)[^])*)\\*/\\n(?:export )?(?:declare |abstract )*(?:class|const|function|type|interface) ${name}\\b`,
    );
    return !/@(public|beta)\b/.test(found.exec(declarations)?.[1] ?? '');
  });
  expect(untagged).toEqual([]);
  expect(exported().length).toBeGreaterThan(20);
  expect(declarations).not.toContain('@internal');
});

test('each export is in the reference', () => {
  const page = readFileSync(path.join(root, 'docs/reference/api/README.md'), 'utf8');
  const headings = new Set(
    [...page.replaceAll('\\', '').matchAll(/^### (?:`abstract` )?(\w+)/gm)].map(([, name]) => name),
  );
  expect(exported().filter((name) => !headings.has(name))).toEqual([]);
});
