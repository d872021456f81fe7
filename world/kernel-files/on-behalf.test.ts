import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { type NameOnBehalf, nameOnBehalf, parseNameOnBehalf } from './on-behalf.ts';

describe('names on behalf of a caller', () => {
  it.each<[string, NameOnBehalf]>([
    ['100,fd,0,kmsg', { tree: 'fd', descriptor: 0, kind: 'kmsg' }],
    ['100,fd,17,audit-containerid', { tree: 'fd', descriptor: 17, kind: 'audit-containerid' }],
    ['100,sys,kernel,toy,ptrace_scope', { tree: 'sys', path: ['kernel', 'toy', 'ptrace_scope'] }],
    ['100,proc,200,task,201,attr,current', { tree: 'proc', path: ['200', 'task', '201', 'attr', 'current'] }],
    ['100,sys,a%2Cb,50%25', { tree: 'sys', path: ['a,b', '50%'] }],
  ])('%s', (name, named) => {
    expect(nameOnBehalf(tidOf(100), named)).toBe(name);
    expect(parseNameOnBehalf(name)).toEqual({ caller: 100, named });
  });

  it('say what was named, whatever the components are', () => {
    const component = fc.string({ minLength: 1 }).filter((text) => !text.includes('/'));
    const path = fc.array(component, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), path, (caller, names) => {
        const named: NameOnBehalf = { tree: 'sys', path: names };
        expect(parseNameOnBehalf(nameOnBehalf(tidOf(caller), named))).toEqual({ caller, named });
      }),
    );
  });

  it.each([
    '',
    '100',
    '100,',
    ',fd,3,kmsg',
    '0,fd,3,kmsg',
    '0100,fd,3,kmsg',
    '-1,fd,3,kmsg',
    '12345678901,fd,3,kmsg',
    'x,fd,3,kmsg',
    '100,fd',
    '100,fd,3',
    '100,fd,,kmsg',
    '100,fd,03,kmsg',
    '100,fd,-1,kmsg',
    '100,fd,3,memory',
    '100,fd,3,kmsg,more',
    '100,sys',
    '100,sys,',
    '100,sys,kernel,,toy',
    '100,sys,kernel/toy',
    '100,sys,%2c',
    '100,sys,%',
    '100,proc',
    '100,proc,200,',
    '100,other,kernel',
  ])('%j is none', (name) => {
    expect(parseNameOnBehalf(name)).toBeUndefined();
  });
});
