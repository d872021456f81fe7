import { expect, test } from 'vitest';
import type { FileFacts } from './file-facts.ts';
import { storeLabel } from './label-store.ts';
import type { Question } from './questions.ts';

const FACTS = { inode: { id: 1 }, path: '/f', device: '8:1' } as unknown as FileFacts;
const [EPERM, ENOSPC, EOPNOTSUPP] = [-1, -28, -95];

test.each([
  ['stored by the host', 0, false, 0, false],
  ['no room on the disk', ENOSPC, false, ENOSPC, false],
  ['a filesystem without attributes', EOPNOTSUPP, true, 0, true],
  ['an immutable file of a host where we are root', EPERM, true, EPERM, false],
  ['a host that does not let us', EPERM, false, 0, true],
])('%s', (_what, stored, privileged, expected, kept) => {
  const asked: Question[] = [];
  const ask = (question: Question) => {
    asked.push(question);
    return { errno: 0, value: 0 };
  };
  const files = { store: () => stored, privileged };
  expect(storeLabel(files, ask, 3, FACTS, 'security.x', new Uint8Array([97]), 0) + 0).toBe(expected); // -0 is 0
  expect(asked.map(({ kind }) => kind)).toEqual(kept ? ['keep-xattr'] : []);
});
