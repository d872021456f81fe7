import { expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { createWorld } from '../../../lsm/library/index.ts';
import { InodeNumbers } from '../../../vfs/pseudo/index.ts';
import { KERNEL_CALLER as K } from '../../../vfs/tree/caller.ts';
import type { Directory } from '../../../vfs/tree/node.ts';
import { AddedSysctls, missingSysctls } from './added-sysctls.ts';

it('names what is missing by its topmost part, once', () => {
  const has = new Set(['kernel', 'kernel/hostname']);
  const paths = ['kernel/yama/ptrace_scope', 'kernel/yama/other', 'kernel/hostname', 'kernel/new'];
  expect(missingSysctls(paths, (path) => has.has(path))).toEqual(['kernel/yama', 'kernel/new']);
});

it('lists a directory of the host with what is added', () => {
  const { stack } = createWorld({ lsm: 'yama,apparmor' });
  const added = new AddedSysctls(stack.sysctlTree.root, new InodeNumbers());
  const kernel = added.node(['kernel'], K, () => K) as Directory;
  const entries = kernel.entries(K);
  const names = failed(entries) ? [] : entries.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['hostname', 'yama', 'apparmor_display_secid_mode']));
  expect(new Set(names).size).toBe(names.length);
  expect(added.node(['kernel', 'yama', 'nope'], K, () => K)).toMatchObject({ code: 'ENOENT' });
});
