import { expect, test } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { Question } from '../protocol/questions/index.ts';
import { storeLabel } from './label-store.ts';

const FACTS = {
  inode: { id: 1, filesystem: { type: 'ext4' } },
  path: '/f',
  device: '8:1',
  mode: 0o100644,
} as unknown as FileFacts;
const [EPERM, EROFS, ENOSPC, EOPNOTSUPP] = [-1, -30, -28, -95];
const SETTER = { tid: tidOf(7), name: 'security.x' };

test.each([
  ['stored by the host', 0, false, 0, false],
  ['no room on the disk', ENOSPC, false, ENOSPC, false],
  ['a filesystem without attributes', EOPNOTSUPP, true, 0, true],
  ['an immutable file of a host where we are root', EPERM, true, EPERM, false],
  ['a host that does not let us', EPERM, false, 0, true],
])('%s', (_what, stored, privileged, expected, kept) => {
  const asked: Question<'keep-xattr'>[] = [];
  const ask = (question: Question<'keep-xattr'>) => {
    asked.push(question);
    return { errno: 0 };
  };
  const files = { store: () => stored, privileged, keeps: () => false, changeable: () => 0 };
  expect(storeLabel(files, ask, 3, FACTS, 'security.x', new Uint8Array([97]), 0) + 0).toBe(expected); // -0 is 0
  expect(asked.map(({ kind }) => kind)).toEqual(kept ? ['keep-xattr'] : []);
});

test.each([
  ['any file', 0, true, 0, [{ flags: 1 }]],
  ['a read-only filesystem', EROFS, true, EROFS, []],
  ['an immutable file of a host where we are root', EPERM, true, EPERM, []],
  ['a host that does not let us', EPERM, false, 0, [{ flags: 1 }]],
  ['a filesystem without attributes', EOPNOTSUPP, true, 0, [{ setter: SETTER }]],
])('nothing is stored under a name that is the host’s: %s', (_what, changeable, privileged, expected, kept) => {
  const asked: Question<'keep-xattr'>[] = [];
  const ask = (question: Question<'keep-xattr'>) => {
    asked.push(question);
    return { errno: 0 };
  };
  const store = (): number => {
    throw new Error('stored');
  };
  const files = { store, privileged, keeps: (name: string) => name === 'security.x', changeable: () => changeable };
  expect(storeLabel(files, ask, 3, FACTS, 'security.x', new Uint8Array([97]), 1, SETTER) + 0).toBe(expected);
  expect(asked).toEqual(
    kept.map((more) => ({ kind: 'keep-xattr', ...FACTS, name: 'security.x', value: 'a', ...more })),
  );
});

test('and no answer is a failure', () => {
  const files = { store: () => 0, privileged: true, keeps: () => true, changeable: () => 0 };
  expect(storeLabel(files, () => undefined, 3, FACTS, 'security.x', new Uint8Array([97]), 0)).toBe(-5);
});
