import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { WorldDirectory } from '../registry/directory.ts';
import { recordStart } from './record-start.ts';

it('a world that starts is held before its daemon is there: its number says nothing in other pid namespaces', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'lsmfs-'));
  const world = new WorldDirectory(root, 'w');
  world.claim();
  expect(world.isHeld).toBe(true);
  recordStart(world, '0123456789abcdef', { profile: 'talk', argv: ['true'], seccomp: true }, []);
  expect([world.read()?.state, world.isHeld]).toEqual(['starting', true]);
  rmSync(root, { recursive: true });
});
