/** change_profile beyond what the recorded kernels were asked (golden.test.ts). */
import { describe, expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import type { Label } from '../policy/label.ts';
import { labelOf, loadInto, namespace, policyWith, profile } from '../policy/testing/policies.ts';
import { AT_EXEC, CHANGE, NOW, run } from '../policy/testing/transitions.ts';
import { changeProfile } from './change-profile.ts';
import type { TaskLabels } from './task-labels.ts';

describe('change_profile', () => {
  const policy = policyWith(
    {
      name: 'free',
      file: { a: CHANGE, b: CHANGE, 'a//&b': 0, '&a': CHANGE, ':n:q': CHANGE, unconfined: CHANGE, free: CHANGE },
    },
    { name: 'whole', file: { 'a//&b': CHANGE } },
    { name: 'killer', mode: 2 },
    { name: 'learner', mode: 1, file: { a: CHANGE } },
    'a',
    'b',
  );
  const n = namespace(policy, policy.root, 'n');
  loadInto(policy, n, { name: 'q', file: { r: CHANGE } }, 'r');
  const at = (name: string): TaskLabels => ({ label: labelOf(profile(policy.root, name)) });

  it.each<[string, string, string, string | undefined, string?]>([
    ['a rule for the name', 'free', 'a', undefined, 'a'],
    ['no rule', 'free', 'killer', 'EACCES'],
    ['rules for every part of a stack', 'free', 'a//&b', undefined, 'a//&b'],
    ['a rule for the whole stack', 'whole', 'a//&b', undefined, 'a//&b'],
    ['a rule for the whole, but not for a part', 'whole', 'a', 'EACCES'],
    ['a rule for stacking', 'free', '&a', undefined, 'a//&free'],
    ['no rule for stacking', 'free', '&b', 'EACCES'],
    ['a rule for a namespace', 'free', ':n:q', undefined, ':n:q'],
    ['a name that nobody has', 'free', 'nope', 'ENOENT'],
    ['complain mode', 'learner', 'b', undefined, 'b'],
    ['a name that nobody has, in complain mode', 'learner', 'nope', undefined, 'learner//null-nope'],
  ])('%s', (_case, from, to, error, label = from) => {
    const { env, shown } = run(at(from), policy);
    expect(shown(changeProfile(at(from), to, NOW, env))).toEqual({ error, label, kill: false });
  });

  it('kills in kill mode', () => {
    const { env, records, shown } = run(at('killer'), policy);
    expect(shown(changeProfile(at('killer'), 'a', NOW, env))).toEqual({ error: 'EACCES', label: 'killer', kill: true });
    expect(records).toMatchObject([{ type: 'KILLED', operation: 'change_profile', name: 'a', target: 'a' }]);
  });

  it('replaces only what is in the namespace of the label', () => {
    const both: TaskLabels = { label: labelOf(profile(policy.root, 'a'), profile(n, 'q')), previous: at('a').label };
    const { env, shown } = run(both, policy);
    const result = changeProfile(both, 'r', NOW, env);
    expect(shown(result).label).toBe('a//&:n:r');
    expect(result.labels.previous).toBeDefined();
  });

  it('forgets hat and plan when it leads to another namespace or out of confinement', () => {
    const planned: TaskLabels = { ...at('free'), onexec: at('a').label, previous: at('b').label, token: 5n };
    const { env } = run(planned, policy);
    expect(changeProfile(planned, 'a', NOW, env).labels).toMatchObject({ token: 5n });
    for (const to of [':n:q', 'unconfined']) {
      expect(Object.keys(changeProfile(planned, to, NOW, env).labels)).toEqual(['label']);
    }
  });

  it('only tests when told to', () => {
    const { env } = run(at('free'), policy);
    const test = { ...NOW, test: true };
    expect(changeProfile(at('free'), 'a', test, env)).toEqual({ labels: at('free') });
    expect(changeProfile(at('free'), 'killer', test, env).error).toBe(E.EACCES);
    expect(changeProfile(at('learner'), 'nope', test, env).error).toBe(E.ENOENT);
  });

  it('turns into stacking for the unconfined where that is restricted', () => {
    const labels = { label: policy.unconfined };
    const { env, records, shown } = run(labels, policy);
    expect(shown(changeProfile(labels, 'a', { ...NOW, restricted: true }, env)).label).toBe('a//&unconfined');
    expect(records).toMatchObject([
      { type: 'AUDIT', info: 'change_profile unprivileged unconfined converted to stacking', name: 'a' },
    ]);
    expect(shown(changeProfile(at('free'), 'a', { ...NOW, restricted: true }, env)).label).toBe('a');
  });

  it('heeds the tracer', () => {
    const { env, records } = run(at('free'), policy);
    const traced = { ...env, tracerAllows: (label: Label) => !label.profiles.some(({ name }) => name === 'a') };
    expect(changeProfile(at('free'), 'a', NOW, traced).error).toBe(E.EACCES);
    // The kernel has nothing to report: the rule allows it.
    expect(records).toEqual([]);
    expect(changeProfile(at('free'), 'b', NOW, traced).error).toBeUndefined();
    expect(changeProfile(at('learner'), 'a', NOW, traced).error).toBeUndefined();
    const planned = changeProfile(at('learner'), 'a', AT_EXEC, traced);
    expect(planned).toEqual({ labels: { ...at('learner'), onexec: at('a').label, token: 0n } });
    expect(records.map(({ type, info }) => [type, info])).toEqual([
      ['ALLOWED', undefined],
      ['ALLOWED', 'ptrace prevents transition'],
    ]);
  });

  it('hears every member of a stack with the permissions of the last', () => {
    const file = { a: CHANGE };
    const audited = policyWith({ name: 'k', file }, { name: 'loud', audit: 1, file }, { name: 'm', file }, 'a');
    // In the order of names.
    for (const [first, second, reported] of [
      ['k', 'loud', ['k']],
      ['loud', 'm', []],
    ] as const) {
      const labels: TaskLabels = { label: labelOf(profile(audited.root, first), profile(audited.root, second)) };
      const { env, records } = run(labels, audited);
      expect(changeProfile(labels, 'a', NOW, env).error).toBeUndefined();
      expect(records.map((record) => [record.type, record.profile.name])).toEqual(
        reported.map((name) => ['AUDIT', name]),
      );
    }
  });

  it('under no_new_privs gives up nothing that confined at the first attempt', () => {
    const { env } = run(at('free'), policy);
    const nnp = { ...env, noNewPrivs: true };
    const refused = changeProfile(at('free'), 'a', NOW, nnp);
    expect(refused).toMatchObject({ error: E.EPERM, labels: { nnp: at('free').label } });
    const stacked = changeProfile(refused.labels, '&a', NOW, nnp);
    expect(stacked.error).toBeUndefined();
    expect(stacked.labels.nnp).toEqual(at('free').label);
    // What did not confine may be dropped.
    const stack = { label: labelOf(profile(policy.root, 'free'), policy.root.unconfined) };
    expect(changeProfile(stack, 'free', NOW, nnp)).toMatchObject({ labels: { label: at('free').label } });
    const open = { label: policy.unconfined };
    expect(changeProfile(open, 'a', NOW, nnp).labels.nnp).toBeUndefined();
  });
});
