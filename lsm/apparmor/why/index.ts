/** What the rest of the program may use of the explanations. */
export type { WhyProblem, WhyQuestion } from './question.ts';
export type * from './report.ts';
export { why } from './why.ts';
