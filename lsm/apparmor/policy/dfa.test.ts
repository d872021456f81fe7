import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dfa } from './dfa.ts';
import { readDfa } from './dfa-tables.ts';
import { dfaBlob, type StateSpec, type TableSpec, tablesOf } from './testing/serialise.ts';

const DIFFERENCE = 1;
const OUT_OF_BAND = 2;
const A = 0x61;
const B = 0x62;

function build(states: readonly StateSpec[], flags = 0, classes?: readonly number[]): Dfa {
  const dfa = readDfa(dfaBlob(tablesOf(states, classes), flags), true);
  if (dfa === undefined) throw new Error('refused');
  return dfa;
}

describe('matching', () => {
  it('follows transitions, and defaults where there is none', () => {
    const dfa = build([{}, { next: { [A]: 2 }, otherwise: 3 }, { next: { [A]: 2 } }, { otherwise: 3 }]);
    expect(dfa.matchText(1, 'aaa')).toBe(2);
    expect(dfa.matchText(1, 'aab')).toBe(0);
    expect(dfa.matchText(1, 'bzz')).toBe(3);
    expect(dfa.match(1, Uint8Array.of(A, 0))).toBe(0);
    expect(dfa.match(0, Uint8Array.of(A))).toBe(0);
  });

  it('tries the same byte again along a chain of differences', () => {
    const dfa = build(
      [
        {},
        { next: { [A]: 2 }, otherwise: 3, difference: true },
        {},
        { next: { [B]: 2 }, otherwise: 4, difference: true },
        { next: { 0: 2 }, otherwise: 0 },
      ],
      DIFFERENCE,
    );
    expect(dfa.next(1, A)).toBe(2);
    expect(dfa.next(1, B)).toBe(2);
    expect(dfa.next(1, 0)).toBe(2);
    expect(dfa.next(1, 0x63)).toBe(0);
  });

  it('maps bytes to classes, but not the out-of-band step', () => {
    const classes = Array.from({ length: 256 }, (_, byte) => (byte === A || byte === B ? 1 : 0));
    const dfa = build([{}, { next: { 1: 2, [-1]: 3 } }, {}, {}], OUT_OF_BAND, classes);
    expect(dfa.next(1, A)).toBe(2);
    expect(dfa.next(1, B)).toBe(2);
    expect(dfa.next(1, 1)).toBe(0);
    expect(dfa.outOfBand(1)).toBe(3);
    expect(dfa.outOfBand(2)).toBe(0);
  });

  it('counts the bytes before a loop', () => {
    // /ab*: the loop is noticed at the second b.
    const dfa = build([{}, { next: { 47: 2 } }, { next: { [A]: 3 } }, { next: { [B]: 3 } }]);
    expect(dfa.leftMatch(1, '/a')).toEqual({ state: 3, count: 2 });
    expect(dfa.leftMatch(1, '/abbbb')).toEqual({ state: 3, count: 2 });
    expect(dfa.leftMatch(1, '/abx')).toEqual({ state: 0, count: 0 });
    expect(dfa.leftMatch(0, '/a')).toEqual({ state: 0, count: 0 });
  });

  it('notices loops of up to 32 states', () => {
    for (const length of [2, 31, 32, 33, 40]) {
      // 1 leads into a ring of `length` states.
      const ring = Array.from({ length }, (_, i): StateSpec => ({ next: { [A]: i === length - 1 ? 2 : i + 3 } }));
      const dfa = build([{}, { next: { [A]: 2 } }, ...ring]);
      const text = 'a'.repeat(200);
      expect(dfa.leftMatch(1, text).count, `${length}`).toBe(length > 32 ? 200 : 1);
    }
  });
});

const GOOD: readonly StateSpec[] = [{}, { next: { [A]: 2, [-1]: 2 }, otherwise: 2 }, { otherwise: 1 }];

function changed(id: number, change: (values: number[]) => number[], width?: TableSpec['width']): TableSpec[] {
  return tablesOf(GOOD).map((table) =>
    table.id === id ? { ...table, values: change([...table.values]), width: width ?? table.width } : table,
  );
}
const set = (index: number, value: number) => (values: number[]) => values.with(index, value);
const without = (id: number) => tablesOf(GOOD).filter((table) => table.id !== id);
const ring = (...defaults: number[]): TableSpec[] =>
  tablesOf(defaults.map((otherwise) => ({ otherwise, difference: otherwise !== 0 })));

describe('refusals', () => {
  const flags = DIFFERENCE | OUT_OF_BAND;
  it('takes the tables that the others are made from', () => {
    expect(readDfa(dfaBlob(tablesOf(GOOD), flags), true)).toBeDefined();
    expect(readDfa(dfaBlob(without(7), flags), false)).toBeDefined();
    expect(readDfa(dfaBlob(ring(0, 2, 3, 0), flags), true)).toBeDefined();
  });

  it.each<[string, Uint8Array, boolean?]>([
    ['no header', new Uint8Array(15)],
    ['wrong magic', dfaBlob(tablesOf(GOOD), flags, { magic: 1 })],
    ['header beyond the end', dfaBlob(tablesOf(GOOD), flags, { headerSize: 0x7fffffff })],
    ['unknown header flag', dfaBlob(tablesOf(GOOD), 4)],
    ['unknown table', dfaBlob([...tablesOf(GOOD), { id: 6, width: 1, values: [1] }], flags)],
    ['the same table twice', dfaBlob([...tablesOf(GOOD), { id: 4, width: 2, values: [0, 0, 0] }], flags)],
    [
      'an empty table',
      dfaBlob(
        changed(4, () => []),
        flags,
      ),
    ],
    [
      'wrong width',
      dfaBlob(
        changed(4, (values) => values, 4),
        flags,
      ),
    ],
    ['no base', dfaBlob(without(2), flags)],
    ['no check', dfaBlob(without(3), flags)],
    ['no default', dfaBlob(without(4), flags)],
    ['no next', dfaBlob(without(8), flags)],
    ['no accept', dfaBlob(without(1), flags)],
    ['no second accept', dfaBlob(without(7), flags)],
    ['an unwanted second accept', dfaBlob(tablesOf(GOOD), flags), false],
    [
      'too few accept words',
      dfaBlob(
        changed(1, (values) => values.slice(1)),
        flags,
      ),
    ],
    [
      'too many defaults',
      dfaBlob(
        changed(4, (values) => [...values, 0]),
        flags,
      ),
    ],
    [
      'next without check',
      dfaBlob(
        changed(8, (values) => [...values, 0]),
        flags,
      ),
    ],
    ['few classes', dfaBlob([...tablesOf(GOOD), { id: 5, width: 1, values: [1, 2] }], flags)],
    ['a default that is no state', dfaBlob(changed(4, set(1, 3)), flags)],
    ['a next that is no state', dfaBlob(changed(8, set(5, 3)), flags)],
    ['a check that is no state', dfaBlob(changed(3, set(5, 0xffff)), flags)],
    ['a base beyond the tables', dfaBlob(changed(2, set(1, 0x00ffffff)), flags)],
    ['an unknown flag of a state', dfaBlob(changed(2, set(1, 0x40000001)), flags)],
    ['a difference that the header does not announce', dfaBlob(ring(0, 2, 0), OUT_OF_BAND)],
    ['an out-of-band step that the header does not announce', dfaBlob(tablesOf(GOOD), DIFFERENCE)],
    ['an out-of-band step before the tables', dfaBlob(changed(2, set(1, 0x20000000)), flags)],
    ['a state that differs from itself', dfaBlob(ring(0, 1), flags)],
    ['a ring of differences', dfaBlob(ring(0, 2, 3, 1), flags)],
    ['a tail into a ring of differences', dfaBlob(ring(0, 2, 3, 2), flags)],
    ['bytes after the last table', Buffer.concat([dfaBlob(tablesOf(GOOD), flags), Buffer.alloc(3)])],
    ['the last table cut off', dfaBlob(tablesOf(GOOD), flags).subarray(0, -8)],
  ])('%s', (_name, blob, withAccept2 = true) => {
    expect(readDfa(blob, withAccept2)).toBeUndefined();
  });

  it('refuses a count that no bytes are behind, before it makes a table of it', () => {
    const blob = Buffer.from(dfaBlob(tablesOf(GOOD), flags));
    blob.writeUInt32BE(0xffffffff, 24 + 8);
    expect(readDfa(blob, true)).toBeUndefined();
  });

  it('is safe to walk whatever was done to the tables', () => {
    const blob = dfaBlob(tablesOf(GOOD), flags);
    const change = fc.tuple(fc.nat(blob.length - 1), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.uint8Array({ maxLength: 40 }),
        (changes, input) => {
          const damaged = Uint8Array.from(blob);
          for (const [at, value] of changes) damaged[at] = value;
          const dfa = readDfa(damaged, true);
          if (dfa === undefined) return;
          const state = dfa.match(1, input);
          expect(state).toBeLessThan(dfa.states);
          expect(dfa.outOfBand(state)).toBeLessThan(dfa.states);
          expect(dfa.leftMatch(1, Buffer.from(input).toString('latin1')).state).toBeLessThan(dfa.states);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
