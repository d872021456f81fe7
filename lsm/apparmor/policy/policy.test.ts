import { describe, expect, it } from 'vitest';
import { E, failed } from '../../../linux/errno.ts';
import { listProfiles } from './label-text.ts';
import { Policy } from './policy.ts';
import type { PolicyAudit } from './records.ts';
import { load, loadInto, namespace, policyWith, profile, stream, type TestProfile } from './testing/policies.ts';

function write(policy: Policy, replace: boolean, ...profiles: readonly (TestProfile | string)[]) {
  const records: PolicyAudit[] = [];
  const bytes = Buffer.concat(profiles.map((spec) => stream(typeof spec === 'string' ? { name: spec } : spec)));
  const result = policy.load(policy.root, bytes, { replace }, (record) => records.push(record));
  const infos = records.map(({ operation, info, name, ns }) =>
    [operation, info, name, ns].filter((v) => v !== undefined),
  );
  return { result: failed(result) ? result : 'loaded', infos };
}

describe('loading', () => {
  it('refuses an empty write', () => {
    const policy = new Policy();
    expect(policy.load(policy.root, new Uint8Array(), { replace: true }, () => {})).toBe(E.EINVAL);
  });

  it('keeps the blob of a profile that got a child, whatever becomes of both', () => {
    const policy = new Policy();
    const { root } = policy;
    load(policy, 'p');
    load(policy, 'p//child');
    load(policy, { name: 'p', mode: 1 });
    policy.remove(root, Buffer.from('p'), () => {});
    expect([root.profiles.length, root.rawData.map(({ name }) => name)]).toEqual([0, ['0']]);
  });

  it('adds at the front, replaces in place, and counts one revision for a set', () => {
    const policy = policyWith('a', 'b', 'c');
    expect(listProfiles(policy.root)).toBe('c (enforce)\nb (enforce)\na (enforce)\n');
    expect(policy.root.revision).toBe(1);
    const { directory } = profile(policy.root, 'b');
    load(policy, { name: 'b', mode: 1 }, 'd');
    expect(listProfiles(policy.root)).toBe('d (enforce)\nc (enforce)\nb (complain)\na (enforce)\n');
    expect(policy.root.revision).toBe(2);
    expect(profile(policy.root, 'b').directory).toBe(directory);
  });

  it('only adds through .load, and then changes nothing', () => {
    const policy = policyWith('a');
    expect(write(policy, false, 'b', { name: 'a', mode: 1 }, 'c')).toEqual({
      result: E.EEXIST,
      infos: [
        ['profile_replace', 'profile can not be replaced', 'a'],
        ['profile_load', 'valid profile in failed atomic policy load', 'b'],
        ['profile_load', 'unchecked profile in failed atomic policy load', 'c'],
      ],
    });
    expect(listProfiles(policy.root)).toBe('a (enforce)\n');
    expect(policy.root.revision).toBe(1);
  });

  it('keeps children that a replacement does not bring', () => {
    const policy = policyWith('p', 'p//x', 'p//y');
    load(policy, { name: 'p', mode: 1 });
    expect(listProfiles(policy.root)).toBe('p (complain)\np//x (enforce)\np//y (enforce)\n');
    load(policy, { name: 'p//x', mode: 1 });
    expect(profile(policy.root, 'p//x').parent).toBe(profile(policy.root, 'p'));
  });

  it('takes a child whose parent is loaded or earlier in the set, and no orphans', () => {
    const policy = policyWith('p');
    expect(write(policy, false, 'p//new').result).toBe('loaded');
    expect(write(policy, false, 'q//x', 'q').result).toBe(E.ENOENT);
    expect(policy.root.rawData.map((data) => data.name)).toEqual(['2', '1', '0']);
    expect(write(policy, false, 'q', 'q//x').infos).toEqual([
      ['profile_replace', 'failed to create raw_data dir and files'],
      ['profile_load', 'valid profile in failed atomic policy load', 'q'],
      ['profile_load', 'valid profile in failed atomic policy load', 'q//x'],
    ]);
    // A blob that is there already moves the revision, and with it the name of the next directory.
    load(policy, 'p');
    expect(write(policy, false, 'q', 'q//x').result).toBe('loaded');
  });

  it('stores a blob once', () => {
    const policy = policyWith('a');
    expect(write(policy, true, 'a').infos).toEqual([['profile_replace', 'same as current profile, skipping', 'a']]);
    expect(policy.root.rawData).toMatchObject([{ name: '0', revision: 2 }]);
    expect(policy.root.rawData[0]?.bytes).toEqual(Uint8Array.from(stream({ name: 'a' })));
    expect(policy.root.revision).toBe(2);
    load(policy, { name: 'a', mode: 1 });
    expect(policy.root.rawData.map((data) => data.name)).toEqual(['2']);
    policy.remove(policy.root, Buffer.from('a'), () => {});
    expect(policy.root.rawData).toEqual([]);
  });

  it('keeps its copy of the bytes', () => {
    const policy = new Policy();
    const bytes = stream({ name: 'a' });
    policy.load(policy.root, bytes, { replace: false }, () => {});
    bytes.fill(0);
    expect(policy.root.rawData[0]?.bytes).toEqual(Uint8Array.from(stream({ name: 'a' })));
  });

  it('follows a namespace in the header or in front of the first name', () => {
    const policy = new Policy();
    expect(write(policy, true, { name: 'a', ns: 'one' }, { name: ':one:b' }).infos).toEqual([
      ['profile_load', 'a', 'one'],
      ['profile_load', 'b', 'one'],
    ]);
    expect(write(policy, true, { name: ':two:a' }).result).toBe('loaded');
    expect(listProfiles(policy.root)).toBe(':two:a (enforce)\n:one:b (enforce)\n:one:a (enforce)\n');
    expect([policy.root.revision, policy.root.child('one')?.revision]).toEqual([0, 1]);
  });

  it('refuses a set for two namespaces', () => {
    const policy = new Policy();
    for (const set of [
      ['a', { name: ':one:b' }],
      [{ name: ':one:a' }, { name: ':two:b' }],
    ]) {
      const { result, infos } = write(policy, true, ...set);
      expect(result).toBe(E.EACCES);
      expect(infos[0]).toContain('policy load has mixed namespaces');
    }
    expect(listProfiles(policy.root)).toBe('');
  });

  it('refuses a namespace that cannot be made', () => {
    const policy = new Policy();
    for (const ns of ['a/b', 'a//b', '.', '..']) {
      expect(write(policy, true, { name: 'p', ns })).toEqual({
        result: E.EACCES,
        infos: [
          ['profile_load', 'failed to prepare namespace', ns],
          ['profile_load', 'valid profile in failed atomic policy load', 'p', ns],
        ],
      });
    }
    expect(write(policy, true, { name: 'p', ns: 'x'.repeat(256) }).result).toBe(E.ENAMETOOLONG);
  });

  it('names directories after the leaf, and numbers them', () => {
    const policy = policyWith('incus-c1_</var/lib/incus>', '/usr/bin/x y', '/usr/bin/x y//...kid');
    const names = ['incus-c1_</var/lib/incus>', '/usr/bin/x y', '/usr/bin/x y//...kid'].map(
      (name) => profile(policy.root, name).directory?.name,
    );
    expect(names).toEqual(['incus-c1_.var.lib.incus.0', 'usr.bin.x_y.1', 'kid.2']);
  });

  it('tells what changed', () => {
    const changes: string[] = [];
    const policy = new Policy((ns, what) => changes.push(`${ns.hname} ${what}`));
    loadInto(policy, policy.root, { name: 'a', ns: 'n' });
    expect(changes).toEqual(['root namespaces', 'root//n rawData', 'root//n revision', 'root//n profiles']);
  });
});

describe('removing', () => {
  const removal = (policy: Policy, text: string) => {
    const records: PolicyAudit[] = [];
    const result = policy.remove(policy.root, Buffer.from(text), (record) => records.push(record));
    return { result: failed(result) ? result : result, info: records[0]?.info };
  };

  it('takes the children along and bumps the revision', () => {
    const policy = policyWith('p', 'p//x', 'q');
    expect(removal(policy, 'p').result).toBe(1);
    expect(listProfiles(policy.root)).toBe('q (enforce)\n');
    expect(policy.root.revision).toBe(2);
    expect(profile(policy.root, 'q').newest()).toBe(profile(policy.root, 'q'));
  });

  it.each([
    ['', 'no profile specified'],
    ['q\n', 'profile does not exist'],
    ['unconfined', 'profile does not exist'],
    ['p//no', 'profile does not exist'],
    [':no:p', 'namespace does not exist'],
    [':no:', 'namespace does not exist'],
    ['::', 'namespace does not exist'],
    [':', 'namespace does not exist'],
  ])('%j is not there', (text, info) => {
    const policy = policyWith('p', 'q');
    expect(removal(policy, text)).toEqual({ result: E.ENOENT, info });
    expect(policy.root.revision).toBe(1);
  });
});

describe('namespaces', () => {
  it('exist once, down to level 33', () => {
    const policy = new Policy();
    let ns = policy.root;
    for (let level = 1; level <= 33; level++) ns = namespace(policy, ns, 'n');
    expect(ns.level).toBe(33);
    expect(policy.createNamespace(ns, 'n')).toBe(E.ENOSPC);
    expect(policy.createNamespace(policy.root, 'n')).toBe(E.EEXIST);
    expect(policy.removeNamespace(policy.root, 'm')).toBe(E.ENOENT);
    expect(policy.removeNamespace(policy.root, 'n')).toBeUndefined();
    expect(ns.dead).toBe(true);
    expect(ns.unconfined.newest()).toBe(policy.root.unconfined);
  });

  it('may have colons in their names, and then cannot be named', () => {
    const policy = new Policy();
    namespace(policy, policy.root, 'a:b');
    expect(policy.remove(policy.root, Buffer.from(':a:b:'), () => {})).toBe(E.ENOENT);
    expect(policy.removeNamespace(policy.root, 'a:b')).toBeUndefined();
  });
});
