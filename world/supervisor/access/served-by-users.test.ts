/** A filesystem that a user serves is asked nothing, statfs(2) neither. */
import { expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { callerFd, tidOf } from '../../../linux/ids.ts';
import type { WorkerContext } from '../context.ts';
import { isReadOnly } from './calls.ts';
import { PathWalk, type WalkHost } from './walk.ts';

const TID = tidOf(7);

/** Of a caller whose files are all on such a filesystem. `asked` collects what it was asked. */
function served(asked: string[] = []) {
  return {
    asked,
    mayAsk: () => false,
    filesystemMagic: () => 0,
    filesystem: () => asked.push('statfs'),
    magic: () => asked.push('statfs'),
    readlinkAt: () => asked.push('readlink'),
    starts: { of: () => 3 },
    resolve: () => 4,
    identity: () => ({ link: true }),
    close: () => undefined,
  };
}

it('a walk ends blind at a link there', () => {
  const view = served();
  const host = { view, files: { look: () => undefined } } as unknown as WalkHost;
  const walked = PathWalk.run(host, { tid: TID, dirfd: callerFd(5), path: 'link', follow: true });
  expect([walked.file, walked.checks, view.asked]).toEqual([-ERRNO.EAGAIN, [], []]);
});

it('it is taken for one that can be written to', () => {
  const view = served();
  expect(isReadOnly({ call: { tid: TID }, view } as unknown as WorkerContext, 4)).toBe(false);
  expect(view.asked).toEqual([]);
});
