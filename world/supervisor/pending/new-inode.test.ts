import { describe, expect, it } from 'vitest';
import { type InodeHistory, isMade } from './new-inode.ts';

const at = (seconds: number, nanoseconds = 1) => ({ seconds, nanoseconds });
const creation = { fsuid: 1000, since: at(100, 500_000) };
const file = (more: Partial<InodeHistory> = {}): InodeHistory => ({
  uid: 1000,
  ino: '5',
  links: 1,
  directory: false,
  born: at(100, 600_000),
  changes: [at(100, 600_000), at(100, 600_000)],
  ...more,
});
/** The same on a filesystem without birth times. */
const unborn = (more: Partial<InodeHistory> = {}): InodeHistory => {
  const { born: _born, ...rest } = file(more);
  return rest;
};

describe('a file that a call of a moment ago has made', () => {
  it('was born since, for the user that it is made for', () => {
    expect(isMade(file(), creation)).toBe(true);
    expect(isMade(file({ born: at(99) }), creation)).toBe(false);
    expect(isMade(file({ uid: 0 }), creation)).toBe(false);
    expect(isMade(undefined, creation)).toBe(false);
  });

  it('may have a clock of microseconds or of whole seconds', () => {
    expect(isMade(file({ born: at(100, 500_999) }), { ...creation, since: at(100, 500_999) })).toBe(true);
    expect(isMade(file({ born: at(100, 500_000) }), { ...creation, since: at(100, 500_999) })).toBe(true);
    expect(isMade(file({ born: at(100, 499_999) }), creation)).toBe(false);
    expect(isMade(file({ born: at(100, 0) }), creation)).toBe(true);
  });

  it('has changed since and has one name where nothing is born: another could have been renamed there', () => {
    expect(isMade(unborn(), creation)).toBe(true);
    expect(isMade(unborn({ changes: [at(99), at(101)] }), creation)).toBe(false); // renamed: only the inode changes
    expect(isMade(unborn({ links: 2 }), creation)).toBe(false);
    expect(isMade(unborn({ links: 2, directory: true }), creation)).toBe(true);
  });

  it('without a name is the one that was found, and has none', () => {
    expect(isMade(file({ links: 0 }), creation, '5')).toBe(true);
    expect(isMade(file({ links: 1 }), creation, '5')).toBe(false);
    expect(isMade(file({ links: 0 }), creation, '6')).toBe(false);
  });
});
