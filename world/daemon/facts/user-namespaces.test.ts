import { readlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { tgidOf } from '../../../linux/ids.ts';
import { isUnknown } from '../../../vfs/tree/caller.ts';
import { UserNamespaces } from './user-namespaces.ts';

const SELF = tgidOf(process.pid);
const ROOT = { uid: 0, gid: 0, besideRoot: true };
const seenAs = (target: string | number) =>
  new UserNamespaces(ROOT, { followed: () => target, open: () => -ERRNO.EAGAIN }).of(SELF);

it('takes our own for the initial one, and what has ended', () => {
  expect(seenAs(readlinkSync('/proc/self/ns/user'))).toBeUndefined();
  expect(seenAs(-ERRNO.ENOENT)).toBeUndefined();
});

it.each([-ERRNO.EAGAIN, 'user:[1]'])('never takes one that cannot be looked at for the initial one', (target) => {
  const namespace = seenAs(target);
  expect(namespace && isUnknown(namespace)).toBe(true);
  expect(namespace).toEqual({ id: 0, ancestors: [], uids: [], gids: [] });
});

it('counts who cannot be looked at for nobody else', () => {
  const outermost = (target: string | number) =>
    new UserNamespaces(ROOT, { followed: () => target, open: () => -ERRNO.EAGAIN }).outermostOf(SELF);
  expect(outermost(-ERRNO.EAGAIN)).toEqual({ id: 0, owner: 0 });
  expect(outermost(readlinkSync('/proc/self/ns/user'))).toBeUndefined();
});
