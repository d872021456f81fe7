import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { DEBIAN_MLS_POLICY, DEBIAN_POLICY, installedPolicy } from '../../../test/selinux/debian-policies.ts';
import { smallPolicy, stateOf } from '../../../test/selinux/policies.ts';
import { Random, randomBooleans, randomContexts } from '../../../test/selinux/random.ts';
import { computeContext, contextIsValid, formatContext, PolicyState, validateTransition } from '../decide/index.ts';
import { whyNewContext } from './new-context.ts';
import { whyRelabel } from './relabel.ts';
import type { NewContextReport } from './report.ts';

const feature = stateOf(smallPolicy('feature.33'));
const parent = 'sys_u:base_r:parent_t:s0';
const object = (type: string) => `sys_u:object_r:${type}:s0`;

function create(target: string, className: string, name?: string, state = feature, source = parent): NewContextReport {
  const question = { query: 'create' as const, source, target, class: className };
  const report = whyNewContext(state, name === undefined ? question : { ...question, name });
  if ('problem' in report) throw new Error(report.problem);
  return report;
}

const rulesOf = (report: NewContextReport) => report.fields.map(({ field, rule, from }) => `${field}: ${rule ?? from}`);

describe('a new context', () => {
  it('names role, type and range transitions', () => {
    const report = create(object('exec_t'), 'process');
    expect(report).toMatchObject({ context: 'sys_u:other_r:child_t:s1:c0,c1', valid: true });
    expect(rulesOf(report)).toEqual([
      'user: source',
      'role: role_transition base_r exec_t:process other_r;',
      'type: type_transition parent_t exec_t:process child_t;',
      'range: range_transition parent_t exec_t:process s1:c0,c1;',
    ]);
  });

  it('names the rule about its file name, and the defaults of its class', () => {
    expect(rulesOf(create(object('data_t'), 'file', 'special'))).toEqual([
      'user: default_user file target;',
      'role: default_role file target;',
      'type: type_transition parent_t data_t:file other_t "special";',
      'range: default_range file glblub;',
    ]);
    expect(rulesOf(create(object('data_t'), 'file', 'plain'))[2]).toBe('type: default_type file source;');
  });

  it('names the condition of a rule', () => {
    const state = new PolicyState(feature.db);
    state.setBooleans(feature.db.booleans.inValueOrder().map(({ name }) => (name === 'fast' ? 1 : 0)));
    expect(create(object('other_t'), 'file', undefined, state).fields[2]).toMatchObject({
      rule: 'type_transition parent_t other_t:file data_t;',
      condition: { expression: 'fast && !slow', when: true, value: true },
    });
  });

  it('says when ranges have nothing in common', () => {
    const report = create('sys_u:object_r:data_t:s1', 'file');
    expect(report).not.toHaveProperty('context');
    expect(report).toMatchObject({ valid: false, fields: [{}, {}, {}, { value: 'none' }] });
  });
});

describe('a relabelling', () => {
  const relabel = (from: string, to: string) =>
    whyRelabel(feature, { old: from, new: to, class: 'file', task: parent });

  it('names the rule that forbids it, and what that compared', () => {
    expect(relabel(object('data_t'), 'sys_u:object_r:data_t:s1')).toMatchObject({
      allowed: false,
      rules: 1,
      constraints: [
        {
          constraint: 'mlsvalidatetrans file (l1 eq l2 or u1 != u2);',
          terms: [
            { term: 'l1 eq l2', holds: false },
            { term: 'u1 != u2', holds: false },
          ],
        },
      ],
    });
    expect(relabel(object('data_t'), object('other_t'))).toMatchObject({ allowed: true, constraints: [] });
  });
});

it('says what is wrong with a question', () => {
  const asked = { query: 'create' as const, source: parent, target: object('data_t') };
  expect(whyNewContext(feature, { ...asked, class: 'fil' })).toMatchObject({
    problem: "There is no class 'fil' in the policy.",
  });
  expect(whyNewContext(feature, { ...asked, class: 'file', source: 'a:b:c' })).toHaveProperty('problem');
});

describe.each([
  ['feature.33', () => smallPolicy('feature.33'), 60],
  ['mini.33', () => smallPolicy('mini.33'), 60],
  ['Debian default', () => installedPolicy(DEBIAN_POLICY), 200],
  ['Debian mls', () => installedPolicy(DEBIAN_MLS_POLICY), 100],
])('%s', (_name, image, numRuns) => {
  const { db } = stateOf(image());
  const classes = db.classes.inValueOrder();
  const names = [...db.filenameTransitions.keys()].map((key) => key.split(':').slice(2).join(':'));

  it('is explained as it is decided', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed);
        const { state } = randomBooleans(db, random);
        const contexts = [...randomContexts(db, random, 8)];
        for (let i = 0; i < 50; i++) {
          const [[source, from], [target, to], [task, third]] = [0, 0, 0].map(() => random.pick(contexts)) as [
            (typeof contexts)[number],
            (typeof contexts)[number],
            (typeof contexts)[number],
          ];
          const { name: className, value } = random.pick(classes);
          const query = random.pick(['create', 'member', 'relabel'] as const);
          const name = names.length > 0 && random.below(2) === 0 ? random.pick(names) : undefined;
          const question = { query, source, target, class: className, ...(name === undefined ? {} : { name }) };
          const report = whyNewContext(state, question);
          const operation = { create: 'transition', member: 'member', relabel: 'change' } as const;
          const context = computeContext(state, operation[query], from, to, value, name);
          expect(report).toMatchObject({ valid: !failed(context) && contextIsValid(db, context) });
          if ('problem' in report) return;
          expect(report.context).toBe(failed(context) ? undefined : formatContext(db, context));
          if (report.context !== undefined) {
            expect(report.fields.map((field) => field.value).join(':')).toBe(report.context);
          }
          for (const { from: origin } of report.fields) kinds.add(origin);
          const relabel = whyRelabel(state, { old: source, new: target, class: className, task });
          expect(relabel).toMatchObject({ allowed: validateTransition(state, from, to, third, value) });
        }
      }),
      { numRuns },
    );
    expect(kinds.size).toBeGreaterThan(4);
  });
});
