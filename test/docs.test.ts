/**
 * The examples in README.md and docs/ are run (docs/pages.ts says how they are written): sessions by one shell each,
 * with `lsmfs` in PATH; ```js blocks as modules, in which `expression; // value` is asserted. Pages in docs/guides/scenarios
 * must have sessions, and nothing in them goes unused. A page with files has a directory of its own.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outputs, pattern, readPage, type Step, scriptOf } from './docs/pages.ts';
import { removeTree } from './support/box/directories.ts';
import { runInBox } from './support/box.ts';
import { WITHOUT_POLICY } from './support/without-policy.ts';

const root = path.resolve(import.meta.dirname, '..');
const SCENARIOS = 'docs/guides/scenarios/';
/** Of a session; one builds Debian's policy twice. */
const LIMIT_MS = 300_000;
let bin: string;

beforeAll(() => {
  bin = mkdtempSync(path.join(tmpdir(), 'lsmfs-docs-'));
  writeFileSync(
    path.join(bin, 'lsmfs'),
    `#!/bin/sh\nunset ${Object.keys(WITHOUT_POLICY).join(' ')}\nexec ${root}/bin/lsmfs "$@"\n`,
  );
  chmodSync(path.join(bin, 'lsmfs'), 0o755);
});

afterAll(() => rmSync(bin, { recursive: true, force: true }));

/** A ```js block as a module that fails where a value differs from the comment behind it. */
function asserting(body: string): string {
  const code = body
    .replace(/from 'lsmfs'/g, `from '${root}/dist/index.mjs'`)
    .replace(/from 'lsmfs\/testing'/g, `from '${root}/dist/testing.cjs'`)
    .replace(/^(?!const |import )(.*); \/\/ (.+)$/gm, 'assert.deepStrictEqual($1, $2);');
  return `import assert from 'node:assert';\n${code}`;
}

/** With a newline at the end, as a terminal would show the next prompt. */
function ended(output: string): string {
  return output === '' || output.endsWith('\n') ? output : `${output}\n`;
}

async function play(steps: readonly Step[], cwd: string): Promise<void> {
  const result = await runInBox(['bash', '-c', scriptOf(steps)], {
    timeoutMs: LIMIT_MS,
    cwd,
    env: { PATH: `${bin}:${process.env.PATH}`, LC_ALL: 'C', NO_COLOR: '1' },
  });
  expect(result.timedOut, result.evidence).toBe(false);
  const printed = outputs(result.stdout);
  steps.forEach((step, index) => {
    expect(ended(printed[index] ?? '<the shell ended before this command>'), `$ ${step.command}`).toMatch(
      pattern(step.output),
    );
  });
  expect(result.leftovers).toEqual({ processes: [], mounts: [], descriptors: [] });
}

const names = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`);
const files = ['README.md', ...names.filter((name) => name.endsWith('.md'))];

test('every scenario has a page that is run', () => {
  const pages = files.filter((file) => file.startsWith(SCENARIOS));
  expect(pages.length).toBeGreaterThanOrEqual(4);
  for (const file of pages) {
    const { sessions, others } = readPage(readFileSync(path.join(root, file), 'utf8'));
    expect(sessions.length, file).toBeGreaterThan(0);
    expect(others, file).toEqual([]);
  }
});

for (const file of files) {
  const page = readPage(readFileSync(path.join(root, file), 'utf8'));
  test.each(page.modules)(`${file}: %s`, async (body) => {
    const code = asserting(body);
    expect(code).toContain('assert.deepStrictEqual(');
    const result = await runInBox([process.execPath, '--input-type=module', '-e', code], { timeoutMs: 30_000 });
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
  });
  if (page.sessions.length === 0) continue;
  describe(file, () => {
    test.each(page.sessions.map((steps) => [steps[0]?.command ?? '', steps] as const))(
      '%s',
      async (_name, steps) => {
        if (page.files.size === 0) return play(steps, root);
        const cwd = mkdtempSync(path.join(tmpdir(), 'lsmfs-scenario-'));
        for (const [name, content] of page.files) {
          mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
          writeFileSync(path.join(cwd, name), content);
        }
        try {
          await play(steps, cwd);
        } finally {
          removeTree(cwd);
        }
      },
      LIMIT_MS,
    );
  });
}
