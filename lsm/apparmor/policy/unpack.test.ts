import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { E, Errno } from '../../../linux/errno.ts';
import { Policy } from './policy.ts';
import type { PolicyAudit } from './records.ts';
import { alignedDfa, dfaBlob, type ProfileSpec, profileStream, tablesOf, W } from './testing/serialise.ts';
import { type LoadSet, unpack } from './unpack.ts';

const DATA = path.resolve(import.meta.dirname, '../../../test/conformance/scenarios/data/aa');

function good(bytes: Uint8Array): LoadSet {
  const set = unpack(bytes, (record) => expect.unreachable(JSON.stringify(record)));
  if (set instanceof Errno) throw new Error(set.code);
  return set;
}

function rulesOf(spec: Partial<ProfileSpec>) {
  const [entry] = good(profileStream({ name: 'p', ...spec })).entries;
  if (entry === undefined) throw new Error('no profile');
  return entry.profile;
}

/** What the audit record of a refusal says. */
function refusal(bytes: Uint8Array): {
  info: string | undefined;
  error: Errno | undefined;
  returned: Errno | undefined;
} {
  const records: PolicyAudit[] = [];
  const set = unpack(bytes, (record) => records.push(record));
  const [record] = records;
  return { info: record?.info, error: record?.error, returned: set instanceof Errno ? set : undefined };
}

const struct = (name: string, ...content: Uint8Array[]) => Buffer.concat([W.name(name), W.struct, ...content]);
const array = (...values: Uint8Array[]) => Buffer.concat([W.array(values.length), ...values, W.arrayEnd]);
const strings = (...values: string[]) => array(...values.map((value) => W.string(value)));
const AUTOMATON = dfaBlob(tablesOf([{}, {}]));

describe('profiles', () => {
  it('reads what comes before the rules', () => {
    const profile = rulesOf({
      name: ':ns:p  ',
      flags: 1,
      mode: 2,
      audit: 1,
      early: [
        W.name('rename'),
        W.string('old'),
        W.name('attach'),
        W.string('/bin/**'),
        W.name('disconnected'),
        W.string('/gone'),
      ],
      late: [
        struct('caps64', ...[1, 2, 3, 4].map((value) => W.u32(value)), W.structEnd),
        struct('capsx', W.u32(5), W.u32(6), W.structEnd),
        struct('xattrs', strings('user.a', 'user.b'), W.structEnd),
        struct('rlimits', W.u32(0b101), array(W.u64(1n), W.u64(2n), W.u64((1n << 64n) - 1n)), W.structEnd),
        struct('secmark', array(W.u8(1), W.u8(0), W.string('label')).fill(1, 1, 2), W.structEnd),
      ],
      end: [struct('data', W.string('key'), W.blob(Uint8Array.of(9)), W.string('none'), W.structEnd)],
    });
    expect(profile).toMatchObject({ hname: 'p', ns: 'ns', mode: 'kill' });
    expect(profile.rules).toMatchObject({
      isHat: true,
      auditAll: true,
      rename: 'old',
      attach: '/bin/**',
      disconnected: '/gone',
      pathFlags: 0x20000,
      capabilities: { allow: 1n << 32n, audit: 2n << 32n, quiet: 3n << 32n, extended: 5n | (6n << 32n) },
      xattrs: ['user.a', 'user.b'],
      secmark: [{ audit: true, deny: false, label: 'label' }],
    });
    expect([...profile.rules.rlimits]).toEqual([
      [0, 1n],
      [2, (1n << 64n) - 1n],
    ]);
    expect([...profile.rules.data]).toEqual([
      ['key', Uint8Array.of(9)],
      ['none', new Uint8Array()],
    ]);
  });

  it('forces complain mode when the header says so', () => {
    expect(rulesOf({ version: 0x807, mode: 99 }).mode).toBe('complain');
  });

  it('finds the automaton wherever the profile stands in the stream', () => {
    const one = profileStream({ name: 'p', file: AUTOMATON });
    const set = good(Buffer.concat([profileStream({ name: 'xy' }), one, profileStream({ name: 'xyz' }), one]));
    expect(set.entries.map(({ profile }) => profile.parts.file?.db.dfa.states)).toEqual([undefined, 2, undefined, 2]);
  });

  it('reads names of transitions, and a namespace in front of them', () => {
    const xtable = struct('xtable', strings('a//b', '&c', ':ns\0p', ':ns'), W.structEnd);
    expect(rulesOf({ file: AUTOMATON, end: [xtable] }).rules.file?.transitions).toEqual(['a//b', '&c', ':ns:p', ':ns']);
  });

  it('keeps a header for the profiles after it', () => {
    const first = profileStream({ name: 'a', version: 9, ns: 'n' });
    const second = profileStream({ name: 'b' });
    const set = good(Buffer.concat([first, second.subarray(W.name('version').length + 5)]));
    expect(set).toMatchObject({ ns: 'n', abi: 9 });
    expect(set.entries.length).toBe(2);
  });
});

/** Words of a permission table: reserved, allow, deny, ... */
const permission = (...words: number[]) => Buffer.concat(Array.from({ length: 14 }, (_, i) => W.u32(words[i] ?? 0)));
function withTable(entries: readonly Buffer[], options: { version?: number; accept?: number } = {}): Buffer {
  const table = struct(
    'perms',
    W.name('version'),
    W.u32(options.version ?? 1),
    array(...entries.map((entry) => entry)),
    W.structEnd,
  );
  const count = Buffer.from(table);
  // `array` counts parts; each part is one entry of 14 words.
  const dfa = dfaBlob(tablesOf([{}, { accept: options.accept ?? 0 }]).filter(({ id }) => id !== 7));
  const stream = profileStream({ name: 'p', late: [count] });
  const head = stream.subarray(0, -1);
  const xtable = struct('xtable', strings('t'), W.structEnd);
  return Buffer.concat([head, alignedDfa(head.length, dfa), xtable, W.structEnd]);
}

describe('permission tables', () => {
  it('selects entries by accept word, in pairs for files', () => {
    const [entry] = good(withTable([permission(), permission(0, 4), permission(0, 2)], { accept: 1 })).entries;
    const file = entry?.profile.rules.file;
    expect(file?.filePermissions(1, true).allow).toBe(4);
    expect(file?.filePermissions(1, false).allow).toBe(2);
    expect(file?.filePermissions(0, true).allow).toBe(0);
  });

  it.each<[string, readonly Buffer[], string, object?]>([
    ['another version', [permission()], 'failed to unpack - perms', { version: 2 }],
    ['an entry cut short', [permission().subarray(0, -5)], 'failed to unpack - perms'],
    ['an accept word beyond the table', [permission()], 'Unpack: file Invalid named transition', { accept: 1 }],
    ['allow and deny', [permission(0, 1, 1)], 'Unpack: Invalid perm index'],
    ['subtree not allowed', [permission(0, 0, 0, 1)], 'Unpack: Invalid perm index'],
    ['cond and allow', [permission(0, 1, 0, 0, 1)], 'Unpack: Invalid perm index'],
    ['kill and allow', [permission(0, 1, 0, 0, 0, 1)], 'Unpack: Invalid perm index'],
    ['complain and deny', [permission(0, 0, 1, 0, 0, 0, 1)], 'Unpack: Invalid perm index'],
    ['complain and prompt', [permission(0, 0, 0, 0, 0, 0, 1, 1)], 'Unpack: Invalid perm index'],
    ['hide and allow', [permission(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1)], 'Unpack: Invalid perm index'],
    [
      'a transition beyond the names',
      [permission(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08000001)],
      'Unpack: Invalid perm index',
    ],
    ['a tag beyond the names', [permission(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)], 'Unpack: Invalid perm index'],
    ['a label beyond the names', [permission(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)], 'Unpack: Invalid perm index'],
  ])('refuses %s', (_name, entries, info, options = {}) => {
    expect(refusal(withTable(entries, options))).toEqual({ info, error: E.EPROTO, returned: E.EPROTO });
  });

  it('takes a transition into the names', () => {
    good(withTable([permission(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08000000)]));
  });
});

describe('refusals', () => {
  it.each<[string, Uint8Array, string, Errno?]>([
    ['nothing that is a header', Buffer.from('junk'), 'invalid profile format', E.EPROTONOSUPPORT],
    ['an old version', profileStream({ name: 'p', version: 4 }), 'unsupported interface version', E.EPROTONOSUPPORT],
    ['a new version', profileStream({ name: 'p', version: 10 }), 'unsupported interface version', E.EPROTONOSUPPORT],
    ['a namespace without name', profileStream({ name: 'p', ns: '' }), 'invalid namespace name', E.EPROTONOSUPPORT],
    ['no name', profileStream({ name: '' }), 'failed to unpack profile'],
    ['only a namespace', profileStream({ name: ':ns:' }), 'empty profile name'],
    ['an unknown mode', profileStream({ name: 'p', mode: 5 }), 'failed to unpack profile flags'],
    [
      'a broken xmatch',
      profileStream({ name: 'p', early: [W.name('aadfa'), W.blob(Uint8Array.of(1, 2))] }),
      'bad xmatch',
    ],
    [
      'caps64 without end',
      profileStream({ name: 'p', late: [struct('caps64', W.u32(1))] }),
      'failed to unpack upper profile capabilities',
    ],
    [
      'capsx without end',
      profileStream({ name: 'p', late: [struct('capsx', W.u32(1))] }),
      'failed to unpack extended profile capabilities',
    ],
    ['xattrs without count', profileStream({ name: 'p', late: [struct('xattrs')] }), 'failed to unpack profile xattrs'],
    [
      '17 limits',
      profileStream({
        name: 'p',
        late: [struct('rlimits', W.u32(0), array(...Array.from({ length: 17 }, () => W.u64(0n))), W.structEnd)],
      }),
      'failed to unpack profile rlimits',
    ],
    [
      'secmark of other types',
      profileStream({ name: 'p', late: [struct('secmark', array(W.u32(1)), W.structEnd)] }),
      'failed to unpack profile secmark rules',
    ],
    [
      'policy rules without automaton',
      profileStream({ name: 'p', late: [struct('policydb', W.structEnd)] }),
      'missing required dfa',
    ],
    ['a broken automaton', profileStream({ name: 'p', file: AUTOMATON.subarray(0, -8) }), 'failed to unpack - dfa'],
    [
      'a start that is no state',
      profileStream({ name: 'p', file: AUTOMATON, end: [W.name('dfa_start'), W.u32(2)] }),
      'invalid dfa start state',
    ],
    [
      'a name with a space in front',
      profileStream({ name: 'p', file: AUTOMATON, end: [struct('xtable', strings(' x'), W.structEnd)] }),
      'failed to unpack profile transition table',
    ],
    [
      'a name with two NULs',
      profileStream({ name: 'p', file: AUTOMATON, end: [struct('xtable', strings(':a\0b\0c'), W.structEnd)] }),
      'failed to unpack profile transition table',
    ],
    [
      'a NUL in a plain name',
      profileStream({ name: 'p', file: AUTOMATON, end: [struct('xtable', strings('a\0b'), W.structEnd)] }),
      'failed to unpack profile transition table',
    ],
    [
      'data without end',
      profileStream({ name: 'p', end: [struct('data', W.u32(1))] }),
      'failed to unpack end of key, value data table',
    ],
    ['more than a profile', profileStream({ name: 'p', end: [W.u32(1)] }), 'failed to unpack end of profile'],
    [
      'a transition without names',
      profileStream({ name: 'p', file: dfaBlob(tablesOf([{}, { accept: 0x1001 }])) }),
      'Unpack: Invalid perm index',
    ],
  ])('%s', (_name, bytes, info, error = E.EPROTO) => {
    expect(refusal(bytes)).toEqual({ info, error, returned: error });
  });

  it('tells the name that was read, and where reading stopped', () => {
    const records: PolicyAudit[] = [];
    unpack(profileStream({ name: 'p', mode: 5 }), (record) => records.push(record));
    expect(records).toMatchObject([{ kind: 'policy', name: 'p', unpack: { offset: 53 } }]);
  });
});

describe('damage', () => {
  const names = ['simple', 'hatty', 'rl', 'par', 'unc'];
  const blobs = new Map(names.map((name) => [name, readFileSync(path.join(DATA, `${name}.bin`))]));

  it('is refused with an errno and a record, or is policy; what was loaded stays', () => {
    const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255));
    const cut = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(change, { maxLength: 5 }),
        cut,
        fc.boolean(),
        (name, changes, end, whole) => {
          const blob = blobs.get(name) ?? new Uint8Array();
          const damaged = Uint8Array.from(whole ? blob : blob.subarray(0, Math.floor(end * blob.length)));
          for (const [at, value] of changes) damaged[Math.floor(at * (damaged.length - 1))] = value;
          const policy = new Policy();
          policy.load(policy.root, blob, { replace: false }, () => {});
          const before = policy.root.profiles.map((profile) => profile.sha256);
          let records = 0;
          const result = policy.load(policy.root, damaged, { replace: true }, () => {
            records++;
          });
          if (!(result instanceof Errno)) {
            expect(result).toBe(damaged.length);
            return;
          }
          expect(policy.root.profiles.map((profile) => profile.sha256)).toEqual(before);
          if (damaged.length > 0) expect(records).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
