/** Transitions at exec beyond what the recorded kernels were asked (golden.test.ts). */
import { describe, expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import type { ExecCall } from '../../framework/events.ts';
import { labelOf, policyWith, profile } from '../policy/testing/policies.ts';
import { W } from '../policy/testing/serialise.ts';
import { AT_EXEC, IX, ONEXEC, PX, run, subject, UNSAFE, UX, x } from '../policy/testing/transitions.ts';
import { changeProfile } from './change-profile.ts';
import { exec } from './exec.ts';
import type { TaskLabels } from './task-labels.ts';

describe('exec', () => {
  const policy = policyWith(
    '/bin/exact',
    { name: 'attached', xmatch: { '/bin/px': 1 } },
    {
      name: 'p',
      file: {
        '/bin/px': x(PX | UNSAFE),
        '/bin/none': x(PX),
        '/bin/pix': x(PX | IX),
        '/bin/ux': x(UX),
        '/bin/ix': x(IX),
        '/bin/owner': 0x1 | IX,
        '/bin/on': ONEXEC,
        '/bin/on\0other': ONEXEC,
      },
    },
    { name: 'learner', mode: 1 },
    'other',
  );
  const at = (name: string): TaskLabels => ({ label: labelOf(profile(policy.root, name)) });
  const go = (from: TaskLabels, path: string, fsuid = 0) => {
    const { env, records, shown } = run(from, policy);
    const result = exec(from, subject(path, fsuid), env);
    return { ...shown(result), secure: result.secure, records };
  };

  it.each<[string, string, string | undefined, string, boolean]>([
    ['p', '/bin/px', undefined, 'attached', false],
    ['p', '/bin/none', 'EACCES', 'p', false],
    ['p', '/bin/pix', undefined, 'p', false],
    ['p', '/bin/ux', undefined, 'unconfined', true],
    ['p', '/bin/ix', undefined, 'p', false],
    ['p', '/bin/forbidden', 'EACCES', 'p', false],
    ['learner', '/bin/any', undefined, 'learner//null-/bin/any', false],
  ])('%s runs %s', (from, path, error, label, secure) => {
    expect(go(at(from), path)).toMatchObject({ error, label, secure });
  });

  it('knows the owner of the file', () => {
    expect(go(at('p'), '/bin/owner', 0).error).toBeUndefined();
    expect(go(at('p'), '/bin/owner', 1).error).toBe('EACCES');
  });

  it('attaches what is unconfined', () => {
    const free = { label: policy.unconfined };
    expect(go(free, '/bin/exact').label).toBe('/bin/exact');
    expect(go(free, '/bin/px').label).toBe('attached');
    expect(go(free, '/bin/other').label).toBe('unconfined');
  });

  it('takes paths in a learning profile as its parent does', () => {
    const parent = policyWith({ name: 'l', mode: 1, pathFlags: 0x10000 });
    const from = { label: labelOf(profile(parent.root, 'l')) };
    const { labels } = exec(from, subject('/bin/a'), run(from, parent).env);
    const { env, shown } = run(labels, parent);
    expect(shown(exec(labels, subject('/bin/b', 0, { deleted: true }), env)).label).toBe('l//null-/bin/a//null-/bin/b');
  });

  it('reports a refusal with who, what and whose', () => {
    expect(go(at('p'), '/bin/none').records).toMatchObject([
      {
        type: 'DENIED',
        operation: 'exec',
        info: 'profile transition not found',
        error: E.EACCES,
        name: '/bin/none',
        access: { requested: 'x', denied: 'x', fsuid: 0, ouid: 0 },
      },
    ]);
  });

  it('takes the label that was planned, where the rule of the executable names it or there is none', () => {
    const { env } = run(at('p'), policy);
    const { labels } = changeProfile({ label: policy.unconfined }, 'other', AT_EXEC, env);
    const planned = { ...labels, ...at('p') };
    expect(go(planned, '/bin/on')).toMatchObject({ error: undefined, label: 'other' });
    expect(go(planned, '/bin/px')).toMatchObject({ error: undefined, label: 'other', secure: false, records: [] });
    expect(go({ ...planned, onexec: at('learner').label }, '/bin/on').error).toBe('EACCES');
    expect(exec(planned, subject('/bin/on'), env).labels).toEqual(at('other'));
  });

  it('stacks what was planned as a stack', () => {
    const free = { label: policy.unconfined };
    const { env } = run(free, policy);
    const { labels } = changeProfile(free, 'other', { ...AT_EXEC, stack: true }, env);
    expect(go(labels, '/bin/any').label).toBe('other//&unconfined');
  });

  it('keeps an unknown path from the confined', () => {
    const { env } = run(at('p'), policy);
    expect(exec(at('p'), undefined, env).error).toBe(E.ENOENT);
    expect(exec({ label: policy.unconfined }, undefined, env).labels.label).toEqual(policy.unconfined);
  });

  describe('of a program that has no path', () => {
    const none = policyWith(
      { name: '/at', xmatch: { '/x': 1 } },
      { name: 'plain', file: { '/x': x(IX) }, pathFlags: 0 },
      { name: 'deleted', file: { '/x': x(IX) }, pathFlags: 0x10000 },
      {
        name: 'connect',
        file: { '/gone/x': x(IX) },
        early: [W.name('disconnected'), W.string('/gone')],
        pathFlags: 4,
      },
      { name: 'learner', mode: 1, pathFlags: 0 },
    );
    const go = (name: string, how: Partial<ExecCall>) => {
      const from = { label: name === 'unconfined' ? none.unconfined : labelOf(profile(none.root, name)) };
      const { env, records, shown } = run(from, none);
      return { ...shown(exec(from, subject('/x', 0, { filename: '/dev/fd/3', ...how }), env)), records };
    };
    const DELETED = { deleted: true };
    const DISCONNECTED = { disconnected: true };

    it.each([
      ['plain', {}, undefined],
      ['plain', DELETED, 'ENOENT'],
      ['learner', DELETED, 'ENOENT'],
      ['deleted', DELETED, undefined],
      ['plain', DISCONNECTED, 'EACCES'],
      ['learner', DISCONNECTED, 'EACCES'],
      ['connect', DISCONNECTED, undefined],
      ['connect', {}, 'EACCES'],
    ])('%s, %j: %s', (name, how, error) => {
      expect(go(name, how).error).toBe(error);
    });

    it('names it as it was called', () => {
      expect(go('plain', DISCONNECTED).records).toMatchObject([
        { info: 'Failed name lookup - disconnected path', name: '/dev/fd/3' },
      ]);
      expect(go('plain', DELETED).records).toMatchObject([{ info: 'Failed name lookup - deleted entry' }]);
    });

    it('attaches nothing', () => {
      expect(go('unconfined', {}).label).toBe('/at');
      expect(go('unconfined', DELETED).label).toBe('unconfined');
      expect(go('unconfined', DISCONNECTED).label).toBe('unconfined');
    });
  });

  it('is measured by no_new_privs, but not for the unconfined', () => {
    const { env, records } = run(at('p'), policy);
    const nnp = { ...env, noNewPrivs: true };
    expect(exec(at('p'), subject('/bin/ux'), nnp).error).toBe(E.EPERM);
    expect(records.at(-1)).toMatchObject({ info: 'no new privs', target: 'unconfined' });
    expect(exec(at('p'), subject('/bin/ix'), nnp).error).toBeUndefined();
    expect(exec({ label: policy.unconfined }, subject('/bin/exact'), nnp).error).toBeUndefined();
  });
});
