import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { makeDirectories, scratchDirectory } from './directories.ts';

afterEach(() => vi.unstubAllEnvs());

test('directories are made with those above, and those that are there stay', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'lsmfs-directories-'));
  try {
    makeDirectories(path.join(root, 'a/b'));
    makeDirectories(path.join(root, 'a/b'));
    expect(statSync(path.join(root, 'a/b')).isDirectory()).toBe(true);
    writeFileSync(path.join(root, 'file'), '');
    expect(() => makeDirectories(path.join(root, 'file'))).toThrow('EEXIST');
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('a filesystem that takes no directory is an error, not waited for', () => {
  expect(() => makeDirectories('/proc/x/y')).toThrow('ENOENT');
});

test('a TMPDIR that is not there is named', () => {
  vi.stubEnv('TMPDIR', '/nosuch');
  expect(() => scratchDirectory('test')).toThrow('No temporary directory can be made in /nosuch: ENOENT.');
});
