/**
 * Random sequences: the steps that are generated, compared and shrunk together. All sequences of a batch meet the same kernel and the same
 * world one after the other, so each begins in the state that the earlier ones left.
 *
 * Between the steps of a sequence the mode is permissive and the policy is the small one or none. What must not be left like that is one
 * step with its own ending: a span in enforcing mode (with this policy, which allows the probe everything; another could lock it out of its
 * own kernel), and a span with another or a changed policy.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { childStep, loneChildStep } from './attr-steps.ts';
import { CLOSING_STEPS } from './descriptor-steps.ts';
import { ENFORCING, enforceStep, load, nodeStep, ordinaryStep, PERMISSIVE, refusedLoad } from './node-steps.ts';
import { opened, type Shrinkable } from './shrinkable.ts';
import type { Step } from './step.ts';

const POLICY = 'mini.33';
const POLICY_FILE = path.join(import.meta.dirname, '../conformance/scenarios/data', POLICY);
const OTHER_POLICIES = ['mini.33', 'mini.30', 'minideny.33', 'minireject.33'];
const LONGEST = 12;

const IDENTITIES = [
  1000,
  65534,
  { uid: 1000, keep: ['CAP_DAC_OVERRIDE'] },
  { uid: 1000, keep: ['CAP_MAC_ADMIN'] },
  { drop: ['CAP_MAC_ADMIN'] },
  { drop: ['CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH'] },
];

const asOther = (step: fc.Arbitrary<Step>) =>
  fc.tuple(step, fc.constantFrom(...IDENTITIES)).map(([inner, as]): Step => ({ ...inner, as }));

const anyStep = (child: typeof childStep): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 12, arbitrary: nodeStep },
    { weight: 2, arbitrary: asOther(ordinaryStep) },
    { weight: 5, arbitrary: child(nodeStep) },
    { weight: 1, arbitrary: asOther(child(ordinaryStep)) },
    { weight: 1, arbitrary: refusedLoad },
  );
const plain = anyStep(childStep);
const whileEnforcing = anyStep(loneChildStep);

const span = (begin: readonly Step[], step: fc.Arbitrary<Step>, end: readonly Step[]) =>
  fc
    .array(step, { minLength: 1, maxLength: 5 })
    .map((list): Step => ({ op: 'group', steps: [...begin, ...list, ...end] }));

const enforcing = span(
  [ENFORCING],
  fc.oneof({ weight: 8, arbitrary: whileEnforcing }, { weight: 1, arbitrary: enforceStep }),
  [PERMISSIVE],
);

/** Letters inside names of the policy's image. */
const NAME_LETTERS = [
  ...readFileSync(POLICY_FILE)
    .toString('latin1')
    .matchAll(/(?<=[a-z_])[a-z](?=[a-z_])/g),
].map(({ index }) => index);

/** Names changed by a letter, so that what was valid is no longer. Other damage is not for a live kernel: 6.12 crashes on some of it. */
const letter = fc.integer({ min: 0x61, max: 0x7a }).map((value) => value.toString(16));
const damage = fc.array(fc.tuple(fc.constantFrom(...NAME_LETTERS), letter), { minLength: 1, maxLength: 3 });
const otherPolicy = fc
  .oneof(
    fc.constantFrom(...OTHER_POLICIES).map((file) => load(file)),
    damage.map((patch) => load(POLICY, patch)),
  )
  .chain((loading) => span([loading], plain, [load(POLICY)]));

const beforePolicy = fc.oneof({ weight: 20, arbitrary: plain }, { weight: 1, arbitrary: enforceStep });
const withPolicy = fc.oneof(
  { weight: 20, arbitrary: plain },
  { weight: 1, arbitrary: enforcing },
  { weight: 1, arbitrary: otherPolicy },
);

export type Sequence = readonly Shrinkable<Step>[];

function sequences(step: fc.Arbitrary<Step>, seed: number, numRuns: number): Sequence[] {
  if (numRuns === 0) return [];
  const closing = CLOSING_STEPS.map((value): Shrinkable<Step> => ({ value, smaller: () => [] }));
  const sequence = fc.array(opened(step), { minLength: 1, maxLength: LONGEST, size: 'max' });
  return fc.sample(sequence, { seed, numRuns, unbiased: true }).map((steps) => [...steps, ...closing]);
}

/** One of so many sequences runs before any policy is loaded. */
const BEFORE_POLICY = 5;

/** `count` sequences, always the same ones for a seed: first those before a policy is loaded, then those after. */
export function generateSequences(seed: number, count: number): Sequence[] {
  const before = Math.floor(count / BEFORE_POLICY);
  const fixed = (value: Step): Shrinkable<Step> => ({ value, smaller: () => [] });
  return [
    ...sequences(beforePolicy, seed, before),
    [PERMISSIVE, load(POLICY)].map(fixed),
    ...sequences(withPolicy, seed, count - before),
  ];
}
