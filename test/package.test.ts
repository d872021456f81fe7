/** package.json against the sources: what is installed with lsmfs is what it uses. */
import { readdirSync, readFileSync } from 'node:fs';
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
  const modules = texts.flatMap((text) =>
    [...text.matchAll(/(?:\bfrom|\bimport\(|\brequire\w*\(|\.resolve\()\s*'((?:@[\w-]+\/)?[a-z][\w-]*)['/]/g)].map(
      ([, name]) => name ?? '',
    ),
  );
  return new Set(modules);
}

const isProduct = (name: string): boolean => !name.endsWith('.test.ts') && !/(^|\/)testing(\/|\.ts$)/.test(name);

test('every dependency is used by the product, and everything the product uses is one', () => {
  const used = ['cli', 'world', 'fuse', 'lsm', 'vfs', 'host', 'linux'].flatMap((directory) => [
    ...importedBy(directory, isProduct),
  ]);
  const installed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)];
  expect([...new Set(used)].sort()).toEqual(installed.sort());
});

test('what is packed has documentation, declarations and a program', () => {
  expect(manifest.files).toEqual(
    expect.arrayContaining(['bin', 'dist', 'docs', 'README.md', 'LICENSE', 'CHANGELOG.md']),
  );
  expect(manifest.exports['.'].types).toMatch(/^\.\/dist\/types\//);
});
