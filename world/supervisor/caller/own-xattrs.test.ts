import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../../../linux/fcntl.ts';
import { OwnXattrs } from './own-xattrs.ts';

// tmpfs keeps values of any length.
const directory = mkdtempSync('/dev/shm/lsmfs-own-xattrs-');
afterAll(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => path.join(directory, name);

function opened<T>(name: string, flags: number, use: (fd: number) => T): T {
  const fd = openSync(at(name), O_PATH | flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

const value = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('attributes of our own descriptors', () => {
  const xattrs = new OwnXattrs();

  it('are read whole, whatever their length', () => {
    writeFileSync(at('file'), '');
    opened('file', 0, (fd) => {
      expect(xattrs.get(fd, 'trusted.none')).toBeUndefined();
      for (const length of [0, 1, 511, 512, 513, 4096, 65_536]) {
        const text = '\xe9'.repeat(length);
        expect(xattrs.set(fd, 'trusted.long', value(text), 0)).toBe(0);
        expect(xattrs.get(fd, 'trusted.long')).toBe(text);
      }
    });
  });

  it('are listed whole, of files and of directories', () => {
    mkdirSync(at('d'));
    const names = Array.from({ length: 40 }, (_, index) => `trusted.${index}-with-a-long-name`);
    opened('d', O_DIRECTORY, (fd) => {
      expect(xattrs.listOfDirectory(fd)).toEqual([]);
      for (const name of names) expect(xattrs.set(fd, name, value('x'), 0)).toBe(0);
      expect([...(xattrs.listOfDirectory(fd) as string[])].sort()).toEqual([...names].sort());
      expect([...(xattrs.list(fd) as string[])].sort()).toEqual([...names].sort());
    });
  });

  it('are those of a link itself', () => {
    writeFileSync(at('target'), '');
    symlinkSync('target', at('link'));
    opened('target', 0, (fd) => expect(xattrs.set(fd, 'trusted.which', value('target'), 0)).toBe(0));
    opened('link', O_NOFOLLOW, (fd) => {
      expect(xattrs.set(fd, 'trusted.which', value('link'), 0)).toBe(0);
      expect(xattrs.get(fd, 'trusted.which')).toBe('link');
      expect(xattrs.list(fd)).toEqual(['trusted.which']);
    });
  });

  it('are unknown where there is no such descriptor', () => {
    expect(xattrs.get(987_654, 'trusted.which')).toBeUndefined();
  });
});
