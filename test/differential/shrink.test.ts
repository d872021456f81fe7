import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shrink } from './shrink.ts';
import { opened, type Shrinkable } from './shrinkable.ts';

const values = fc.sample(opened(fc.integer({ min: 0, max: 1000 })), { seed: 7, numRuns: 300, unbiased: true });
const plain = values.map(({ value }) => value);

/** Fails at the first step that is at least 900, if one of at least 500 came before it. */
function indexOfFailure(steps: readonly number[]): number | undefined {
  const index = steps.findIndex((step, at) => step >= 900 && steps.slice(0, at).some((other) => other >= 500));
  return index < 0 ? undefined : index;
}

async function shrunk(fails: (steps: readonly number[]) => number | undefined, attempts: number, preamble = 0) {
  let calls = 0;
  const failing = fails(plain);
  if (failing === undefined) throw new Error('nothing to shrink');
  const smallest = await shrink(
    values.slice(0, failing + 1),
    async (steps) => {
      calls += 1;
      return fails(steps);
    },
    { attempts, preamble },
  );
  return { smallest, calls };
}

describe('shrink', () => {
  it('keeps only the steps that are needed, and makes them small', async () => {
    expect((await shrunk(indexOfFailure, 2000)).smallest).toEqual([500, 900]);
  });

  it('finds a step that fails alone at the first attempt', async () => {
    const alone = (steps: readonly number[]) => {
      const index = steps.indexOf(plain[250] ?? -1);
      return index < 0 ? undefined : index;
    };
    const { smallest, calls } = await shrunk(alone, 1);
    expect([smallest, calls]).toEqual([[plain[250]], 1]);
  });

  it('keeps the preamble while it tries short endings', async () => {
    const [first] = plain;
    const needsFirst = (steps: readonly number[]) =>
      steps[0] === first && steps.length > 1 ? steps.length - 1 : undefined;
    const { smallest } = await shrunk(needsFirst, 1, 1);
    expect(smallest).toEqual([first, plain.at(-1)]);
  });

  it('stops after the attempts it was given, with something that still fails', async () => {
    for (const attempts of [0, 1, 5, 20]) {
      const { smallest, calls } = await shrunk(indexOfFailure, attempts);
      expect(calls).toBeLessThanOrEqual(attempts);
      expect(indexOfFailure(smallest)).toBe(smallest.length - 1);
    }
  });

  it('always ends, with a history that fails in its last step', async () => {
    const step = fc.integer({ min: 0, max: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(opened(step), { minLength: 1 }), step, async (history: Shrinkable<number>[], limit) => {
        const fails = (steps: readonly number[]) => {
          const index = steps.findIndex(
            (_, at) => steps.slice(0, at + 1).reduce((sum, next) => sum + next, 0) >= limit,
          );
          return index < 0 ? undefined : index;
        };
        const failing = fails(history.map(({ value }) => value));
        fc.pre(failing !== undefined);
        const smallest = await shrink(history.slice(0, (failing ?? 0) + 1), async (steps) => fails(steps), {
          attempts: 500,
          preamble: 0,
        });
        expect(fails(smallest)).toBe(smallest.length - 1);
        expect(smallest.length).toBeLessThanOrEqual((failing ?? 0) + 1);
      }),
    );
  });
});
