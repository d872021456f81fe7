/** package.json against the sources: what is installed with lsmfs is what it uses. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const root = path.resolve(import.meta.dirname, '..');

/** Bare names that the files below `directory` import, statically or not. */
function importedBy(directory: string, chosen: (name: string) => boolean): Set<string> {
  const names = readdirSync(path.join(root, directory), { recursive: true, encoding: 'utf8' });
  const texts = names
    .filter((name) => name.endsWith('.ts') && chosen(name))
    .map((name) => readFileSync(path.join(root, directory, name), 'utf8'));
  const modules = new Set(
    texts.flatMap((text) =>
      [
        ...text.matchAll(
          /(?:\bfrom|(?<!typeof )\bimport\(|\brequire\w*\(|\.resolve\()\s*'((?:@[\w.-]+\/)?[a-z][\w-]*)['/]/g,
        ),
      ].map(([, name]) => name ?? ''),
    ),
  );
  modules.delete('lsmfs'); // in an example
  return modules;
}

const isProduct = (name: string): boolean => !name.endsWith('.test.ts') && !/(^|\/)testing(\/|\.ts$)/.test(name);

test('what the product uses is installed or bundled, and what is installed is used', () => {
  const used = new Set(
    ['cli', 'world', 'fuse', 'lsm', 'vfs', 'host', 'linux'].flatMap((directory) => [
      ...importedBy(directory, isProduct),
    ]),
  );
  // Binaries for one kind of processor each: host/koffi.ts loads that of this machine.
  const binaries = Object.keys(manifest.optionalDependencies);
  expect(binaries).toContain(`@koromix/koffi-linux-${process.arch}`);
  const installed = [...Object.keys(manifest.dependencies), 'fuse-native'];
  const notices = readFileSync(path.join(root, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
  const bundled = Object.keys(manifest.devDependencies).filter((name) => notices.includes(`\n${name} `));
  expect([...used].sort()).toEqual([...installed, ...bundled].sort());
});

interface Packed {
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Of one directory with all below. */
function sizeOf(directory: string): number {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
}

interface Locked {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly peer?: boolean;
  readonly hasInstallScript?: boolean;
  readonly cpu?: readonly string[];
}

/** What `npm install lsmfs` brings on this machine, beside lsmfs itself: directories below node_modules. */
function brought(): [directory: string, locked: Locked][] {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  return Object.entries(packages).filter(
    ([directory, { dev, peer, cpu }]) =>
      directory !== '' && dev !== true && peer !== true && (cpu?.includes(process.arch) ?? true),
  );
}

test('few packages are installed, none of which runs a script', () => {
  const packages = brought();
  expect(packages.length + 1).toBeLessThanOrEqual(10);
  expect(packages.filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([]);
  expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
});

const TYPES = path.join(root, manifest.exports['.'].import.types);

test('what is packed has documentation, declarations and a program, and no more than 20 MB are installed', () => {
  const text = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [packed] = JSON.parse(text) as Packed[];
  const files = packed?.files.map((file) => file.path) ?? [];
  const pages = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  expect(files).toEqual(
    expect.arrayContaining([
      'bin/lsmfs',
      'dist/lsmfs.js',
      ...['index.mjs', 'index.cjs', 'internals.mjs', 'internals.cjs'].map((name) => `dist/${name}`),
      ...['testing.cjs', 'testing-jest.cjs', 'testing-node.cjs', 'testing-vitest.mjs'].map((name) => `dist/${name}`),
      ...['integrations/pytest/pyproject.toml', 'integrations/pytest/pytest_lsmfs/plugin.py', 'integrations/go/go.mod'],
      'dist/man/man1/lsmfs-run.1',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/THIRD-PARTY-NOTICES.txt',
    ]),
  );
  expect(files).toEqual(expect.arrayContaining(pages.map((name) => `docs/${name}`)));
  expect(files.filter((file) => /\.map$|[/_]tests?[/_.]|__pycache__/.test(file))).toEqual([]);
  const installed = brought().reduce((sum, [directory]) => sum + sizeOf(path.join(root, directory)), 0);
  expect((packed?.unpackedSize ?? 0) + installed).toBeLessThan(20e6);
}, 120_000);

test('a program in TypeScript finds the declarations, also those of a checkout', () => {
  // scripts/setup has made them; `npm run build` alone has not.
  if (!existsSync(TYPES.replace('.mts', '.cts'))) execFileSync('npm', ['run', '--silent', 'types'], { cwd: root });
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-types-'));
  try {
    mkdirSync(path.join(directory, 'node_modules'));
    symlinkSync(root, path.join(directory, 'node_modules/lsmfs'));
    writeFileSync(
      path.join(directory, 'use.mts'),
      `import { createWorld, FileSystemError, type World } from 'lsmfs';
       const world: World = createWorld({ lsm: 'selinux' });
       export const text: string = world.fs.readFileSync('/sys/fs/selinux/enforce', 'utf8');
       // @ts-expect-error: a number is no list of modules
       createWorld({ lsm: 1 });
       import { type Denial, startWorld } from 'lsmfs/testing';
       export const denials = async (): Promise<readonly Denial[]> => (await startWorld({ policy: 'small' })).denials();
       // @ts-expect-error: a world has no such option
       export const misspelt = startWorld({ polciy: 'small' });
       import { assertDenied, useWorld } from 'lsmfs/testing/node';
       assertDenied(useWorld(), { tclass: 'file' });
       export const isOurs = (error: unknown): boolean => error instanceof FileSystemError;`,
    );
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
    const types = ['--typeRoots', path.join(root, 'node_modules/@types'), '--types', 'node'];
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    expect(() =>
      execFileSync(process.execPath, [tsc, ...options, ...types, 'use.mts'], { cwd: directory, encoding: 'utf8' }),
    ).not.toThrow();
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 300_000);
