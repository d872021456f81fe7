import { describe, expect, it } from 'vitest';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';
import { KeptLabels, mountedDevices } from './superblock-labels.ts';

const nothing = () => undefined;

const file = (type: string, ino: number): InodeFacts => ({
  class: 'file',
  filesystem: { type, id: type },
  path: '/f',
  ino,
  uid: 0,
  gid: 0,
  xattrs: {},
});

describe('label options', () => {
  it('belong to every file of the device until nobody sees it mounted', () => {
    const inUse = new Set(['0:50']);
    const superblocks = new KeptLabels(() => inUse, nothing);
    superblocks.mounted('0:50', { labels: { context: 'a' }, attached: true });
    superblocks.forgetUnmounted();
    expect(superblocks.complete(file('tmpfs', 2), '0:50').filesystem.labels).toEqual({ context: 'a' });
    expect(superblocks.complete(file('tmpfs', 2), '0:51').filesystem.labels).toBeUndefined();
    inUse.clear();
    superblocks.forgetUnmounted();
    expect(superblocks.options('0:50')).toEqual({});
  });

  it('of a mount that is not attached yet stay', () => {
    const superblocks = new KeptLabels(() => new Set(), nothing);
    superblocks.mounted('0:50', { labels: { context: 'a' }, attached: false });
    superblocks.forgetUnmounted();
    expect(superblocks.options('0:50')).toEqual({ context: 'a' });
    superblocks.attached('0:50');
    superblocks.forgetUnmounted();
    expect(superblocks.options('0:50')).toEqual({});
  });
});

describe('attributes that a root has by who mounted it', () => {
  const XATTRS = { 'security.label': 'mounter' };
  const root = (type: string, xattrs: InodeFacts['xattrs'] = {}): InodeFacts => ({
    ...file(type, 1),
    class: 'dir',
    path: '/',
    xattrs,
  });
  const mounted = (inUse: () => ReadonlySet<string>) => {
    const superblocks = new KeptLabels(inUse, nothing);
    superblocks.mounted('0:50', { labels: {}, root: { type: 'tmpfs', xattrs: XATTRS }, attached: true });
    return superblocks;
  };

  it('are its own, on this device alone, until another is set', () => {
    const superblocks = mounted(() => new Set(['0:50']));
    expect(superblocks.complete(root('tmpfs'), '0:50').xattrs).toEqual(XATTRS);
    expect(superblocks.complete(root('tmpfs'), '0:51').xattrs).toEqual({});
    expect(superblocks.complete(file('tmpfs', 2), '0:50').xattrs).toEqual({});
    expect(superblocks.complete({ ...root('tmpfs'), path: '/d' }, '0:50').xattrs).toEqual({});
    const stored = { 'security.label': 'stored' };
    expect(superblocks.complete(root('tmpfs', stored), '0:50').xattrs).toEqual(stored);
    superblocks.keep(root('tmpfs'), '0:50', 'security.label', 'kept');
    expect(superblocks.complete(root('tmpfs'), '0:50').xattrs).toEqual({ 'security.label': 'kept' });
  });

  it('are not those of a later filesystem with the same number', () => {
    const inUse = new Set(['0:50']);
    const superblocks = mounted(() => inUse);
    expect(superblocks.complete(root('ext4'), '0:50').xattrs).toEqual({});
    superblocks.forgetUnmounted();
    expect(superblocks.complete(root('tmpfs'), '0:50').xattrs).toEqual(XATTRS);
    inUse.clear();
    superblocks.forgetUnmounted();
    expect(superblocks.complete(root('tmpfs'), '0:50').xattrs).toEqual({});
  });
});

describe('labels that a filesystem cannot store', () => {
  it('are told by device, as long as there are any', () => {
    const inUse = new Set<string>();
    const superblocks = new KeptLabels(() => inUse, nothing);
    const keep = (ino: number, device: string, type = 'devpts') =>
      superblocks.keep(file(type, ino), device, 'security.label', 'a');
    keep(2, '0:7');
    keep(2, '0:7');
    keep(3, '0:7');
    keep(4, '0:8');
    keep(5, '0:9', 'mqueue');
    expect(superblocks.keeping()).toEqual(['0:7', '0:8', '0:9']);
    superblocks.drop(file('devpts', 2), '0:7', 'security.label');
    expect(superblocks.keeping()).toContain('0:7');
    superblocks.forget(file('devpts', 3), '0:7');
    expect(superblocks.keeping()).toEqual(['0:8', '0:9']);
    superblocks.forgetUnmounted();
    expect(superblocks.keeping()).toEqual(['0:9']);
  });

  it('are those of one inode, until the filesystem is gone', () => {
    const inUse = new Set(['0:7']);
    const superblocks = new KeptLabels(() => inUse, nothing);
    superblocks.keep(file('devpts', 2), '0:7', 'security.label', 'a');
    superblocks.keep(file('devpts', 2), '0:7', 'security.other', 'b');
    expect(superblocks.complete(file('devpts', 2), '0:7').xattrs).toEqual({
      'security.label': 'a',
      'security.other': 'b',
    });
    expect(superblocks.complete(file('devpts', 3), '0:7').xattrs).toEqual({});
    expect(superblocks.complete(file('tmpfs', 2), '0:7').xattrs).toEqual({});
    inUse.clear();
    superblocks.forgetUnmounted();
    expect(superblocks.complete(file('devpts', 2), '0:7').xattrs).toEqual({});
  });

  it('can be taken away one by one', () => {
    const superblocks = new KeptLabels(() => new Set(['0:7']), nothing);
    superblocks.keep(file('ext4', 2), '0:7', 'security.a', 'a');
    superblocks.keep(file('ext4', 2), '0:7', 'security.b', 'b');
    expect(superblocks.drop(file('ext4', 2), '0:7', 'security.c')).toBe(false);
    expect(superblocks.drop(file('tmpfs', 2), '0:7', 'security.a')).toBe(false);
    expect(superblocks.drop(file('ext4', 2), '0:7', 'security.a')).toBe(true);
    expect(superblocks.drop(file('ext4', 2), '0:7', 'security.a')).toBe(false);
    expect(superblocks.complete(file('ext4', 2), '0:7').xattrs).toEqual({ 'security.b': 'b' });
  });

  it('of who makes many files are not kept at the cost of others', () => {
    const superblocks = new KeptLabels(() => new Set(), nothing);
    superblocks.keep(file('ext4', 1), '0:7', 'security.label', 'a');
    const most = 131072;
    for (let ino = 1; ino <= most; ino++) superblocks.keep(file('mqueue', ino), '0:8', 'security.label', 'b');
    expect(superblocks.kept(file('ext4', 1), '0:7')).toBeDefined();
    expect(superblocks.kept(file('mqueue', 1), '0:8')).toBeUndefined();
    expect(superblocks.kept(file('mqueue', most), '0:8')).toBeDefined();
  });

  it('stay with a message queue filesystem, which outlives its mounts', () => {
    const superblocks = new KeptLabels(() => new Set(), nothing);
    superblocks.keep(file('mqueue', 9), '0:7', 'security.label', 'a');
    superblocks.forgetUnmounted();
    expect(superblocks.complete(file('mqueue', 9), '0:7').xattrs).toEqual({ 'security.label': 'a' });
  });
});

it('the devices of a process are those of its mounts; one that is gone has none', () => {
  expect(mountedDevices([0x7fffffff])).toEqual(new Set());
  expect([...mountedDevices([process.pid])].every((device) => /^(\d+:\d+)?$/.test(device))).toBe(true);
  expect(mountedDevices([process.pid, process.pid]).size).toBeGreaterThan(1);
});

it('tells of every change, and of nothing else', () => {
  let changes = 0;
  const superblocks = new KeptLabels(
    () => new Set(),
    () => changes++,
  );
  const counted = (act: () => void): number => {
    const before = changes;
    act();
    return changes - before;
  };
  expect(counted(() => superblocks.forgetUnmounted())).toBe(0);
  expect(counted(() => superblocks.mounted('0:50', { labels: { context: 'a' }, attached: true }))).toBe(1);
  expect(counted(() => superblocks.keep(file('proc', 2), '0:7', 'security.x', 'a'))).toBe(1);
  expect(counted(() => superblocks.complete(file('proc', 2), '0:7'))).toBe(0);
  expect(counted(() => superblocks.drop(file('proc', 2), '0:7', 'security.y'))).toBe(0);
  expect(counted(() => superblocks.drop(file('proc', 2), '0:7', 'security.x'))).toBe(1);
  expect(counted(() => superblocks.forget(file('proc', 2), '0:7'))).toBe(0);
  expect(counted(() => superblocks.forgetUnmounted())).toBe(1);
});
