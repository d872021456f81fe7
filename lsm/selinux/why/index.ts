/** What the rest of the program may use of the explanations. */
export { type NewContextQuestion, whyNewContext } from './new-context.ts';
export type { WhyProblem, WhyQuestion } from './question.ts';
export { type RelabelQuestion, whyRelabel } from './relabel.ts';
export type * from './report.ts';
export { why } from './why.ts';
