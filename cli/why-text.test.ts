import { expect, test } from 'vitest';
import { why } from '../lsm/selinux/why/index.ts';
import { smallPolicy, stateOf } from '../test/selinux/policies.ts';
import { formatWhy } from './why-text.ts';

const state = stateOf(smallPolicy('feature.33'));

function text(source: string, target: string, className: string, permission: string, command?: number): string {
  const question = { source, target, class: className, permissions: [permission] };
  const report = why(state, command === undefined ? question : { ...question, command });
  if ('problem' in report) throw new Error(report.problem);
  return formatWhy(report, false);
}

const parent = 'sys_u:base_r:parent_t:s0';
const data = 'sys_u:object_r:data_t:s0';
const other = 'sys_u:object_r:other_t:s0';

test('a grant names its rule and how it matched', () => {
  expect(text(parent, data, 'file', 'read')).toBe(
    'allowed  read\n  allow domain data_t:file { ioctl read write getattr };\n    source: parent_t has domain\n',
  );
});

test('a grant by a condition says which, and a logged one why', () => {
  expect(text(parent, other, 'file', 'getattr')).toContain('    because (fast && !slow) is false: fast=off slow=on\n');
  expect(text(parent, data, 'file', 'write')).toContain('  logged: auditallow domain data_t:file write;\n');
});

test('a denial lists what is in its way and what would help', () => {
  expect(text(parent, other, 'file', 'read')).toBe(`denied  read
  no allow rule is in force; with other booleans:
    allow domain other_t:file read;
      source: parent_t has domain
      only while (fast && !slow) is true; it is false: fast=off slow=on
  not logged: dontaudit domain other_t:file read;
  to allow it, one of:
    setsebool fast=1 slow=0
    allow parent_t other_t:file read;
the world is permissive: what is denied happens all the same
`);
});

test('constraints show what they compared, below the bound that they are about', () => {
  expect(text('sys_u:base_r:child_t:s0', data, 'file', 'execute')).toBe(`denied  execute
  bounds: parent_t, which bounds the source type, may not do it
    constraint: constrain file execute (t1 != parent_t);
      false  t1 != parent_t  (t1 is parent_t)
the world is permissive: what is denied happens all the same
`);
});

test('namespaces around are told', () => {
  const report = why(state, { source: parent, target: data, class: 'file', permissions: ['read'] });
  if ('problem' in report) throw new Error(report.problem);
  const bounds = [
    { namespace: '2', context: other, enforcing: true },
    { namespace: 'init', context: parent, enforcing: false },
  ];
  expect(formatWhy(report, true, bounds).split('\n').slice(-3)).toEqual([
    `namespace 2 (enforcing) decides besides: there the process is ${other}`,
    `namespace init (permissive) decides besides: there the process is ${parent}`,
    '',
  ]);
});

test('commands, roles, unknown classes and permissive types are told', () => {
  expect(text(parent, data, 'file', 'ioctl', 0x8913)).toContain(
    'no rule allows the command 0x8913; ioctl is limited to:\n    allowxperm',
  );
  expect(text('sys_u:other_r:parent_t:s0', parent, 'process', 'transition')).toContain(
    '  no role allow: allow other_r base_r;\n',
  );
  expect(text(parent, parent, 'io_uring', 'sqpoll')).toMatch(/class io_uring is not in the policy, .* says \w+\n/);
  expect(text('sys_u:base_r:perm_t:s0', other, 'file', 'write')).toMatch(/\nperm_t is a permissive type: .*\n$/);
});
