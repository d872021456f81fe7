import { expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import type { ModuleDefinition } from '../module.ts';
import { bootToys, callerOf, toy } from '../testing/toy.ts';
import type { InodeFacts } from './inode.ts';

it('nobody decides by more than the credentials about a program that a later module refuses for them', () => {
  const asked: string[] = [];
  const module = (name: string, id: number, refused: string): ModuleDefinition => ({
    ...toy(name, id),
    create: () => ({
      hooks: {
        bprmCredsForExec: (_task, { path }) => {
          asked.push(`${name} creds`);
          return path === refused ? E.EACCES : undefined;
        },
        bprmCheckSecurity: () => void asked.push(`${name} check`),
      },
    }),
  });
  const { stack, facts } = bootToys([module('a', 1000, '/a'), module('b', 1001, '/b')]);
  facts.add(7);
  const mayExec = (path: string) => [stack.files.mayExec({ path }, callerOf(7))?.code, ...asked.splice(0)];
  expect(mayExec('/a')).toEqual(['EACCES', 'a creds']);
  expect(mayExec('/b')).toEqual(['EACCES', 'a creds', 'b creds']);
  expect(mayExec('/c')).toEqual([undefined, 'a creds', 'b creds', 'a check', 'b check']);
});

it('no module is asked for a label of an inode that many descriptors share', () => {
  const label = new TextEncoder().encode('label');
  const module: ModuleDefinition = { ...toy('a', 1000), create: () => ({ hooks: { inodeGetsecurity: () => label } }) };
  const { stack, facts } = bootToys([module]);
  facts.add(7);
  const shared: InodeFacts = {
    class: 'anon_inode',
    filesystem: { type: 'anon_inodefs', id: 'anon_inodefs' },
    path: 'anon_inode:[eventfd]',
    ino: 7,
    uid: 0,
    gid: 0,
    xattrs: {},
  };
  const labelOf = (inode: InodeFacts) => stack.files.getXattr(inode, 'security.toy', callerOf(7));
  expect(labelOf(shared)).toBe(E.EOPNOTSUPP);
  expect(labelOf({ ...shared, anonymous: '[io_uring]' })).toBe(label);
});
