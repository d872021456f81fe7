import { expect, it } from 'vitest';
import type { BoundedAccess } from '../../../host/memory/bounded-access.ts';
import type { ProcessHolders } from '../../../host/process/process-holders.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import { BoundedFiles } from './bounded-files.ts';
import { Hazards } from './hazards.ts';

const OTHER = tidOf(7);

/** Where users serve filesystems. `asked` collects what helpers read. */
function served() {
  const asked: string[] = [];
  const readFile = (tid: number, name: string): Buffer => {
    asked.push(`${tid} ${name}`);
    return Buffer.from('from a helper');
  };
  const access = { readFile } as unknown as BoundedAccess;
  const holders = { access, forget: () => undefined } as unknown as ProcessHolders;
  const hazards = new Hazards(undefined, undefined, holders);
  return { asked, hazards, files: new BoundedFiles(hazards) };
}

it('what can wait for another process or for who uses its files is read by helpers, where users serve filesystems', () => {
  const { asked, files } = served();
  const names = ['stat', 'task/8/stat', 'fdinfo/3', 'task/8/fdinfo/3'];
  for (const name of names) expect(files.readFile(AT_FDCWD, `/proc/7/${name}`)).toBe('from a helper');
  expect(files.readProcess(OTHER, 'maps')).toBe('from a helper');
  expect(asked).toEqual([...names, 'maps'].map((name) => `7 ${name}`));
  files.readFile(AT_FDCWD, `/proc/${process.pid}/status`);
  expect(asked).toHaveLength(names.length + 1);
  const plain = new BoundedFiles({ boundedFor: () => undefined });
  expect(plain.readFile(AT_FDCWD, '/proc/self/fdinfo/0')).toMatch(/^pos:/);
});

it('the caller itself is looked at by our own system calls', () => {
  const { asked, files, hazards } = served();
  const caller = tidOf(process.pid);
  hazards.forget(caller);
  expect(files.readFile(AT_FDCWD, `/proc/${caller}/fdinfo/0`)).toMatch(/^pos:/);
  expect(files.readProcess(caller, 'maps')).toContain('[stack]');
  expect(hazards.isInOurUserNamespace(caller)).toBe(true);
  expect(asked).toEqual([]);
  hazards.forget(OTHER);
  expect(files.readProcess(caller, 'maps')).toBe('from a helper');
});
