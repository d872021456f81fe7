/** What was granted of a file holds for those whose paths rules lead to the same state, with the same owner. */
import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { UNTIL_X } from '../../../lsm/framework/access/testing/automaton.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { Grants, type Judged } from './grants.ts';
import { PathStates } from './path-states.ts';

const TID = tidOf(7);
const AUTOMATON = 4;
const SCOPE = {
  attributes: [],
  uniform: 'all',
  byDefault: [],
  named: [],
  rules: [{ automaton: AUTOMATON, start: 1 }],
} as const;
const SUBJECT: Judged = { number: 1, scope: SCOPE, kept: [], noted: [], epoch: 5 };
const OBJECTS = { of: () => undefined, since: () => undefined };
const STATES = new PathStates(() => ({ errno: 0, value: { tables: UNTIL_X.tables } }) as never);

function file(path: string, { uid = 0, ...more }: Partial<FileFacts> & { readonly uid?: number } = {}): FileFacts {
  const filesystem = { type: 'xfs', id: 'vdb' };
  const inode = { class: 'file', filesystem, path, ino: path.length, uid, gid: 0, xattrs: {} } as const;
  return { path, device: '8:1', mode: 0o100644, inode, ...more };
}

const opens = (path: string, more: Parameters<typeof file>[1] = {}): AccessCheck => ({
  hook: 'fileOpen',
  about: { file: file(path, more), flags: 0 },
});
const makes = (name: string, directory = file('/d')): AccessCheck => ({
  hook: 'pathMknod',
  about: { directory, made: { class: 'file', name } as never },
});

function covers(granted: AccessCheck, asked: AccessCheck, noted: readonly string[] = []): boolean {
  const grants = new Grants(OBJECTS, { of: () => undefined }, STATES);
  grants.add(SUBJECT, TID, [granted]);
  return grants.has({ ...SUBJECT, noted }, TID, asked);
}

it('tells files apart by where their paths lead, and by owner', () => {
  expect(covers(opens('/a'), opens('/b/c'))).toBe(true);
  expect(covers(opens('/a'), opens('/x'))).toBe(false);
  expect(covers(opens('/a'), opens('/a', { uid: 5 }))).toBe(false);
  expect(covers(opens('/a'), opens('/a', { mode: 0o040755 }))).toBe(true);
});

it('tells new names apart by it, too', () => {
  expect(covers(makes('a'), makes('b'))).toBe(true);
  expect(covers(makes('a'), makes('x'))).toBe(false);
  expect(covers(makes('a'), makes('a', file('/x')))).toBe(false);
  const renames = (newName: string): AccessCheck => ({
    hook: 'pathRename',
    about: { file: file('/a'), newDirectory: file('/d'), newName },
  });
  expect(covers(renames('a'), renames('b'))).toBe(true);
  expect(covers(renames('a'), renames('x'))).toBe(false);
});

it('knows nothing of files that have no path, and of what more counts for', () => {
  expect(covers(opens('/a', { disconnected: true }), opens('/a', { disconnected: true }))).toBe(false);
  expect(covers(opens('/a (deleted)'), opens('/a (deleted)'))).toBe(false);
  const links: AccessCheck = { hook: 'pathLink', about: { file: file('/a'), directory: file('/d'), name: 'b' } };
  expect(covers(links, links)).toBe(false);
  const maps = (more: object): AccessCheck => ({
    hook: 'mmapFile',
    about: { file: file('/a'), flags: 0, protection: 1, mapFlags: 2, ...more },
  });
  expect(covers(maps({}), maps({}))).toBe(true);
  expect(covers(maps({}), maps({}), ['9 1 3 0'])).toBe(true);
  // Another has opened a file with this inode number, or with one that is not known.
  expect(covers(maps({}), maps({}), ['9 1 2 0'])).toBe(false);
  expect(covers(maps({}), maps({}), ['9 1 undefined 0'])).toBe(false);
  const own = maps({ descriptor: { descriptor: 3, identity: '1 2 0' } });
  expect(covers(own, own)).toBe(true);
});
