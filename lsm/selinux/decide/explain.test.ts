/** The explanation never says something else than the decision. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEBIAN_MLS_POLICY, DEBIAN_POLICY, installedPolicy } from '../../../test/selinux/debian-policies.ts';
import { smallPolicy, stateOf } from '../../../test/selinux/policies.ts';
import { Random, randomBooleans, randomContexts } from '../../../test/selinux/random.ts';
import { computeAv } from './access.ts';
import { explain } from './explain.ts';

describe.each([
  ['feature.33', () => smallPolicy('feature.33'), 100],
  ['mini.33', () => smallPolicy('mini.33'), 40],
  ['Debian default', () => installedPolicy(DEBIAN_POLICY), 200],
  ['Debian mls', () => installedPolicy(DEBIAN_MLS_POLICY), 100],
])('%s', (_name, image, numRuns) => {
  const { db } = stateOf(image());
  const texts = (random: Random) => [...randomContexts(db, random, 8).values()];

  it('explains the vectors that are decided', () => {
    let nonTrivial = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed);
        const { state } = randomBooleans(db, random);
        const contexts = texts(random);
        for (let i = 0; i < 60; i++) {
          const [source, target] = [random.pick(contexts), random.pick(contexts)];
          const classValue = random.below(db.classes.maximum + 2); // 0 and one above the maximum included
          const { vectors, ...decision } = explain(state, source, target, classValue);
          expect(decision).toEqual(computeAv(state, source, target, classValue));
          if (vectors !== undefined && vectors.rules.length > 0) nonTrivial++;
        }
      }),
      { numRuns },
    );
    expect(nonTrivial).toBeGreaterThan(20);
  });
});
