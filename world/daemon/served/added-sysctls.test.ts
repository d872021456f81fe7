import { expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { bootToys, toy } from '../../../lsm/framework/testing/toy.ts';
import { InodeNumbers, PseudoFile } from '../../../vfs/pseudo/index.ts';
import { KERNEL_CALLER as K } from '../../../vfs/tree/caller.ts';
import type { Directory } from '../../../vfs/tree/node.ts';
import { AddedSysctls, missingSysctls } from './added-sysctls.ts';

it('names what is missing by its topmost part, once', () => {
  const has = new Set(['kernel', 'kernel/hostname']);
  const paths = ['kernel/toy/ptrace_scope', 'kernel/toy/other', 'kernel/hostname', 'kernel/new'];
  expect(missingSysctls(paths, (path) => has.has(path))).toEqual(['kernel/toy', 'kernel/new']);
});

it('lists a directory of the host with what is added', () => {
  const node = new PseudoFile({ ino: 7, mode: 0o644 }, () => ({ writeMovesPosition: false }));
  const sysctls = new Map(['kernel/toy/level', 'kernel/toy_mode'].map((path) => [path, node]));
  const { stack } = bootToys([{ ...toy('toy', 901), create: () => ({ hooks: {}, sysctls }) }]);
  const added = new AddedSysctls(stack.sysctlTree.root, new InodeNumbers());
  const kernel = added.node(['kernel'], K, () => K) as Directory;
  const entries = kernel.entries(K);
  const names = failed(entries) ? [] : entries.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['hostname', 'toy', 'toy_mode']));
  expect(new Set(names).size).toBe(names.length);
  expect(added.node(['kernel', 'toy', 'nope'], K, () => K)).toMatchObject({ code: 'ENOENT' });
});
