import { expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import type { ModuleDefinition } from '../module.ts';
import { bootToys, callerOf, toy } from '../testing/toy.ts';

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
