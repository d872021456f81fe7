import { expect, it } from 'vitest';
import type { Stack } from '../../lsm/library/index.ts';
import type { DigestRequest } from '../daemon/content/digests.ts';
import type { Asked } from './connection.ts';
import { LookedObject } from './looked-object.ts';
import { MountedUses, type MountedUsesHost, type RequestWork } from './mounted-uses.ts';

const FD = 7;
const LOOKED = { mode: 0o100644, uid: 0, gid: 0, ino: 1, size: 4, nlink: 1, mtime: 0n, ctime: 0n, xattrs: {} };

/** @param compute of the digests. @returns descriptors that are closed when the request ends. */
async function closedAfter(compute: (request: DigestRequest) => unknown): Promise<number[]> {
  const closed = new Set<number>();
  const context = {
    workOnceFree: async () => ({ result: FD, looked: [], used: undefined }),
    own: (_asked: Asked, fds: readonly number[]) => {
      for (const fd of fds) closed.add(fd);
      return () => {
        for (const fd of fds) closed.delete(fd);
      };
    },
  };
  const stack = {
    uses: { needs: () => ({ digests: ['sha256'] }), stores: { take: () => [] } },
    userNamespaces: { note: () => {} },
    apply: () => undefined,
  };
  const digests = {
    known: () => undefined,
    compute: async (request: DigestRequest) => {
      compute(request);
      return {};
    },
  };
  const host = {
    stack: stack as unknown as Stack,
    superblock: { type: 'ext4', id: 'x', device: '8:1', magic: 1, place: '/' },
    digests,
    task: () => ({}),
  };
  const uses = new MountedUses(host as unknown as MountedUsesHost);
  const stat = { mode: LOOKED.mode, uid: 0, gid: 0, ino: 1, size: 4, nlink: 1, mtime: 0n, ctime: 0n, device: '8:1' };
  const file = {
    node: { fd: 3 },
    object: new LookedObject(LOOKED, 'file'),
    content: { stat, writers: false, openers: false, isElf: false },
  };
  await uses.decide(
    context as unknown as RequestWork,
    {} as Asked,
    file as unknown as Parameters<MountedUses['decide']>[2],
    [{ hook: 'open', mask: 4 }],
    { tid: 1 } as unknown as Parameters<MountedUses['decide']>[4],
  );
  return [...closed];
}

it('a file that was opened to be read for its digests is closed when it was not needed: somebody else reads it', async () => {
  expect(await closedAfter(({ open }) => open())).toEqual([]);
  expect(await closedAfter(() => {})).toEqual([FD]);
});
