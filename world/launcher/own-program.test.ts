import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { pathWithOwnProgram } from './own-program.ts';

it('PATH has lsmfs: at its end, unless it was there', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'lsmfs-path-'));
  try {
    expect(pathWithOwnProgram(`/nowhere:${directory}`, '/own/bin')).toBe(`/nowhere:${directory}:/own/bin`);
    writeFileSync(path.join(directory, 'lsmfs'), '');
    chmodSync(path.join(directory, 'lsmfs'), 0o755);
    expect(pathWithOwnProgram(`/nowhere:${directory}:/other`, '/own/bin')).toBe(`/nowhere:${directory}:/other`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('no PATH stays none', () => {
  expect(pathWithOwnProgram(undefined, '/own/bin')).toBeUndefined();
  expect(pathWithOwnProgram('', '/own/bin')).toBe('');
});
