/** What docs/contributing/design.md calls by its path is there, and "Follow a request" counts right. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const design = readFileSync(path.join(root, 'docs/contributing/design.md'), 'utf8');
const FILE = /`((?:bin|cli|world|lsm|fuse|vfs|host|linux|test)\/[\w./-]+)`/g;
const filesIn = (text: string): string[] => [...text.matchAll(FILE)].map(([, file]) => file as string);

it('names files that exist', () => {
  const files = filesIn(design);
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

it('follows each request through as many files as it says', () => {
  const section = /## Follow a request\n([\s\S]*?)\n## /.exec(design)?.[1] ?? '';
  const requests = [...section.matchAll(/^\*\*(.*?)\*\* \((\d+)[^)]*\): ([\s\S]*?)(?:\n\n|\n?$(?![\s\S]))/gm)];
  expect(requests).toHaveLength(5);
  for (const [, name, count, text = ''] of requests)
    expect([name, filesIn(text).length]).toEqual([name, Number(count)]);
});
