import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';
import { Grants, keyOf } from './grants.ts';

const LABEL = 'security.toy';
const SCOPE: LabelScope = { attributes: [LABEL], uniform: ['tmpfs'], named: ['special'] };

function file(path: string, more: Partial<InodeFacts> = {}): FileFacts {
  const filesystem = { type: 'ext4', id: 'vda' };
  const inode: InodeFacts = { class: 'file', filesystem, path, ino: path.length, uid: 0, gid: 0, xattrs: {}, ...more };
  return { path, device: '8:1', mode: 0o100644, inode };
}

const labelled = (path: string, label: string, more: Partial<InodeFacts> = {}): FileFacts =>
  file(path, { xattrs: { [LABEL]: label, 'security.other': path }, ...more });
const key = (check: AccessCheck, scope = SCOPE, kept: string[] = [], noted: string[] = []): string | undefined =>
  keyOf(check, { scope, kept, noted });
const reads = (of: FileFacts, mask = 4): AccessCheck => ({ hook: 'inodePermission', about: { file: of, mask } });

it('files with a label differ by it, by class and filesystem', () => {
  const one = key(reads(labelled('/a', 'x')));
  expect(one).toBeDefined();
  expect(key(reads(labelled('/other', 'x', { uid: 7 })))).toBe(one);
  expect(key(reads(labelled('/a', 'y')))).not.toBe(one);
  expect(key(reads(labelled('/a', 'x', { class: 'dir' })))).not.toBe(one);
  expect(key(reads({ ...labelled('/a', 'x'), device: '8:2' }))).not.toBe(one);
  expect(key(reads(labelled('/a', 'x'), 2))).not.toBe(one);
  expect(key({ ...reads(labelled('/a', 'x')), refusal: 'ignored' })).not.toBe(one);
});

it('files without one differ by their paths, but where these do not count, except the root', () => {
  expect(key(reads(file('/a')))).not.toBe(key(reads(file('/b'))));
  const inMemory = { filesystem: { type: 'tmpfs', id: 'tmpfs' } };
  expect(key(reads(file('/a', inMemory)))).toBe(key(reads(file('/b', inMemory))));
  expect(key(reads(file('/a', inMemory)))).not.toBe(key(reads(file('/', inMemory))));
  expect(key(reads(file('/a')), { ...SCOPE, uniform: 'all' })).toBe(
    key(reads(file('/b')), { ...SCOPE, uniform: 'all' }),
  );
  // Where paths decide, a stored label may not count.
  const sysfs = { filesystem: { type: 'sysfs', id: 'sysfs' } };
  expect(key(reads(labelled('/a', 'x', sysfs)))).not.toBe(key(reads(labelled('/b', 'x', sysfs))));
});

it('files differ by their numbers where the daemon keeps labels of some', () => {
  const terminal = (ino: number): AccessCheck => reads(file('/t', { filesystem: { type: 'tmpfs', id: 'tmpfs' }, ino }));
  expect(key(terminal(3))).toBe(key(terminal(4)));
  expect(key(terminal(3), SCOPE, ['8:1'])).not.toBe(key(terminal(4), SCOPE, ['8:1']));
  expect(key(terminal(3), SCOPE, ['8:2'])).toBe(key(terminal(4), SCOPE, ['8:2']));
});

it('what the subject has opened itself is cached; what others may have opened has no key', () => {
  const lock = (descriptor: number): AccessCheck => ({
    hook: 'fileLock',
    about: { file: labelled('/a', 'x'), flags: 2, exclusive: true, descriptor: { descriptor, identity: '30 7 2' } },
  });
  expect(key(lock(3))).toBeDefined();
  expect(key(lock(3), SCOPE, [], ['4 30 7 2'])).toBe(key(lock(5)));
  expect(key(lock(3), SCOPE, [], ['3 30 7 2'])).toBeUndefined();
  expect(key(lock(3), SCOPE, [], ['3 30 8 2'])).toBe(key(lock(5)));
});

it('new files differ by names that count', () => {
  const makes = (name: string): AccessCheck => ({
    hook: 'inodeCreate',
    about: { directory: labelled('/d', 'x', { class: 'dir' }), made: { class: 'file', name } },
  });
  expect(key(makes('a'))).toBe(key(makes('b')));
  expect(key(makes('special'))).not.toBe(key(makes('a')));
});

it('what depends on a process or a socket has no key', () => {
  expect(key(reads(labelled('/1/maps', 'x', { process: tidOf(1) })))).toBeUndefined();
  expect(key(reads(labelled('socket:[1]', 'x', { socket: { family: 1, type: 1, protocol: 0 } })))).toBeUndefined();
  expect(key({ hook: 'taskKill', about: { target: tidOf(1), signal: 9 } })).toBeUndefined();
});

it('what was granted holds for the subject until the epoch moves', () => {
  const grants = new Grants();
  const subject = { number: 1, scope: SCOPE, kept: [], noted: [], epoch: 5 };
  grants.add(subject, ['a']);
  expect(grants.has(subject, 'a')).toBe(true);
  expect(grants.has(subject, 'b')).toBe(false);
  expect(grants.has({ ...subject, number: 2 }, 'a')).toBe(false);
  expect(grants.has({ ...subject, epoch: 6 }, 'a')).toBe(false);
  grants.add({ ...subject, epoch: 6 }, ['b']);
  expect(grants.has(subject, 'a')).toBe(false);
});
