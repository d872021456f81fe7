import { expect, it } from 'vitest';
import type { InodeFacts } from '../files/inode.ts';
import { entryFields, inodeFields } from './lsm-audit.ts';

const FILE: InodeFacts = {
  class: 'file',
  filesystem: { type: 'tmpfs', id: 'tmpfs' },
  path: '/memfd:one',
  ino: 7,
  uid: 0,
  gid: 0,
  xattrs: {},
};
const PLACE = ' dev="tmpfs" ino=7';

it('names a file without a name by its entry, and not by its inode', () => {
  const memory: InodeFacts = { ...FILE, unlisted: true };
  expect(entryFields(memory)).toBe(` name="memfd:one"${PLACE}`);
  expect(inodeFields(memory)).toBe(PLACE);
  expect(inodeFields(FILE)).toBe(` name="memfd:one"${PLACE}`);
});

it('finds a directory that was removed', () => {
  expect(inodeFields({ ...FILE, class: 'dir', path: '/tmp/d', unlisted: true })).toBe(` name="d"${PLACE}`);
});

it('calls a UNIX socket as its protocol: all that are no streams share one', () => {
  const named = (type: number): string => entryFields({ ...FILE, socket: { family: 1, type, protocol: 0 } });
  expect([1, 2, 5].map(named)).toEqual(['UNIX-STREAM', 'UNIX', 'UNIX'].map((name) => ` name="${name}"${PLACE}`));
});

it('knows the entries that the kernel makes', () => {
  const kernels = (path: string): string => entryFields({ ...FILE, path, unlisted: true });
  expect(kernels('anon_inode:[userfaultfd]')).toBe(` name="[userfaultfd]"${PLACE}`);
  expect(kernels('pipe:[7]')).toBe(` name=""${PLACE}`);
});
