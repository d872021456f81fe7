/** Matching against the compiler's own automata: random strings that mostly follow its transitions, compared after every byte. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DumpedDfa, readDumps, step } from '../../../test/apparmor/dfa-dump.ts';
import type { Dfa } from './dfa.ts';
import { START_STATE } from './dfa.ts';
import { unpack } from './unpack.ts';

const TEST = path.resolve(import.meta.dirname, '../../../test');
const DUMPS = readDumps(path.join(TEST, 'data/apparmor/dfa-states.txt.gz'));
const SEED = Number(process.env.LSMFS_SEED ?? Date.now() % 1_000_000);
/** Prefixes compared for each automaton. */
const PREFIXES = 10_000;
const LONGEST = 60;

/** Mulberry32: a small generator that can be started again from the printed seed. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function automata(name: string): Dfa[] {
  const set = unpack(readFileSync(path.join(TEST, `conformance/scenarios/data/aa/${name}.bin`)), () => {});
  if (!('entries' in set)) throw new Error(`${name} was refused`);
  return set.entries.flatMap(({ profile: { parts } }) =>
    [parts.xmatch, parts.file, parts.policy].flatMap((part) => (part === undefined ? [] : [part.db.dfa])),
  );
}

/** @returns prefixes compared; throws at the first that differs. */
function walk(dfa: Dfa, oracle: DumpedDfa, below: (limit: number) => number): number {
  let compared = 0;
  while (compared < PREFIXES) {
    let state = START_STATE;
    let expected = START_STATE;
    const bytes: number[] = [];
    while (expected !== 0 && bytes.length < LONGEST) {
      const known = [...(oracle.states.get(expected)?.next.keys() ?? [])];
      const byte = known.length > 0 && below(10) < 8 ? (known[below(known.length)] ?? 0) : below(256);
      bytes.push(byte);
      state = dfa.next(state, byte);
      expected = step(oracle, expected, byte);
      const words = [dfa.tables.accept[state] ?? 0, dfa.tables.accept2?.[state] ?? 0];
      const wanted = oracle.accept.get(expected) ?? [0, 0];
      compared++;
      if (words[0] !== wanted[0] || words[1] !== wanted[1] || (expected === 0) !== (state === 0)) {
        throw new Error(`seed ${SEED}: ${JSON.stringify(bytes)} gives ${words} instead of ${wanted}`);
      }
      if (dfa.match(START_STATE, Uint8Array.from(bytes)) !== state)
        throw new Error(`seed ${SEED}: match and next differ`);
    }
    // A start that leads nowhere at all would never end.
    if (bytes.length === 0) compared++;
  }
  return compared;
}

describe(`automata against the compiler, seed ${SEED}`, () => {
  it('agrees on at least 600,000 strings', () => {
    const below = random(SEED);
    let compared = 0;
    for (const [name, dumps] of DUMPS) {
      const packed = automata(name);
      expect(packed.length, name).toBe(dumps.length);
      packed.forEach((dfa, index) => {
        const oracle = dumps[index];
        if (oracle !== undefined) compared += walk(dfa, oracle, below);
      });
    }
    expect(compared).toBeGreaterThan(600_000);
  });
});
