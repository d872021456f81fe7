/** What random profiles of AppArmor and calls under them speak of. */
import fc from 'fast-check';

export const COMPLAINING = 'q3';
export const KILLING = 'q4';
/** In every set of profiles; each has its flags in all of them. */
export const FLAGS: Readonly<Record<string, string>> = {
  q0: '',
  q1: 'attach_disconnected',
  q2: 'mediate_deleted',
  [COMPLAINING]: 'complain',
  [KILLING]: 'kill',
  q5: 'unconfined',
  q6: 'audit',
};
export const PROFILES = Object.keys(FLAGS);
/** Each profile has these within it, none of which learns (complain mode). */
export const KID = 'kid';
export const HATS = ['h0', 'h1'];
/** Where programs are attached, by their paths. */
export const ATTACHED = 'q7';
export const MISSING = 'none';

const CONFINED = ['q0', 'q0', 'q1', 'q1', 'q2', COMPLAINING, COMPLAINING, KILLING, 'q6'];
const stacks = fc
  .tuple(fc.constantFrom('q0', 'q1'), fc.constantFrom('q2', COMPLAINING, 'q6', 'q5'))
  .map((parts) => parts.join('//&'));
const single = fc.constantFrom(...CONFINED, ...CONFINED, 'q5', `q0//${KID}`, `q1//${KID}`, 'q2//h0');

/** What is written to attr/current from outside of all profiles. */
export const domain: fc.Arbitrary<string> = fc
  .oneof({ weight: 6, arbitrary: single }, { weight: 1, arbitrary: stacks })
  .map((name) => `changeprofile ${name}`);
/** Of profiles that have hats; none of them changes to a missing hat and learns, which ends that kernel (6.12.113). */
export const hatted: fc.Arbitrary<string> = fc
  .constantFrom('q0', 'q1', 'q2', 'q6', KILLING)
  .map((name) => `changeprofile ${name}`);

const target = fc.oneof(
  { weight: 8, arbitrary: single },
  { weight: 2, arbitrary: stacks },
  { weight: 1, arbitrary: fc.constantFrom(MISSING, 'unconfined', `q2//${MISSING}`) },
);
/** Of tasks that are confined already. */
export const change: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('changeprofile', 'changeprofile', 'stack', 'permprofile'), target)
  .map((words) => words.join(' '));
export const onExec: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('exec', 'exec', 'stack'), target)
  .map((words) => words.join(' '));

const TOKEN = '00000000000000ab';
export const hatChange: fc.Arbitrary<string> = fc.constantFrom(
  ...[...HATS, ...HATS, MISSING].map((hat) => `changehat ${TOKEN}^${hat}`),
  `changehat ${TOKEN}^`,
  `changehat ${TOKEN}^`,
  'changehat 00000000000000cd^',
);
