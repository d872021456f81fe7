import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tgidOf } from '../../linux/ids.ts';
import { WorldError } from '../errors.ts';
import { WorldDirectory } from './directory.ts';
import { worldDirectories } from './listing.ts';
import { identifyProcess } from './process-id.ts';
import { isDead, reapDeadWorlds, reapIfDead } from './reap.ts';
import type { WorldRecord } from './record.ts';
import { type StatePlaces, stateRoot } from './state-root.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsmfs-state-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const record = (pid: number): WorldRecord => ({
  name: 'w',
  id: '0123456789abcdef',
  owner: identifyProcess(tgidOf(pid)) ?? { pid: tgidOf(pid), startTime: 1 },
  state: 'running',
  started: 0,
  lsm: '',
  profile: 'talk',
  seccomp: true,
  command: [],
  madeDirectories: [],
  devices: [],
});

describe('state directory', () => {
  const here = (...unusable: string[]): StatePlaces => ({
    isWritable: (directory) => !unusable.includes(directory),
    isOwn: (directory) => !unusable.includes(directory),
  });

  it('is /run for root and the runtime directory for others', () => {
    expect(stateRoot(0, { XDG_RUNTIME_DIR: '/run/user/0' }, here())).toBe('/run/lsmfs');
    expect(stateRoot(1000, { XDG_RUNTIME_DIR: '/run/user/1000' }, here())).toBe('/run/user/1000/lsmfs');
  });

  it('is in /tmp where these cannot be', () => {
    expect(stateRoot(1000, {}, here())).toBe('/tmp/lsmfs-1000');
    expect(stateRoot(1000, { XDG_RUNTIME_DIR: 'relative' }, here())).toBe('/tmp/lsmfs-1000');
    const runtime = { XDG_RUNTIME_DIR: '/run/user/1000' };
    expect(stateRoot(1000, runtime, here('/run/user/1000'))).toBe('/tmp/lsmfs-1000');
    expect(stateRoot(1000, runtime, here('/run/user/1000/lsmfs'))).toBe('/tmp/lsmfs-1000');
    expect(stateRoot(0, {}, here('/run/lsmfs'))).toBe('/tmp/lsmfs-0');
    expect(stateRoot(0, runtime, here('/run/lsmfs', '/run/user/1000'))).toBe('/tmp/lsmfs-0');
  });

  it('is where LSMFS_STATE_DIR says, for everybody', () => {
    expect(stateRoot(0, { LSMFS_STATE_DIR: '/srv/w' }, here())).toBe('/srv/w');
    expect(stateRoot(1000, { LSMFS_STATE_DIR: '/srv/w', XDG_RUNTIME_DIR: '/run/user/1000' }, here())).toBe('/srv/w');
    expect(stateRoot(1000, { LSMFS_STATE_DIR: 'here' }, here())).toBe(path.resolve('here'));
    expect(stateRoot(0, { LSMFS_STATE_DIR: '' }, here())).toBe('/run/lsmfs');
  });

  it('has room for the path of a socket', () => {
    const deep = path.join(root, 'x'.repeat(100));
    expect(() => new WorldDirectory(deep, 'w').claim()).toThrow(/longer than the path of a socket/);
    expect(readdirSync(root)).toEqual([]);
  });

  it('gives a name to one claimant', () => {
    const claims = [1, 2, 3].map(() => new WorldDirectory(root, 'w').claim());
    expect(claims).toEqual([true, false, false]);
    expect(statSync(path.join(root, 'w')).mode & 0o777).toBe(0o700);
  });

  it('keeps the last record and no temporary file', () => {
    const world = new WorldDirectory(root, 'w');
    world.claim();
    expect(world.read()).toBeUndefined();
    world.write(record(process.pid));
    world.write({ ...record(process.pid), lsm: 'toy' });
    expect(world.read()?.lsm).toBe('toy');
    expect(readdirSync(world.path).sort()).toEqual(['stage', 'world.json']);
    world.remove();
    expect(worldDirectories(root)).toEqual([]);
  });

  it('cannot be made where nothing can be written', () => {
    writeFileSync(path.join(root, 'file'), '');
    expect(() => new WorldDirectory(path.join(root, 'file'), 'w').claim()).toThrow(WorldError);
  });

  it('that cannot be opened is not said to be locked', () => {
    const file = path.join(root, 'file');
    writeFileSync(file, '');
    expect(() => new WorldDirectory(file, 'w').claim()).toThrow(`Cannot use ${file}: ENOTDIR.`);
  });

  it('cannot be made where a directory says that it does not exist', () => {
    expect(() => new WorldDirectory('/proc/nowhere/below', 'w').claim()).toThrow('Cannot make /proc/nowhere: ENOENT.');
  });

  it('lists only what could be a world', () => {
    new WorldDirectory(root, 'w').claim();
    new WorldDirectory(root, '.hidden').claim();
    expect(worldDirectories(root).map(({ name }) => name)).toEqual(['w']);
    expect(worldDirectories(path.join(root, 'none'))).toEqual([]);
  });
});

describe('what is no world', () => {
  it.each([
    ['a file', () => writeFileSync(path.join(root, 'notes'), '')],
    ['a directory of somebody else', () => mkdirSync(path.join(root, 'notes', 'mine'), { recursive: true })],
  ])('%s is left alone', (_title, make) => {
    make();
    expect(worldDirectories(root)).toEqual([]);
    expect(reapDeadWorlds(root)).not.toContain('world notes');
    expect(readdirSync(root)).toEqual(['notes']);
  });
});

describe('a world is dead', () => {
  it('when its owner is, not before', () => {
    const world = new WorldDirectory(root, 'w');
    mkdirSync(world.path);
    world.write(record(process.pid));
    expect(isDead(world)).toBe(false);
    world.write(record(0x7fffffff));
    expect(isDead(world)).toBe(true);
  });

  it('when nobody holds it and its record cannot be one', () => {
    mkdirSync(path.join(root, 'w'));
    writeFileSync(path.join(root, 'w', 'world.json'), '{"name":"w"}');
    expect(isDead(new WorldDirectory(root, 'w'))).toBe(true);
    new WorldDirectory(root, 'w').hold();
    expect(isDead(new WorldDirectory(root, 'w'))).toBe(false);
  });

  it('and only then it is removed', () => {
    const world = new WorldDirectory(root, 'w');
    mkdirSync(world.path);
    world.write(record(process.pid));
    expect(reapIfDead(world)).toBe(false);
    expect(world.read()).toBeDefined();
    world.write(record(0x7fffffff));
    expect(reapIfDead(world)).toBe(true);
    expect(worldDirectories(root)).toEqual([]);
  });

  it('when whoever claimed it died before there was a record', () => {
    const world = new WorldDirectory(root, 'w');
    world.claim();
    expect(isDead(world)).toBe(false);
    mkdirSync(path.join(root, 'left', 'stage'), { recursive: true });
    expect(isDead(new WorldDirectory(root, 'left'))).toBe(true);
    expect(reapDeadWorlds(root)).toContain('world left');
    expect(worldDirectories(root).map(({ name }) => name)).toEqual(['w']);
  });
});
