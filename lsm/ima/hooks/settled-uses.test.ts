/** Uses of files that need no further decision, and what ends that. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KERNEL_BUILDS } from '../../library/index.ts';
import { DIRECTORY, digestAttribute, setUp, TestFile } from './testing.ts';

describe('uses that need no further decision', () => {
  const rule = 'measure func=FILE_CHECK mask=MAY_READ fowner=5';

  it('are those that no rule is about, while no new rules are written', () => {
    const box = setUp(rule, { build: KERNEL_BUILDS['debian-policy'] });
    const file = new TestFile('/a', 'one');
    expect(box.settled(file, 'exec', 1)).toBe('always');
    expect(box.settled(file, 'open', 2, { writes: true })).toBe('always');
    expect(box.settled(file, 'open', 4)).toBe('no');
    const fd = box.world.fs.openSync(`${DIRECTORY}/policy`, 'w');
    expect(box.settled(file, 'exec', 1)).toBe('no');
    box.world.fs.closeSync(fd);
    expect(box.settled(file, 'exec', 1)).toBe('always');
  });

  it('are those of a file that was measured, as long as nobody writes it', () => {
    const box = setUp(rule);
    const file = new TestFile('/a', 'one');
    box.apply(file, 'open', 4);
    expect(box.settled(file, 'open', 4)).toBe('unwritten');
    expect(box.settled(file, 'open', 6, { writes: true })).toBe('no');
    expect(box.settled(file, 'open', 4, { direct: true })).toBe('no');
    file.has({ writers: true });
    expect(box.settled(file, 'open', 4)).toBe('no');
    box.apply(file, 'open', 4);
    expect(box.list().at(-1)).toContain(' sha256:00');
    file.has({ writers: false });
    // The next one ends the time in which a further writer is no further violation.
    expect(box.settled(file, 'open', 4)).toBe('no');
    box.apply(file, 'open', 4);
    expect(box.settled(file, 'open', 4)).toBe('unwritten');
    file.write('two');
    expect(box.settled(file, 'open', 4)).toBe('no');
  });

  it('are not those whose end tells that a file was written', () => {
    const box = setUp(rule);
    const file = new TestFile('/a', 'one');
    box.apply(file, 'open', 4);
    box.apply(file, 'open', 2, { writes: true });
    for (const mask of [1, 2, 4]) expect(box.settled(file, 'open', mask)).toBe('no');
    expect(box.settled(file, 'exec', 1)).toBe('no');
  });

  it('are not those that are refused, or may be for another label', () => {
    const box = setUp('appraise func=FILE_CHECK fowner=5');
    const file = new TestFile('/a', 'one');
    expect(box.apply(file, 'open', 4)).not.toBe(0);
    expect(box.settled(file, 'open', 4)).toBe('no');
    const policy = readFileSync(new URL('../../../test/conformance/scenarios/data/mini.33', import.meta.url));
    const labels = setUp('measure obj_type=mtmp_t', { lsm: 'selinux', policy });
    expect(labels.settled(file, 'exec', 1)).toBe('no');
  });

  it('are those of a file that was appraised with success', () => {
    const box = setUp('appraise func=FILE_CHECK fowner=5');
    const file = new TestFile('/a', 'one');
    const value = digestAttribute('one');
    file.setXattrs({ 'security.ima': value });
    expect(box.settled(file, 'open', 4)).toBe('no');
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.settled(file, 'open', 4)).toBe('unwritten');
    file.setXattrs({});
    expect(box.settled(file, 'open', 4)).toBe('no');
  });
});

it('an attribute that is set to what it was, or removed and set, ends the verdict', () => {
  const box = setUp('appraise func=FILE_CHECK fowner=5\naudit func=FILE_CHECK fowner=5');
  const file = new TestFile('/a', 'one');
  const value = digestAttribute('one');
  const [bare, labelled] = [{}, { 'security.ima': value }];
  const { files } = box.world.stack;
  const { caller } = box.world.spawn();
  const isDone = () => [box.needs(file, 'open', 4)?.digests, box.settled(file, 'open', 4)];
  const audited = () => box.world.audit.filter(({ type }) => type === 1805).length;
  file.setXattrs(labelled);
  box.apply(file, 'open', 4);
  expect([isDone(), audited()]).toEqual([[[], 'unwritten'], 1]);
  files.setXattr(file.facts.inode, 'security.ima', Buffer.from(value, 'latin1'), caller);
  expect(isDone()).toEqual([['sha256'], 'no']);
  box.apply(file, 'open', 4);
  expect([isDone(), audited()]).toEqual([[[], 'unwritten'], 2]);
  files.removeXattr(file.facts.inode, 'security.ima', caller);
  file.setXattrs(bare);
  files.setXattr(file.facts.inode, 'security.ima', Buffer.from(value, 'latin1'), caller);
  file.setXattrs(labelled);
  expect(isDone()).toEqual([['sha256'], 'no']);
  box.apply(file, 'open', 4);
  // Others, those of other files, and what may not be set change nothing.
  files.setXattr(file.facts.inode, 'security.capability', Buffer.from('x'), caller);
  files.setXattr({ ...file.facts.inode, ino: 8 }, 'security.ima', Buffer.from(value, 'latin1'), caller);
  files.setXattr(file.facts.inode, 'security.ima', Buffer.from([9]), caller);
  expect([isDone(), audited()]).toEqual([[[], 'unwritten'], 3]);
});
