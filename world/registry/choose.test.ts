import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chooseWorld } from './choose.ts';
import { WorldDirectory } from './directory.ts';
import { ownProcess } from './process-id.ts';
import { runningWorld } from './testing.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsmfs-choose-'));
});

afterEach(() => rmSync(root, { recursive: true }));

function make(name: string, alive: boolean): void {
  const world = new WorldDirectory(root, name);
  // Who claims a world holds its directory as long as he lives: the maker of a dead one cannot be this process.
  if (alive) world.claim();
  else mkdirSync(world.path);
  world.write(runningWorld(name, alive ? ownProcess() : { ...ownProcess(), startTime: 1 }));
}

const choose = (name?: string, environment = {}) => chooseWorld(name, { root, environment });

it('is the one that is named, else the one we are in', () => {
  expect(choose('there', { LSMFS_WORLD: 'here' })).toBe('there');
  expect(choose(undefined, { LSMFS_WORLD: 'here' })).toBe('here');
});

it('is the only one that lives', () => {
  expect(choose).toThrow('No world is running.');
  make('dead', false);
  make('one', true);
  expect(choose()).toBe('one');
  make('another', true);
  expect(choose).toThrow('Several worlds are running: another, one.');
});
