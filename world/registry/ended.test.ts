import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WorldDirectory } from './directory.ts';
import { noteEnded, takeEnded } from './ended.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsmfs-ended-'));
});

afterEach(() => rmSync(root, { recursive: true }));

const note = (name: string, exitCode?: number) =>
  noteEnded(new WorldDirectory(root, name), exitCode === undefined ? {} : { exitCode });

it('an exit code is there for one who asks, and nothing is left then', () => {
  note('a', 3);
  note('b');
  expect([takeEnded(root, 'a'), takeEnded(root, 'a'), takeEnded(root, 'b')]).toEqual([{ exitCode: 3 }, undefined, {}]);
  expect(readdirSync(root)).toEqual([]);
});

it('a later world of the name counts', () => {
  note('a', 3);
  note('a', 4);
  expect(takeEnded(root, 'a')).toEqual({ exitCode: 4 });
});

it('the oldest go when there are many', () => {
  for (let number = 0; number < 250; number++) note(`w${number}`, number % 100);
  expect(readdirSync(path.join(root, '.ended'))).toHaveLength(200);
  expect(takeEnded(root, 'w249')).toEqual({ exitCode: 49 });
});

it('what others may have put there is not believed, and no link is followed', () => {
  const directory = path.join(root, '.ended');
  mkdirSync(directory, 0o700);
  writeFileSync(path.join(directory, 'a'), '{"exitCode":0}');
  chmodSync(path.join(directory, 'a'), 0o666);
  writeFileSync(path.join(root, 'target'), 'kept');
  symlinkSync('../target', path.join(directory, 'b'));
  note('b', 5);
  expect([takeEnded(root, 'a'), takeEnded(root, 'b')]).toEqual([undefined, { exitCode: 5 }]);
  rmSync(directory, { recursive: true, force: true });
  symlinkSync('.', directory);
  note('c', 6);
  expect(takeEnded(root, 'c')).toBeUndefined();
});
