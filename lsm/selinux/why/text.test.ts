import { expect, test } from 'vitest';
import { smallPolicy, stateOf } from '../../../test/selinux/policies.ts';
import { whyNewContext } from './new-context.ts';
import { formatNewContext, formatRelabel } from './new-context-text.ts';
import { whyRelabel } from './relabel.ts';
import type { NewContextReport } from './report.ts';
import { formatWhy } from './text.ts';
import { why } from './why.ts';

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
the world is permissive: denied permissions are granted
`);
});

test('constraints show what they compared, below the bound that they are about', () => {
  expect(text('sys_u:base_r:child_t:s0', data, 'file', 'execute')).toBe(`denied  execute
  bounds: parent_t, which bounds the source type, may not do it
    constraint: constrain file execute (t1 != parent_t);
      false  t1 != parent_t  (t1 is parent_t)
the world is permissive: denied permissions are granted
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
    `namespace 2 (enforcing) is asked, too: in it the process is ${other}`,
    `namespace init (permissive) is asked, too: in it the process is ${parent}`,
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

test('a new context is told field by field', () => {
  const created = (target: string, enforcing?: boolean) => {
    const report = whyNewContext(state, { query: 'create', source: parent, target, class: 'process' });
    return formatNewContext(report as NewContextReport, enforcing);
  };
  expect(created('sys_u:object_r:exec_t:s0')).toBe(`sys_u:other_r:child_t:s1:c0,c1
  user   sys_u     of the source
  role   other_r   role_transition base_r exec_t:process other_r;
  type   child_t   type_transition parent_t exec_t:process child_t;
  range  s1:c0,c1  range_transition parent_t exec_t:process s1:c0,c1;
`);
  expect(created(data)).toContain('  role   base_r    of the source, as processes and sockets have it\n');
});

test('a relabelling shows the rules that forbid it', () => {
  const report = whyRelabel(state, { old: data, new: `${data.slice(0, -2)}s1`, class: 'file', task: parent });
  if ('problem' in report) throw new Error(report.problem);
  expect(formatRelabel(report)).toBe(`denied
  0 of 1 rules hold
  constraint: mlsvalidatetrans file (l1 eq l2 or u1 != u2);
    false  l1 eq l2  (l1 is s0, l2 is s1)
    false  u1 != u2  (u1 is sys_u, u2 is sys_u)
`);
});
