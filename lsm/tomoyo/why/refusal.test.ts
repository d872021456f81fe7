import { expect, it } from 'vitest';
import { inOneLine, isRefusal, refusalAbout, refusalOf } from './refusal.ts';

const record = (mode: string, line: string, granted = 'no'): string =>
  `#2026/12/02 20:41:24# profile=3 mode=${mode} granted=${granted} (global-pid=7) task={ pid=7 uid=0 } exec={ realpath="/a;\\040b" }\n<kernel> /usr/bin/env\n${line}\n`;

it('of a program that no rule allows is a question', () => {
  const text = inOneLine(record('enforcing', 'file execute /usr/bin/ls'));
  expect(refusalOf('tomoyo', text)).toEqual({
    words: ['<kernel> /usr/bin/env', '/usr/bin/ls', 'execute'],
    query: 'access',
  });
  expect(refusalAbout('tomoyo', text)).toEqual({
    subject: '<kernel> /usr/bin/env',
    object: '/usr/bin/ls',
    kind: 'file',
    access: 'execute',
    permissive: false,
  });
  expect(refusalAbout('AVC', text)).toBeUndefined();
});

it('of a way to another domain has none', () => {
  const text = inOneLine(record('permissive', 'task manual_domain_transition <kernel> /x'));
  expect(refusalOf('tomoyo', text)).toMatchObject({
    problem: expect.stringContaining('task manual_domain_transition'),
  });
  expect(refusalAbout('tomoyo', text)).toMatchObject({ object: '<kernel> /x', permissive: true });
});

it.each([
  record('learning', 'file execute /x'),
  record('disabled', 'use_profile 0'),
  record('enforcing', 'quota_exceeded'),
  record('enforcing', 'file execute /x', 'yes'),
])('others are none of a refusal', (text) => {
  expect(isRefusal(text)).toBe(false);
});
