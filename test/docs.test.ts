/**
 * The examples in README.md and docs/ are run. A ```console block is a session: `$ command` lines with the output that follows them; a line `...`
 * stands for any lines. One shell runs a block from top to bottom with `lsmfs` in PATH. A ```js block is a module; `expression; // value` is asserted.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runInBox } from './box.ts';

interface Step {
  readonly command: string;
  readonly output: readonly string[];
}

/** Printed before each command's output; nothing that an example prints. */
const MARKER = '=====lsmfs-docs-step=====';
const root = path.resolve(import.meta.dirname, '..');
let bin: string;

beforeAll(() => {
  bin = mkdtempSync(path.join(tmpdir(), 'lsmfs-docs-'));
  writeFileSync(path.join(bin, 'lsmfs'), `#!/bin/sh\nexec ${root}/bin/lsmfs "$@"\n`);
  chmodSync(path.join(bin, 'lsmfs'), 0o755);
});

afterAll(() => rmSync(bin, { recursive: true, force: true }));

function sessions(text: string): Step[][] {
  return [...text.matchAll(/^```console\n([\s\S]*?)^```/gm)].map(([, body = '']) => {
    const steps: { command: string; output: string[] }[] = [];
    for (const line of body.trimEnd().split('\n')) {
      const last = steps.at(-1);
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [] });
      else if (last !== undefined) {
        if (last.command.endsWith('\\')) last.command += `\n${line}`;
        else last.output.push(line);
      }
    }
    return steps;
  });
}

/** A ```js block as a module that fails where a value differs from the comment behind it. */
function asserting(body: string): string {
  const code = body
    .replace(/from 'lsmfs'/g, `from '${root}/dist/index.js'`)
    .replace(/^(?!const |import )(.*); \/\/ (.+)$/gm, 'assert.deepStrictEqual($1, $2);');
  return `import assert from 'node:assert';\n${code}`;
}

/** A regular expression that an output must match: its lines, `...` for any number of them. */
function pattern(lines: readonly string[]): RegExp {
  const parts = lines.map((line) =>
    line === '...' ? '(?:.*\\n)*?' : `${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').trimEnd()}[ \\t]*\\n`,
  );
  return new RegExp(`^${parts.join('')}$`);
}

/** With a newline at the end, as a terminal would show the next prompt. */
function ended(output: string): string {
  return output === '' || output.endsWith('\n') ? output : `${output}\n`;
}

const files = ['README.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

for (const file of files) {
  const modules = [...readFileSync(path.join(root, file), 'utf8').matchAll(/^```js\n([\s\S]*?)^```/gm)];
  test.each(modules.map(([, body = '']) => body))(`${file}: %s`, async (body) => {
    const code = asserting(body);
    expect(code).toContain('assert.deepStrictEqual(');
    const result = await runInBox([process.execPath, '--input-type=module', '-e', code], { timeoutMs: 30_000 });
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
  });
  const all = sessions(readFileSync(path.join(root, file), 'utf8'));
  if (all.length === 0) continue;
  describe(file, () => {
    test.each(all.map((steps) => [steps[0]?.command ?? '', steps] as const))('%s', async (_name, steps) => {
      const script = steps
        .map(
          (step, index) => `printf '\n${MARKER}%s\n' ${index}
${step.command}
`,
        )
        .join('');
      const result = await runInBox(['bash', '-c', `exec 2>&1\n${script}`], {
        timeoutMs: 60_000,
        cwd: root,
        env: { PATH: `${bin}:${process.env.PATH}`, LC_ALL: 'C', NO_COLOR: '1' },
      });
      expect(result.timedOut, result.evidence).toBe(false);
      expect(result.leftovers).toEqual({ processes: [], mounts: [], descriptors: [] });
      const parts = result.stdout.split(new RegExp(`\\n?${MARKER}\\d+\\n`)).slice(1);
      steps.forEach((step, index) => {
        expect(ended(parts[index] ?? '<the shell ended before this command>'), `$ ${step.command}`).toMatch(
          pattern(step.output),
        );
      });
    });
  });
}
