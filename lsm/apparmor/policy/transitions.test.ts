/** Transitions beyond what the recorded kernels were asked (golden.test.ts). */
import { describe, expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import type { ExecCall } from '../../framework/events.ts';
import { execCall } from '../../framework/testing/exec-call.ts';
import { findAttachment } from './attachment.ts';
import type { FileRecord } from './audit.ts';
import { changeHat } from './change-hat.ts';
import { changeProfile } from './change-profile.ts';
import { exec } from './exec.ts';
import type { Label } from './label.ts';
import { formatLabel } from './label-text.ts';
import type { Policy } from './policy.ts';
import type { TaskLabels } from './task-labels.ts';
import { labelOf, loadInto, namespace, OUT_OF_BAND, policyWith, profile } from './testing/policies.ts';
import { struct, W } from './testing/serialise.ts';
import type { Transition } from './transition.ts';

const CHANGE = 0x80000000;
const ONEXEC = 0x40000000;
const NOW = { onexec: false, stack: false, test: false };
const AT_EXEC = { ...NOW, onexec: true };
/** Exec for owner and others, with the transition in both sets. */
const x = (set: number) => (0x1 | set | ((0x1 | set) << 14)) >>> 0;
const PX = 0x800;
const IX = 0x200;
const UX = 0x400;
const UNSAFE = 0x100;

function run(labels: TaskLabels, policy: Policy) {
  const records: FileRecord[] = [];
  const env = { noNewPrivs: false, audit: (record: FileRecord) => void records.push(record) };
  const shown = (result: Transition) => ({
    error: result.error?.code,
    label: formatLabel(policy.root, result.labels.label, { mode: false }),
    kill: result.kill ?? false,
  });
  return { env, records, shown, labels };
}

const subject = (path: string, fsuid = 0, more: Partial<ExecCall> = {}) => ({
  path,
  inode: { uid: 0, xattrs: {} },
  call: execCall({ filename: path, fsuid, ...more }),
});

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
    expect(records).toMatchObject([{ type: 'DENIED', info: 'ptrace prevents transition', target: 'a' }]);
    expect(changeProfile(at('free'), 'b', NOW, traced).error).toBeUndefined();
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

describe('attachment by extended attributes', () => {
  // Path, then for each attribute NUL and value, with out-of-band steps between.
  const accepting = {
    '/x': 1,
    [`/x${OUT_OF_BAND}\0yes`]: 1,
    [`/x${OUT_OF_BAND}\0yes${OUT_OF_BAND}`]: 0,
    [`/x${OUT_OF_BAND}${OUT_OF_BAND}`]: 0,
  };
  const plain = { name: 'plain', xmatch: { '/x': 1 } };
  const labelled = { name: 'labelled', xmatch: accepting, late: [struct('xattrs', ['user.a'])] };
  const attach = (value?: string, ...profiles: (typeof plain)[]) =>
    findAttachment(policyWith(...(profiles.length > 0 ? profiles : [plain, labelled])).root.profiles, {
      path: '/x',
      ...(value === undefined ? {} : { xattrs: { 'user.a': value } }),
    });

  it('prefers more matching attributes, in whatever order', () => {
    expect(attach('yes', plain, labelled).profile?.name).toBe('labelled');
    expect(attach('yes', labelled, plain).profile?.name).toBe('labelled');
  });

  it('counts a missing one as no match', () => {
    expect(attach()).toEqual({ info: 'conflicting profile attachments' });
  });

  it('passes over a profile whose attribute has another value', () => {
    expect(attach('no').profile?.name).toBe('plain');
  });
});
