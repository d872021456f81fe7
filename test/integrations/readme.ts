/** Runs the sessions of a helper's README (test/docs/pages.ts), in a directory with its files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { outputs, pattern, readPage, scriptOf } from '../docs/pages.ts';
import { isClean, runInBox } from '../support/box.ts';
import { WITHOUT_POLICY } from '../support/without-policy.ts';

const LIMIT_MS = 100_000;

/** A directory with `lsmfs` for PATH. */
export function programDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-bin-'));
  const program = `#!/bin/sh\nexec ${process.execPath} ${path.resolve('dist/lsmfs.js')} "$@"\n`;
  writeFileSync(path.join(directory, 'lsmfs'), program, { mode: 0o755 });
  return directory;
}

/** The same environment wherever tests run, what users have, and no colours. @param directories for PATH. */
export function environment(directories: readonly string[]): Readonly<Record<string, string>> {
  const unset = Object.fromEntries(Object.keys(WITHOUT_POLICY).map((name) => [name, '']));
  const PATH = [...directories, '/usr/bin', '/bin', '/usr/sbin', '/sbin'].join(':');
  return { ...unset, PATH, LC_ALL: 'C.UTF-8', NO_COLOR: '1' };
}

/** @param setUp is run in the directory first. */
export async function playReadme(file: string, env: Readonly<Record<string, string>>, setUp = ':'): Promise<void> {
  const { sessions, files } = readPage(readFileSync(file, 'utf8'));
  expect(sessions.length).toBeGreaterThan(0);
  const cwd = mkdtempSync(path.join(tmpdir(), 'lsmfs-readme-'));
  try {
    for (const [name, content] of files) writeFileSync(path.join(cwd, name), content);
    for (const steps of sessions) {
      const result = await runInBox(['bash', '-c', `${setUp}\n${scriptOf(steps)}`], { timeoutMs: LIMIT_MS, cwd, env });
      expect(result.timedOut, result.evidence).toBe(false);
      const printed = outputs(result.stdout);
      for (const [index, { command, output }] of steps.entries()) {
        const text = (printed[index] ?? '<the shell ended before this command>').replace(/^\n$/, '');
        expect(text === '' || text.endsWith('\n') ? text : `${text}\n`, `$ ${command}`).toMatch(timeless(output));
      }
      expect(result.leftovers).toSatisfy(isClean);
    }
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** A line that ends with `...` has any end. */
function timeless(lines: readonly string[]): RegExp {
  const { source } = pattern(lines);
  return new RegExp(source.replaceAll(' \\.\\.\\.[ \\t]*\\n', ' .*\\n'));
}
