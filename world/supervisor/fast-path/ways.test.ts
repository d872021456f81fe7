/** Ways to directories that the caller has not used: on real files, with this process as the caller. */
import { lstatSync, renameSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Box } from './testing.ts';

const HOUR_MS = 3_600_000;

let box: Box;
beforeEach(() => {
  box = new Box();
  for (const name of ['a', 'a/b', 'a/c', 'a/c/d']) box.makeDirectory(name);
  for (const name of ['a/b/f', 'a/c/f', 'a/c/d/f']) box.make(name);
  // What has changed long ago is remembered.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
  box.known('a/b/f');
});
afterEach(() => {
  vi.useRealTimers();
  box.close();
});

const opens = (name: string): boolean => box.opens(`${box.root}/${name}`);

it('are passed where each directory is of a kind that was passed before', () => {
  expect([opens('a/c/f'), opens('a/c/d/f'), opens('a/c/../b/f'), opens('a//c/f')]).toEqual([true, true, true, true]);
});

it('are left to the handlers where a directory on them is of another kind, once it is passed of all callers of this one', () => {
  box.relabelDirectory('a/c', 'e');
  expect([opens('a/c/d/f'), opens('a/c/../b/f'), opens('a/b/f')]).toEqual([false, false, true]);
  expect(opens('a/c/d/f')).toBe(false);
  box.tellWay(box.at('a/c/d/f'));
  expect(opens('a/c/d/f')).toBe(true);
  box.makeDirectory('a/c/other');
  box.make('a/c/other/f');
  expect(opens('a/c/other/f')).toBe(true);
  box.caller = { ...box.caller, text: 'another' };
  box.changes++;
  expect(opens('a/c/other/f')).toBe(false);
});

it.each(['absolute', 'relative'])('are learned of %s paths whose file was told before', (kind) => {
  box.relabelDirectory('a/c', 'e');
  const [first, next] = [box.make('a/c/d/first'), box.make('a/c/d/next')];
  const given = (file: string): string => (kind === 'absolute' ? file : path.relative(process.cwd(), file));
  expect(box.opens(given(first))).toBe(false);
  box.tellFile(first);
  box.tellWay(first);
  expect(box.opens(given(next))).toBe(true);
});

it('are left to the handlers where a link is on them', () => {
  renameSync(box.at('a/c'), box.at('a/moved'));
  symlinkSync('moved', box.at('a/c'));
  expect([opens('a/c/d/f'), opens('a/moved/d/f')]).toEqual([false, true]);
});

it('are forgotten when the epoch moves', () => {
  box.epoch.move();
  expect(opens('a/c/f')).toBe(false);
});

it('lead to nothing where a name lacks in a directory of a known kind', () => {
  expect([opens('a/none/d/f'), opens('a/b/none/f'), opens('a/c/d/none/e/f')]).toEqual([true, true, true]);
  box.relabelDirectory('a/c', 'e');
  expect([opens('a/b/none/g'), opens('a/c/d/none/g'), opens('a/c/none/f')]).toEqual([true, false, false]);
  box.tellMissing(box.at('a/c/none'));
  expect([opens('a/c/none/f'), opens('a/c/other/f'), opens('a/c/d/none/g')]).toEqual([true, true, true]);
  symlinkSync('nowhere', box.at('a/b/link'));
  expect(opens('a/b/link/f')).toBe(false);
});

/** The kernel follows a link in its caches alone when that was read after it was made (relatime), or always (noatime). */
function readLater(link: string): void {
  for (let turns = 0; turns < 100_000; turns++) {
    const { atimeNs, ctimeNs } = lstatSync(link, { bigint: true });
    if (atimeNs > ctimeNs) return;
    statSync(link);
  }
}

it('lead on from links whose ways are known', () => {
  symlinkSync('b', box.at('a/link'));
  box.makeDirectory('a/b/c');
  box.make('a/b/c/f');
  readLater(box.at('a/link'));
  expect(opens('a/link/f')).toBe(false);
  box.tellWay(box.at('a/b/f'));
  expect([opens('a/link/f'), opens('a/link/c/f'), opens('a/link/none/f')]).toEqual([true, true, true]);
});
