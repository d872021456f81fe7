/** change_hat beyond what the recorded kernels were asked (golden.test.ts). */
import { describe, expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import { labelOf, policyWith, profile } from '../policy/testing/policies.ts';
import { run } from '../policy/testing/transitions.ts';
import { changeHat } from './change-hat.ts';
import type { TaskLabels } from './task-labels.ts';

describe('change_hat', () => {
  const policy = policyWith('p', { name: 'p//hat', flags: 1 }, { name: 'p//other', flags: 1 }, 'p//child', {
    name: 'lone',
    mode: 1,
  });
  const at = (name: string): TaskLabels => ({ label: labelOf(profile(policy.root, name)) });
  const how = { test: false };

  it('remembers the way back, and forgets what was planned for exec', () => {
    const { env, shown } = run(at('p'), policy);
    const inside = changeHat({ ...at('p'), onexec: at('lone').label }, ['hat'], 7n, how, env);
    expect(shown(inside).label).toBe('p//hat');
    expect(inside.labels).toMatchObject({ previous: at('p').label, token: 7n });
    expect(inside.labels.onexec).toBeUndefined();
    const sibling = changeHat(inside.labels, ['other'], 7n, how, env);
    expect(shown(sibling).label).toBe('p//other');
    const back = changeHat(sibling.labels, [], 7n, how, env);
    expect(back.labels).toEqual(at('p'));
  });

  it.each<[string, string, readonly string[], string]>([
    ['a child that is no hat', 'p', ['child'], 'EPERM'],
    ['no such hat', 'p', ['nope'], 'ENOENT'],
    ['no hats at all', 'p//child', ['hat'], 'ECHILD'],
  ])('%s', (_case, from, hats, error) => {
    const { env, shown } = run(at(from), policy);
    expect(shown(changeHat(at(from), hats, 1n, how, env))).toEqual({ error, label: from, kill: false });
  });

  it('kills who does not know the token', () => {
    const { env, shown } = run(at('p'), policy);
    const inside = changeHat(at('p'), ['hat'], 7n, how, env);
    for (const hats of [[], ['other']]) {
      expect(shown(changeHat(inside.labels, hats, 8n, how, env))).toEqual({
        error: 'EACCES',
        label: 'p//hat',
        kill: true,
      });
    }
  });

  it('kills in kill mode who misses more than one', () => {
    const killer = policyWith({ name: 'k', mode: 2 });
    const from = { label: labelOf(profile(killer.root, 'k')) };
    const { env, records } = run(from, killer);
    expect(changeHat(from, ['a'], 1n, how, env)).toMatchObject({ error: E.ECHILD });
    expect(records).toEqual([]);
    expect(changeHat(from, ['a', 'b'], 1n, how, env)).toMatchObject({ error: E.ECHILD, kill: true });
  });

  it('does not mix hats and other profiles', () => {
    const mixed = { label: labelOf(profile(policy.root, 'p'), profile(policy.root, 'p//hat')) };
    const { env } = run(mixed, policy);
    expect(changeHat(mixed, ['hat'], 1n, how, env).error).toBe(E.EPERM);
  });

  it('makes a hat for a profile that learns', () => {
    const { env, shown, records } = run(at('lone'), policy);
    expect(shown(changeHat(at('lone'), ['new'], 1n, how, env)).label).toBe('lone//null-new');
    expect(records).toMatchObject([
      { type: 'ALLOWED', operation: 'change_hat', name: 'new', target: 'lone//null-new' },
    ]);
  });

  it('does nothing without a hat to return from, or when it only tests', () => {
    const { env } = run(at('p'), policy);
    expect(changeHat(at('p'), [], 1n, how, env)).toEqual({ labels: at('p') });
    expect(changeHat(at('p'), ['hat'], 1n, { test: true }, env)).toEqual({ labels: at('p') });
  });
});
