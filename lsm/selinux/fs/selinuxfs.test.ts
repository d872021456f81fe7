import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { policyImage, SelinuxBox } from '../../../test/selinux-golden/selinux-box.ts';
import * as operations from '../../../vfs/tree/operations.ts';
import { KERNEL_BUILDS } from '../../builds.ts';

const USER = 'msys_u:msys_r:mapp_t:s0';

describe('policy load', () => {
  it('replaces booleans and classes, with what was done to them, where nobody remembers them', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    const resolve = (name: string) => box.session.paths.resolve(`/sys/fs/selinux/${name}`, false, box.caller);
    const before = [resolve('booleans'), resolve('class')];
    for (const found of before) {
      if (failed(found)) throw new Error('no directory');
      operations.setAttributes(found.node, { mode: 0o700 }, box.caller);
    }
    expect(box.write('load', renamed(policyImage('mini.33'), 'mtwo', 'many'))).toBe(6447);
    for (const name of ['booleans', 'class']) {
      const found = resolve(name);
      if (failed(found)) throw new Error(`no ${name}`);
      expect([found.node.cache, found.node.attributes(box.caller).mode & 0o777]).toEqual(['dynamic', 0o555]);
    }
    const root = resolve('.');
    expect(failed(root) || root.node.cache).toBe('dynamic');
    expect(box.list('booleans')).toEqual(['mzed', 'many', 'mone']);
    expect(box.read('booleans/mtwo')).toBe('ENOENT');
    expect(box.list('.').slice(0, 2)).toEqual(['class', 'booleans']);
  });

  it('carries active boolean values over and forgets pending ones', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    box.write('booleans/mtwo', '1');
    box.write('commit_pending_bools', '1');
    box.write('booleans/mone', '0');
    box.write('load', policyImage('mini.33'));
    expect([box.read('booleans/mone'), box.read('booleans/mtwo')]).toEqual(['1 1', '1 1']);
  });

  it('that is refused changes nothing and says so once', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    const before = box.dump();
    expect(box.write('load', policyImage('minireject.33'))).toBe('EINVAL');
    expect(box.write('load', policyImage('mini.33').subarray(0, 6000))).toBe('EINVAL');
    expect(box.dump()).toBe(before);
    expect(box.log.filter((line) => line === 'SELinux: failed to load policy')).toHaveLength(2);
    expect(box.log.some((line) => line.startsWith('1403'))).toBe(false);
  });

  it('arrives in parts when a transport splits the write', () => {
    const box = new SelinuxBox();
    const image = policyImage('mini.33');
    const found = box.session.paths.open('/sys/fs/selinux/load', 1, 0, box.caller);
    if (failed(found)) throw new Error(found.code);
    const part = (from: number, to: number, more: boolean) =>
      operations.write(found.handle, image.subarray(from, to), { offset: from, mayContinue: more }, box.caller);
    expect(part(0, 4096, true)).toBe(4096);
    expect(box.list('booleans')).toEqual([]);
    expect(part(4096, image.length, false)).toBe(image.length - 4096);
    expect(box.list('booleans')).toEqual(['mzed', 'mtwo', 'mone']);
  });
});

describe('policy', () => {
  it('is the loaded image with present booleans, one open at a time, sized from then on', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    const size = () => {
      const place = box.session.paths.resolve('/sys/fs/selinux/policy', true, box.caller);
      return failed(place) ? place.code : place.node.attributes(box.caller).size;
    };
    expect(size()).toBe(0);
    const fd = box.session.open('/sys/fs/selinux/policy', 0, 0, box.caller);
    if (failed(fd)) throw new Error(fd.code);
    expect(box.read('policy')).toBe('EBUSY');
    expect(size()).toBe(6447);
    box.session.close(fd);
    const image = box.read('policy');
    const node = box.session.paths.resolve('/sys/fs/selinux/policy', true, box.caller);
    expect(node).toMatchObject({ node: { cache: 'page', mappableSize: image.length } });
    box.write('booleans/mone', '0');
    box.write('commit_pending_bools', '1');
    expect(box.read('policy')).not.toBe(image);
    const other = new SelinuxBox();
    expect(other.write('load', Buffer.from(box.read('policy'), 'latin1'))).toBe(6447);
    expect(other.read('booleans/mone')).toBe('0 0');
  });

  it('may be mapped for reading only', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    const found = box.session.paths.open('/sys/fs/selinux/policy', 0, 0, box.caller);
    if (failed(found)) throw new Error(found.code);
    expect(operations.mmap(found.handle, false, box.caller)).toBeUndefined();
    expect(operations.mmap(found.handle, true, box.caller)).toMatchObject({ code: 'EACCES' });
  });
});

it('status is pushed to those who map it', () => {
  const box = new SelinuxBox();
  const pushed: string[] = [];
  box.changes.subscribe({
    entry: () => {},
    content: (file, data) => pushed.push(`${file.ino} ${Buffer.from(data).toString('hex')}`),
  });
  box.write('enforce', '1');
  expect(pushed).toEqual(['19 0100000002000000010000000000000001000000']);
  expect(Buffer.from(box.read('status'), 'latin1').toString('hex')).toBe('0100000002000000010000000000000001000000');
});

describe('booleans', () => {
  it('a descriptor that outlives its policy fails when the name is gone', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    const fd = box.session.open('/sys/fs/selinux/booleans/mone', 2, 0, box.caller);
    if (failed(fd)) throw new Error(fd.code);
    box.write('load', renamed(policyImage('mini.33'), 'mone', 'mono'));
    expect(box.list('booleans')).toContain('mono');
    expect(box.session.read(fd, 10, 0, box.caller)).toMatchObject({ code: 'EINVAL' });
    expect(box.session.write(fd, Buffer.from('1'), undefined, box.caller)).toMatchObject({ code: 'EINVAL' });
  });

  it('commit counts as a policy change even when nothing differs', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    expect(box.write('booleans/mone', '0')).toBe(1);
    expect(box.read('booleans/mone')).toBe('1 0');
    box.write('commit_pending_bools', '1');
    expect(box.log).toEqual(['1405 bool=mone val=0 old_val=1 auid=4294967295 ses=4294967295']);
    box.write('commit_pending_bools', '1');
    expect(box.log).toHaveLength(1);
    expect(box.ask('access', `${USER} ${USER} 1`)).toMatch(/ 3 0$/);
  });
});

describe('permission to use the nodes', () => {
  /** Enforcing, as a type that may read security nodes but not use the security server. */
  function confined(): SelinuxBox {
    const box = new SelinuxBox({ policy: 'mini.33' });
    expect(box.write('/proc/100/attr/current', USER)).toBe(USER.length);
    box.write('enforce', '1');
    box.log.length = 0;
    return box;
  }

  it('is refused when enforcing, with a record for each try', () => {
    const box = confined();
    expect(box.write('enforce', '0')).toBe('EACCES');
    expect(box.write('enforce', '1')).toBe(1); // no change, no check
    expect(box.ask('context', USER)).toBe('EACCES');
    expect(box.ask('context', USER)).toBe('EACCES');
    expect(box.read('enforce')).toBe('1');
    const record = (permission: string) =>
      `1400 avc:  denied  { ${permission} } for  pid=100 comm="test" scontext=${USER} tcontext=msys_u:object_r:msec_t:s0 tclass=security permissive=0`;
    expect(box.log).toEqual([record('setenforce'), record('check_context'), record('check_context')]);
  });

  it('is given when permissive, with one record until the cache is flushed', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    box.write('/proc/100/attr/current', USER);
    box.log.length = 0;
    for (let i = 0; i < 3; i++) expect(box.ask('context', USER)).toBe(`${USER}\0`);
    expect(box.log).toHaveLength(1);
    expect(box.log[0]).toContain('permissive=1');
    box.write('load', policyImage('mini.33'));
    box.log.length = 0;
    box.ask('context', USER);
    expect(box.log).toHaveLength(1);
  });
});

it('counters have one line per possible CPU', () => {
  const lines = (text: string) => text.trimEnd().split('\n');
  const [header, first, second] = lines(
    new SelinuxBox({ build: { ...KERNEL_BUILDS.uml, cpus: 2 } }).read('avc/cache_stats'),
  );
  expect(header).toBe('lookups hits misses allocations reclaims frees');
  expect(first).toMatch(/^\d+( \d+){5}$/);
  expect(second).toBe('0 0 0 0 0 0');
});

it('kernel messages name thread and command', () => {
  const box = new SelinuxBox();
  box.write('checkreqprot', '1');
  box.write('checkreqprot', '0');
  box.write('disable', '1');
  box.write('disable', '1');
  expect(box.log).toEqual([
    'SELinux: test (100) set checkreqprot to 1. This is no longer supported.',
    'SELinux: test (100) wrote to disable. This is no longer supported.',
  ]);
});

it('selinux=0 leaves no filesystem, on a build that has the parameter', () => {
  const parameters = { selinux: '0' };
  expect(() => new SelinuxBox({ parameters, build: KERNEL_BUILDS.full })).toThrow('ENODEV');
  expect(() => new SelinuxBox({ parameters, build: KERNEL_BUILDS.debian })).not.toThrow();
  expect(() => new SelinuxBox({ parameters, build: KERNEL_BUILDS.uml })).not.toThrow();
});

function renamed(image: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(image).toString('latin1').replaceAll(from, to);
  return Buffer.from(text, 'latin1');
}
