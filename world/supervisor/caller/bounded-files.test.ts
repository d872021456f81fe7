import { expect, it } from 'vitest';
import type { BoundedAccess } from '../../../host/memory/bounded-access.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { BoundedFiles } from './bounded-files.ts';

it('what can wait for a process or for who uses its files is read by helpers, where users serve filesystems', () => {
  const asked: string[] = [];
  const readFile = (tid: number, name: string): Buffer => {
    asked.push(`${tid} ${name}`);
    return Buffer.from('from a helper');
  };
  const bounded = { readFile } as unknown as BoundedAccess;
  const files = new BoundedFiles({ bounded });
  const names = ['stat', 'task/8/stat', 'fdinfo/3', 'task/8/fdinfo/3'];
  for (const name of names) expect(files.readFile(AT_FDCWD, `/proc/7/${name}`)).toBe('from a helper');
  expect(asked).toEqual(names.map((name) => `7 ${name}`));
  files.readFile(AT_FDCWD, `/proc/${process.pid}/status`);
  expect(asked).toHaveLength(names.length);
  expect(new BoundedFiles({ bounded: undefined }).readFile(AT_FDCWD, '/proc/self/fdinfo/0')).toMatch(/^pos:/);
});
