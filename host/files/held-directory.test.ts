import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ERRNO } from '../../linux/errno.ts';
import { HeldDirectory } from './held-directory.ts';

let root = '';
let held: HeldDirectory;
const at = (...names: string[]): string => path.join(root, 'held', ...names);

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsmfs-held-'));
  mkdirSync(at());
  held = HeldDirectory.of(openSync(at(), 'r'));
});

afterEach(() => {
  held.close();
  rmSync(root, { recursive: true });
});

it('finds its names where others have put another directory into its place', () => {
  writeFileSync(at('mine'), 'text');
  renameSync(at(), path.join(root, 'moved'));
  mkdirSync(at());
  writeFileSync(at('theirs'), '');
  expect(held.names()).toEqual(['mine']);
  expect(held.names()).toEqual(['mine']);
  expect(held.read('mine', () => true)?.toString()).toBe('text');
  expect(held.read('theirs', () => true)).toBeUndefined();
});

it('follows no link, and says what one is', () => {
  mkdirSync(path.join(root, 'outside'));
  writeFileSync(path.join(root, 'outside', 'file'), '');
  symlinkSync('../outside', at('link'));
  symlinkSync('../outside/file', at('file'));
  expect(held.directory('link')).toBe(-ERRNO.ENOTDIR);
  expect(held.read('file', () => true)).toBeUndefined();
  expect(held.look('link')).toMatchObject({ ino: lstatSync(at('link')).ino });
  expect(held.link('link')).toBe('../outside');
  expect(held.directory('..')).toBe(-ERRNO.EXDEV);
});

it('reads what is meant alone, and waits for no writer', () => {
  writeFileSync(at('file'), 'text');
  expect(held.read('file', ({ size }) => size > 4)).toBeUndefined();
  expect(held.read('.', () => true)).toBeUndefined();
});

it('is emptied with all below it, but for what links lead to', () => {
  mkdirSync(path.join(root, 'outside'));
  writeFileSync(path.join(root, 'outside', 'file'), '');
  mkdirSync(at('a', 'b'), { recursive: true });
  symlinkSync('../../outside', at('a', 'link'));
  for (let n = 0; n < 1500; n++) writeFileSync(at(`file-with-a-longer-name-${n}`), '');
  expect(held.empty()).toBe(0);
  expect(readdirSync(at())).toEqual([]);
  expect(readdirSync(path.join(root, 'outside'))).toEqual(['file']);
});

it('is emptied of one file after all others', () => {
  for (const name of ['a', 'last', 'z']) writeFileSync(at(name), '');
  const unlink = vi.spyOn(held, 'unlink');
  expect(held.empty('last')).toBe(0);
  expect(unlink.mock.calls.map(([name]) => name).sort()).toEqual(['a', 'last', 'z']);
  expect(unlink.mock.lastCall).toEqual(['last']);
});
