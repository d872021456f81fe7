/** `npm run lint` refuses in README and docs/ what it says it refuses. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { anchors, linkProblems } from '../scripts/check-docs.js';
import { offences } from '../scripts/prose.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsmfs-prose-'));
  mkdirSync(path.join(root, 'docs/guides'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const LONG = `Word ${'word '.repeat(30).trim()}`;

test.each([
  ['a long sentence', `Short. ${LONG}.`, 'a sentence of 31 words'],
  ['one that goes over lines', `Short.\n${LONG.replaceAll(' word word', '\nword word')}.`, 'a sentence of 31 words'],
  ['one of a list', `* Short.\n* ${LONG}`, 'a sentence of 31 words'],
  ['a long cell', `| a | ${'word '.repeat(26)}|`, 'a cell of 26 words'],
  ['a passive without an actor', 'Each is asked about it.', '"is asked about"'],
  ['the same in a cell', '| nobody |', '"nobody"'],
])('%s', (_title, text, what) => {
  expect(offences(text)).toEqual([expect.objectContaining({ what: expect.stringContaining(what) })]);
});

test.each([
  ['two sentences of 30 words', `${'Word '.repeat(30).trim()}. ${'Word '.repeat(30).trim()}.`],
  ['two items', `* ${'word '.repeat(20)}\n* ${'word '.repeat(20)}`],
  ['code', `\`\`\`\n${LONG}, nobody\n\`\`\`\n    ${LONG}`],
  ['code within a sentence', `A \`${LONG}\` is one word.`],
])('not %s', (_title, text) => {
  expect(offences(text)).toEqual([]);
});

test('links lead to pages and headings, and the index has all pages', () => {
  const write = (name: string, text: string) => writeFileSync(path.join(root, name), text);
  write('README.md', '[a](docs/README.md) [b](docs/nowhere.md) [c](https://example.org/x.md) `[d](e.md)`');
  write('docs/README.md', '[a](guides/a.md) [b](guides/a.md#the-first-of-a) [c](guides/a.md#second)');
  write('docs/guides/a.md', '# The `first` of a\n\n```\n# second\n```\n[up](../README.md)\n');
  write('docs/guides/b.md', '# Alone\n');
  expect(linkProblems(root)).toEqual([
    'README.md: the link docs/nowhere.md leads nowhere',
    'docs/README.md: docs/guides/a.md has no heading #second',
    'docs/guides/b.md is not in docs/README.md',
  ]);
});

test('headings of one name are numbered', () => {
  expect(anchors('# A b\n## A b\n## C(2), [d](e)')).toEqual(['a-b', 'a-b-1', 'c2-d']);
});
