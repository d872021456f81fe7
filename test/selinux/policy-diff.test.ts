/** `lsmfs policy diff`: the differences that setools finds. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atNight, times } from '../support/tier.ts';
import { DEBIAN_MLS_POLICY, DEBIAN_POLICY, installedPolicy } from './debian-policies.ts';
import { LibsepolServer } from './oracle/libsepol-server.ts';
import { compileSynthetic, type HandleUnknown } from './oracle/synthetic.ts';
import { Random } from './random.ts';
import { ourDifferences, theirDifferences } from './setools/differences.ts';

const SEED = Number(process.env.LSMFS_SEED ?? 1);

function sections(lines: readonly string[]): Set<string> {
  return new Set(lines.map((line) => line.slice(0, line.indexOf(' '))));
}

/** Lines that the other does not have so often. */
function onlyIn(ours: readonly string[], theirs: readonly string[]) {
  const without = (some: readonly string[], others: readonly string[]): string[] => {
    const left = [...some];
    for (const line of others) {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
    }
    return left;
  };
  return { ours: without(ours, theirs), theirs: without(theirs, ours) };
}

describe('of synthetic policies', () => {
  let server: LibsepolServer;
  beforeAll(() => {
    server = new LibsepolServer();
  });
  afterAll(() => server.close());

  it(
    'what setools finds, in each section',
    () => {
      const random = new Random(SEED);
      const found = new Set<string>();
      for (let pair = 0; pair < times(2, 100); pair++) {
        const [left, right] = [0, 1].map(() => {
          const unknown = random.pick<HandleUnknown>(['allow', 'deny', 'reject']);
          return compileSynthetic(server, 1 + random.below(20), unknown, { mls: random.chance(90), forSetools: true });
        }) as [string, string];
        const ours = ourDifferences(readFileSync(left), readFileSync(right));
        expect(onlyIn(ours, theirDifferences(left, right)), `${left} ${right}`).toEqual({ ours: [], theirs: [] });
        for (const section of sections(ours)) found.add(section);
      }
      // What all pairs differ in.
      expect([...found]).toEqual(expect.arrayContaining(['allow', 'dontaudit', 'types', 'constraints', 'allowxperm']));
    },
    times(120_000, 1_800_000),
  );
});

// It takes setools half a minute.
it.each(atNight([[DEBIAN_POLICY, DEBIAN_MLS_POLICY]]))(
  'of %s and %s: what setools finds',
  (first, second) => {
    const [left, right] = [installedPolicy(first), installedPolicy(second)];
    const ours = ourDifferences(left, right);
    expect(onlyIn(ours, theirDifferences(first, second))).toEqual({ ours: [], theirs: [] });
    expect(ours.length).toBeGreaterThan(8000);
  },
  600_000,
);

it('of a policy and itself: none', () => {
  const image = readFileSync(path.join(import.meta.dirname, '../../policies/small/store/policy/policy.33'));
  expect(ourDifferences(image, image)).toEqual([]);
});
