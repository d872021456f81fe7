/** `npm run layers` refuses what it says it refuses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { namesIn } from '../scripts/module-names.js';
import { sourceProblems } from '../scripts/source-rules.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-rules-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is said of a file with this text, by line. */
function problems(text: string): string[] {
  const file = path.join(folder, 'file.ts');
  writeFileSync(file, text);
  return sourceProblems([file]).map((problem) => problem.slice(file.length + 1));
}

it.each([
  ['a number that linux/ has', 'const EINVAL = 22;', '1: EINVAL belongs'],
  ['the same under its own name', '\nexport const O_CLOEXEC = 0o2000000;', '2: O_CLOEXEC is in linux/fcntl.ts'],
  ['one that it does not have', 'const CLONE_NEWSOMETHING = 1 << 3;', '1: CLONE_NEWSOMETHING belongs'],
  [
    'one in a function',
    'function f() { const AT_EMPTY_PATH = 0x1000; return AT_EMPTY_PATH; }',
    '1: AT_EMPTY_PATH is in linux/fcntl.ts',
  ],
  [
    'a cited file that is nowhere',
    '/** As in labels/nowhere.ts. */\nlet a = 1;',
    '1: there is no file labels/nowhere.ts',
  ],
  ['a cited document that is nowhere', 'let a = 1; // docs/nowhere.md', '1: there is no file docs/nowhere.md'],
  ['a long comment', `// ${'word '.repeat(30)}`, '1: longer than 140'],
])('%s', (_title, text, problem) => {
  expect(problems(text)).toEqual([expect.stringContaining(problem)]);
});

it.each([
  ['a number of ours', 'const POLL_MS = 20;'],
  ['a name for several of its numbers', "import { O_PATH } from './fcntl.ts';\nconst O_LOOK = O_PATH;"],
  ['cited files', '/** As in source-rules.js, docs/contributing/design.md, and dist/daemon.js. */'],
  ['a missing file that no comment cites', "const name = 'nowhere.ts';"],
  ['a long record', `const record = '${'x'.repeat(200)}';`],
  ['a long script', `const script = \`\n${'x'.repeat(200)}\n\`;`],
])('not %s', (_title, text) => {
  expect(problems(text)).toEqual([]);
});

it.each([
  ['a string', "const path = '/sys/fs/selinux';", 1],
  ['an identifier', 'const isApparmor = true;', 1],
  ['part of a template', 'const text = `\x24{1} of smackfs`;', 1],
  ['a short name that is a word', "const list = 'securityfs/ima';", 1],
  ['a short name within a word', "const text = 'maximal';", 0],
  ['a comment', '/** As SELinux does. */\nlet a = 1;', 0],
])('the name of a module in %s', (_title, text, count) => {
  const file = path.join(folder, 'file.ts');
  writeFileSync(file, text);
  expect(namesIn(file)).toHaveLength(count);
});
