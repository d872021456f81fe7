import { describe, expect, it } from 'vitest';
import { ALL_CAPABILITIES } from '../../../linux/capability.ts';
import { E } from '../../../linux/errno.ts';
import { tidOf } from '../../../linux/ids.ts';
import { type Caller, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { Task } from '../task.ts';
import type { InodeFacts } from './inode.ts';
import { NamespacedXattr } from './namespaced-xattrs.ts';

const TASK = {} as Task;
const TOY = new NamespacedXattr('security.toy');
const OTHER = new NamespacedXattr('security.other');
const STORED = 'trusted.lsmns.000003e8.toy';

function inside(rootUid: number | undefined, capabilities = ALL_CAPABILITIES): Caller {
  const ranges = [{ inside: 0, first: rootUid ?? 0, count: 10 }];
  return {
    ...KERNEL_CALLER,
    tid: tidOf(7),
    capabilities,
    userNamespace: { id: 7, ancestors: [], rootUid, rootGid: rootUid, uids: ranges, gids: ranges },
  };
}

const file = (uid: number, gid = uid, xattrs: Readonly<Record<string, string>> = {}): InodeFacts => ({
  class: 'file',
  filesystem: { type: 'ext4', id: 'sda' },
  path: '/f',
  ino: 1,
  uid,
  gid,
  xattrs,
});
const { inodeStoredName, inodeVisibleName, inodeGetsecurity } = TOY.hooks;

describe('attributes that each user namespace has of its own', () => {
  it('are stored under what the root of the namespace is outside', () => {
    expect(inodeStoredName?.(TASK, 'security.toy', inside(1000))).toBe(STORED);
    expect(inodeStoredName?.(TASK, 'security.toy', KERNEL_CALLER)).toBe('security.toy');
    expect(inodeStoredName?.(TASK, 'security.toy', inside(undefined))).toBe('security.toy');
    expect(inodeStoredName?.(TASK, 'security.other', inside(1000))).toBe(E.EOPNOTSUPP);
  });

  it('are seen under the plain name, by that namespace alone', () => {
    expect(inodeVisibleName?.(TASK, STORED, inside(1000))).toBe('security.toy');
    expect(inodeVisibleName?.(TASK, STORED, inside(2000))).toBe('');
    expect(inodeVisibleName?.(TASK, STORED, KERNEL_CALLER)).toBe('');
    expect(inodeVisibleName?.(TASK, 'security.toy', inside(1000))).toBe(E.EOPNOTSUPP);
    expect(OTHER.hooks.inodeVisibleName?.(TASK, STORED, inside(1000))).toBe(E.EOPNOTSUPP);
  });

  it('have the value of the host until they are set', () => {
    const own = file(1000, 1000, { [STORED]: 'own', 'security.toy': 'host' });
    expect(inodeGetsecurity?.(TASK, own, 'security.toy', inside(1000))).toEqual(Buffer.from('own'));
    expect(inodeGetsecurity?.(TASK, own, 'security.toy', inside(2000))).toBe(E.EOPNOTSUPP);
    expect(inodeGetsecurity?.(TASK, own, 'security.toy', KERNEL_CALLER)).toBe(E.EOPNOTSUPP);
    expect(inodeGetsecurity?.(TASK, own, STORED, KERNEL_CALLER)).toBe(E.ENODATA);
  });

  it('may be set by an administrator whose namespace has owner and group', () => {
    expect(TOY.mayChange('security.toy', file(1005), inside(1000))).toBe('yes');
    expect(TOY.mayChange('security.toy', file(1010), inside(1000))).toBe(E.EPERM);
    expect(TOY.mayChange('security.toy', file(1005, 999), inside(1000))).toBe(E.EPERM);
    expect(TOY.mayChange('security.toy', file(1005), inside(1000, 0n))).toBe(E.EPERM);
    expect(TOY.mayChange('security.toy', file(5), KERNEL_CALLER)).toBe('yes');
    expect(TOY.mayChange('security.toy', file(5), { ...KERNEL_CALLER, capabilities: 0n })).toBe(E.EPERM);
    expect(TOY.mayChange(STORED, file(5), KERNEL_CALLER)).toBe(E.EPERM);
    expect(TOY.mayChange('security.other', file(5), KERNEL_CALLER)).toBeUndefined();
  });
});
