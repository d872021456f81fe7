/**
 * Random sets of Smack rules, each with questions to it: what the policy alone decides.
 *
 * A set is loaded into what the earlier ones left: their rules were revoked, but stay without any access.
 */
import fc from 'fast-check';
import type { Step } from './step.ts';

const SMACKFS = '/sys/fs/smackfs';
const BUILT_IN = ['_', '*', '^', '?', '@'];
const OTHERS = ['A', 'B', 'C', 'D', 'E', 'F', 'x'.repeat(23), 'y'.repeat(24), 'z'.repeat(255)];
const LABELS = [...BUILT_IN, ...OTHERS];
/** One that no rule names: it is not known until then. */
const UNKNOWN = 'Nobody';

const MAY = [...'rwxatl'];
const letters = fc.subarray(MAY).map((list) => list.join('') || '-');
const label = fc.constantFrom(...LABELS);
/** With the letter for trial, which the recorded kernel takes and does not heed. */
const ruleLetters = fc.oneof({ weight: 6, arbitrary: letters }, { weight: 1, arbitrary: fc.constant('rb') });

const at = (node: string): string => `${SMACKFS}/${node}`;
const write = (node: string, data: string): Step => ({ op: 'write', path: at(node), data });
const revoked = LABELS.map((name) => write('revoke-subject', name));

const rules = fc
  .array(fc.tuple(label, label, ruleLetters), { minLength: 8, maxLength: 60 })
  .map((list) => write('load2', list.map((rule) => rule.join(' ')).join('\n')));
const change = fc.tuple(label, label, letters, letters).map((words) => write('change-rule', words.join(' ')));

const asked = fc.oneof({ weight: 20, arbitrary: label }, { weight: 1, arbitrary: fc.constant(UNKNOWN) });
const question = fc
  .tuple(asked, asked, letters)
  .map((words): Step => ({ op: 'txn', path: at('access2'), data: words.join(' '), readanyway: true }));

export interface QuestionOptions {
  readonly seed: number;
  /** Rule sets. */
  readonly sets: number;
  /** Questions to each. */
  readonly questions: number;
}

/** @returns a step for each rule set, which has its questions in it; the same for the same seed. */
export function smackQuestions({ seed, sets, questions }: QuestionOptions): Step[] {
  const set = fc
    .tuple(
      rules,
      fc.array(change, { maxLength: 8 }),
      fc.array(question, { minLength: questions, maxLength: questions }),
    )
    .map(
      ([load, changes, list]): Step => ({
        op: 'group',
        steps: [...revoked, load, ...changes, { op: 'read', path: at('load2'), size: 65536 }, ...list],
      }),
    );
  return fc.sample(set, { seed, numRuns: sets });
}
