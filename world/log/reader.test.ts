import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tgidOf } from '../../linux/ids.ts';
import { WorldError } from '../errors.ts';
import { WorldDirectory } from '../registry/directory.ts';
import { identifyProcess } from '../registry/process-id.ts';
import { runningWorld } from '../registry/testing.ts';
import { readWorldLog } from './reader.ts';

let root: string;
let world: WorldDirectory;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsmfs-log-'));
  world = new WorldDirectory(root, 'w');
  world.claim();
  record(process.pid);
});

afterEach(() => rmSync(root, { recursive: true }));

function record(pid: number): void {
  world.write(runningWorld('w', identifyProcess(tgidOf(pid)) ?? { pid: tgidOf(pid), startTime: 0 }));
}

async function all(lines: AsyncGenerator<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

const next = async (lines: AsyncGenerator<string>): Promise<unknown> => (await lines.next()).value;

describe('a log', () => {
  it('is both its files', async () => {
    writeFileSync(`${world.log}.1`, 'one\ntwo\n');
    writeFileSync(world.log, 'three\n\xe9\nunfinished', 'latin1');
    expect(await all(readWorldLog(world))).toEqual(['one', 'two', 'three', '\xe9']);
  });

  it('may not be there yet', async () => {
    expect(await all(readWorldLog(world))).toEqual([]);
  });

  it('needs a world', async () => {
    await expect(all(readWorldLog(new WorldDirectory(root, 'none'), () => true))).rejects.toThrow(WorldError);
  });
});

describe('following', () => {
  it('gives what is added, over a rotation, until the world has ended', async () => {
    const lines = readWorldLog(world, () => true);
    const first = next(lines);
    writeFileSync(world.log, 'one\ntw');
    expect(await first).toBe('one');
    appendFileSync(world.log, 'o\nthree\n');
    expect(await next(lines)).toBe('two');
    expect(await next(lines)).toBe('three');
    appendFileSync(world.log, 'four\n');
    renameSync(world.log, `${world.log}.1`);
    writeFileSync(world.log, 'five\n');
    expect(await next(lines)).toBe('four');
    expect(await next(lines)).toBe('five');
    appendFileSync(world.log, 'last words\n');
    rmSync(world.path, { recursive: true });
    expect(await all(lines)).toEqual(['last words']);
  });

  it('does not go on with another world of the same name', async () => {
    writeFileSync(world.log, 'mine\n');
    const lines = readWorldLog(world, () => true);
    expect(await next(lines)).toBe('mine');
    renameSync(world.log, path.join(root, 'gone'));
    writeFileSync(world.log, "another's\n");
    record(process.ppid);
    expect(await all(lines)).toEqual([]);
  });
});
