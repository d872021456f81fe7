import { describe, expect, it } from 'vitest';
import { DEBIAN_POLICY, installedPolicy } from '../../../test/selinux/debian-policies.ts';
import { smallPolicy, stateOf, withNeveraudit } from '../../../test/selinux/policies.ts';
import { Random, randomContexts } from '../../../test/selinux/random.ts';
import { computeAv, PolicyState, parseContext } from '../decide/index.ts';
import type { WhyAnswer, WhyReport } from './report.ts';
import { why } from './why.ts';

const feature = stateOf(smallPolicy('feature.33'));

function ask(
  source: string,
  target: string,
  className: string,
  permissions: readonly string[] = [],
  { state = feature, command }: { readonly state?: PolicyState; readonly command?: number } = {},
): WhyReport {
  const report = why(state, {
    source,
    target,
    class: className,
    permissions,
    ...(command === undefined ? {} : { command }),
  });
  if ('problem' in report) throw new Error(report.problem);
  return report;
}

function only(report: WhyReport): WhyAnswer {
  const [answer, ...others] = report.answers;
  if (answer === undefined || others.length > 0) throw new Error(`${report.answers.length} answers`);
  return answer;
}

const parent = 'sys_u:base_r:parent_t:s0';
const child = 'sys_u:base_r:child_t:s0';
const data = 'sys_u:object_r:data_t:s0';
const other = 'sys_u:object_r:other_t:s0';

describe('an allowed access', () => {
  it('names the rule and the attributes through which it matched', () => {
    expect(only(ask(parent, data, 'file', ['read', 'getattr']))).toEqual({
      permissions: ['read', 'getattr'],
      allowed: true,
      reasons: [
        {
          kind: 'allow-rule',
          rule: 'allow domain data_t:file { ioctl read write getattr };',
          source: 'domain',
          target: 'data_t',
        },
      ],
      logged: false,
      logging: [],
      remedies: [],
    });
  });

  it('says that it is logged', () => {
    const answer = only(ask(parent, data, 'file', ['write']));
    expect(answer).toMatchObject({ allowed: true, logged: true });
    expect(answer.logging.map(({ rule }) => rule)).toEqual(['auditallow domain data_t:file write;']);
  });

  it('into another role names the role allow', () => {
    const answer = only(ask(parent, 'sys_u:other_r:parent_t:s0', 'process', ['transition']));
    expect(answer.reasons.at(-1)).toEqual({ kind: 'role-allow', rule: 'allow base_r other_r;' });
  });

  it('by a condition shows its expression and values', () => {
    const answer = only(ask(parent, other, 'file', ['getattr']));
    expect(answer.reasons).toEqual([
      {
        kind: 'allow-rule',
        rule: 'allow domain other_t:file getattr;',
        source: 'domain',
        target: 'other_t',
        condition: { expression: 'fast && !slow', value: false, when: false, booleans: { fast: false, slow: true } },
      },
    ]);
  });
});

describe('a command', () => {
  const command = (number: number) => only(ask(parent, data, 'file', ['ioctl'], { command: number }));

  it('that is allowed names the rules about it, and no others', () => {
    const { reasons } = command(0x8911);
    expect(reasons.map((reason) => ('rule' in reason ? reason.rule : reason.kind))).toEqual([
      'allow domain data_t:file { ioctl read write getattr };',
      'allowxperm parent_t data_t:file ioctl 0x8910-0x8912;',
    ]);
  });

  it('is logged only when both the permission and the command are to be', () => {
    expect(command(0x8911)).toMatchObject({ allowed: true, logged: false });
    expect(command(0x8911).logging.map(({ rule }) => rule)).toEqual([
      'auditallowxperm parent_t data_t:file ioctl 0x8911;',
    ]);
  });

  it('that is denied may be kept out of the log by its number', () => {
    expect(command(0x8920)).toMatchObject({ allowed: false, logged: false });
    expect(command(0x8920).logging.map(({ rule }) => rule)).toEqual([
      'dontauditxperm parent_t data_t:file ioctl 0x8920;',
    ]);
    expect(command(0x8921)).toMatchObject({ allowed: false, logged: true, logging: [] });
  });
});

it('a type that is never audited is said to be', () => {
  const type = feature.db.types.byName('parent_t')?.value ?? 0;
  const state = stateOf(withNeveraudit(smallPolicy('feature.33'), type));
  const report = ask(parent, other, 'file', ['execute'], { state });
  expect(report).toMatchObject({ allowed: false, neveraudit: true, answers: [{ logged: false }] });
});

describe('a denied access', () => {
  it('without a rule shows the rule that is missing, and why nobody hears of it', () => {
    const answer = only(ask(parent, 'sys_u:object_r:exec_t:s0', 'file', ['read', 'write']));
    expect(answer).toMatchObject({
      allowed: false,
      reasons: [{ kind: 'no-allow-rule', inactive: [] }],
      logged: true,
      remedies: ['allow parent_t exec_t:file { read write };'],
    });
  });

  it('offers the fewest boolean changes, which have been tried', () => {
    const answer = only(ask(parent, other, 'file', ['read']));
    expect(answer.reasons).toMatchObject([
      {
        kind: 'no-allow-rule',
        inactive: [{ rule: 'allow domain other_t:file read;', condition: { when: true, value: false } }],
      },
    ]);
    expect(answer.remedies).toEqual(['setsebool fast=1 slow=0', 'allow parent_t other_t:file read;']);
    expect(answer).toMatchObject({ logged: false, logging: [{ rule: 'dontaudit domain other_t:file read;' }] });
    const changed = new PolicyState(feature.db);
    const names = feature.db.booleans.inValueOrder().map(({ name }) => name);
    changed.setBooleans(names.map((name) => (name === 'fast' ? 1 : 0)));
    expect(ask(parent, other, 'file', ['read'], { state: changed }).allowed).toBe(true);
  });

  it('prints the constraint and what it compared', () => {
    const secret = 'low_u:object_r:data_t:s0';
    const high = ask('sys_u:base_r:parent_t:s0-s1:c0', 'sys_u:object_r:data_t:s1', 'file', ['write']);
    expect(high.allowed).toBe(true); // the same user
    expect(ask(parent, secret, 'file', ['write']).allowed).toBe(true); // the same level
    const answer = only(ask('sys_u:base_r:parent_t:s1', secret, 'file', ['write']));
    expect(answer.reasons).toEqual([
      {
        kind: 'constraint',
        constraint: 'mlsconstrain file write (l1 eq l2 or u1 == u2);',
        terms: [
          { term: 'l1 eq l2', holds: false, values: { l1: 's1', l2: 's0' } },
          { term: 'u1 == u2', holds: false, values: { u1: 'sys_u', u2: 'low_u' } },
        ],
      },
    ]);
    expect(answer.remedies).toEqual([]);
  });

  it('by bounds tells why the bounding type may not', () => {
    const answer = only(ask(child, data, 'file', ['execute']));
    expect(answer.reasons).toMatchObject([
      { kind: 'bounds', type: 'parent_t', reasons: [{ kind: 'constraint', terms: [{ term: 't1 != parent_t' }] }] },
    ]);
  });

  it('into another role names the role allow that is missing', () => {
    const answer = only(ask('sys_u:other_r:parent_t:s0', parent, 'process', ['transition']));
    expect(answer.reasons).toEqual([{ kind: 'no-role-allow', rule: 'allow other_r base_r;' }]);
    expect(answer.remedies).toEqual(['allow other_r base_r;']);
  });

  it('says that a permissive type gets through', () => {
    expect(ask('sys_u:base_r:perm_t:s0', other, 'file', ['write'])).toMatchObject({ allowed: false, permissive: true });
  });
});

describe('commands', () => {
  it('are granted by number', () => {
    const granted = only(ask(parent, data, 'file', ['ioctl'], { command: 0x8911 }));
    expect(granted.reasons.map((reason) => ('rule' in reason ? reason.rule : reason.kind))).toContain(
      'allowxperm parent_t data_t:file ioctl 0x8910-0x8912;',
    );
    const denied = only(ask(parent, data, 'file', ['ioctl'], { command: 0x8913 }));
    expect(denied.reasons.at(-1)).toMatchObject({ kind: 'command', command: '0x8913', base: 'ioctl' });
    expect(denied.remedies).toEqual(['allowxperm parent_t data_t:file ioctl 0x8913;']);
    expect(ask(child, data, 'file', ['ioctl'], { command: 0x8913 }).allowed).toBe(true); // no rule about commands
  });
});

describe('what only the kernel knows', () => {
  it.each([
    ['mini.33', true],
    ['minideny.33', false],
  ])('is up to handle_unknown: %s', (name, allowed) => {
    const state = stateOf(smallPolicy(name));
    const any = [...randomContexts(state.db, new Random(1), 1).keys()][0] ?? '';
    const report = ask(any, any, 'io_uring', ['sqpoll'], { state });
    expect(report.allowed).toBe(allowed);
    expect(report.answers).toMatchObject([{ reasons: [{ kind: 'unknown', what: 'class io_uring' }] }]);
  });
});

it.each([
  ['nobody', parent, 'file', [], /user, a role and a type/],
  ['x_u:base_r:parent_t:s0', parent, 'file', [], /no user x_u/],
  ['sys_u:base_r:parent_t', parent, 'file', [], /level is missing/],
  ['low_u:other_r:parent_t:s0', parent, 'file', [], /user low_u may not have role other_r/],
  ['sys_u:base_r:data_t:s0', parent, 'file', [], /role base_r may not have type data_t/],
  ['sys_u:base_r:domain:s0', parent, 'file', [], /domain is an attribute/],
  ['low_u:base_r:parent_t:s1', parent, 'file', [], /may not have the range s1/],
  [parent, data, 'fil', [], /no class 'fil'/],
  [parent, data, 'file', ['reed'], /no permission 'reed'/],
])('refuses what makes no sense: %s %s %s %j', (source, target, className, permissions, problem) => {
  const answer = why(feature, { source, target, class: className, permissions });
  expect('problem' in answer ? answer.problem : '').toMatch(problem);
  expect('fix' in answer ? answer.fix : '').not.toBe('');
});

it('agrees with the decision for every permission of random questions', () => {
  const state = stateOf(installedPolicy(DEBIAN_POLICY));
  const { db } = state;
  const random = new Random(4);
  const contexts = [...randomContexts(db, random, 40).keys()];
  const seen = { granted: 0, denied: 0, kinds: new Set<string>() };
  for (let i = 0; i < 150; i++) {
    const datum = random.pick(db.classes.inValueOrder());
    const [source, target] = [random.pick(contexts), random.pick(contexts)];
    const [from, to] = [parseContext(db, source), parseContext(db, target)];
    if (!('type' in from) || !('type' in to)) throw new Error('a context is invalid');
    const { allowed } = computeAv(state, from, to, datum.value);
    for (const answer of ask(source, target, datum.name, [], { state }).answers) {
      for (const { kind } of answer.reasons) seen.kinds.add(kind);
      for (const name of answer.permissions) {
        const bit = (1 << ((datum.permissions.get(name) ?? 0) - 1)) >>> 0;
        expect(answer.allowed, `${source} ${target} ${datum.name} ${name}`).toBe((allowed & bit) !== 0);
        seen[answer.allowed ? 'granted' : 'denied']++;
      }
      expect(answer.reasons.length).toBeGreaterThan(0);
    }
  }
  expect(seen.granted).toBeGreaterThan(50);
  expect(seen.denied).toBeGreaterThan(50);
  expect([...seen.kinds]).toEqual(expect.arrayContaining(['allow-rule', 'no-allow-rule', 'constraint']));
});
