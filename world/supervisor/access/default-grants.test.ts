/** What was granted of a file without a stored label holds for those with the same default label. */
import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';
import { NONE } from '../labels/default-labels.ts';
import { Grants, type Judged } from './grants.ts';

const LABEL = 'security.toy';
const TID = tidOf(7);
const SCOPE = { attributes: [LABEL], uniform: [], byDefault: ['xfs'], named: [], rules: [] };
const SUBJECT: Judged = { number: 1, scope: SCOPE, kept: [], noted: [], epoch: 5 };
const OBJECTS = { of: () => undefined, since: () => undefined };
const STATES = { of: () => undefined, ofNew: () => undefined };

/** As file_contexts would have it: by the first letter and the class; nothing below `/n`, and nobody knows of what is below `/u`. */
function defaultOf(path: string, objectClass: string): string | undefined {
  if (path.startsWith('/u')) return undefined;
  return path.startsWith('/n') ? NONE : `${path[1]} ${objectClass}`;
}

function reads(path: string, more: Partial<InodeFacts> = {}, shownAt?: string): AccessCheck {
  const filesystem = { type: 'xfs', id: 'vdb' };
  const inode: InodeFacts = { class: 'file', filesystem, path, ino: path.length, uid: 0, gid: 0, xattrs: {}, ...more };
  const file: FileFacts = { path, device: '8:1', mode: 0o100644, inode, ...(shownAt !== undefined && { shownAt }) };
  return { hook: 'inodePermission', about: { file, mask: 4 } };
}

/** Is the second one known when the first one was granted? */
function covers(granted: AccessCheck, asked: AccessCheck): boolean {
  const grants = new Grants(OBJECTS, { of: defaultOf }, STATES);
  grants.add(SUBJECT, TID, [granted]);
  return grants.has(SUBJECT, TID, asked);
}

it('files differ by it, by their paths where it is not known, and the root from all', () => {
  expect(covers(reads('/a1'), reads('/a2'))).toBe(true);
  expect(covers(reads('/a1'), reads('/b1'))).toBe(false);
  expect(covers(reads('/a1'), reads('/n1'))).toBe(false);
  expect(covers(reads('/n1'), reads('/n2'))).toBe(true);
  expect(covers(reads('/n1'), reads('/'))).toBe(false);
  expect(covers(reads('/u1'), reads('/u1'))).toBe(true);
  expect(covers(reads('/u1'), reads('/u2'))).toBe(false);
  expect(covers(reads('/a1'), reads('/a2', { class: 'dir' }))).toBe(false);
  expect(covers(reads('/a1'), reads('/a2', { xattrs: { [LABEL]: 'a file' } }))).toBe(false);
});

it('only where their filesystem is one on which it counts', () => {
  const elsewhere = { filesystem: { type: 'ext4', id: 'vda' } };
  expect(covers(reads('/a1', elsewhere), reads('/a1', elsewhere))).toBe(true);
  expect(covers(reads('/a1', elsewhere), reads('/a2', elsewhere))).toBe(false);
});

it('a file of a layer has that of the path by which it is shown', () => {
  expect(covers(reads('/a1', {}, '/b1'), reads('/a1', {}, '/c1'))).toBe(false);
  expect(covers(reads('/a1', {}, '/c1'), reads('/b1', {}, '/c2'))).toBe(true);
});
