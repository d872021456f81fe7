/**
 * "Why may this label (not) be replaced by that one?" - the validatetrans rules of a class.
 */

import type { WhyProblem } from '../../framework/inspection/why.ts';
import { constraintHolds } from '../decide/constraints.ts';
import { formatContext, type PolicyState } from '../decide/index.ts';
import { describeConstraint } from './constraint-reason.ts';
import { parseClass, parseContexts } from './question.ts';
import type { RelabelReport } from './report.ts';

export interface RelabelQuestion {
  readonly old: string;
  readonly new: string;
  readonly class: string;
  /** Context of who relabels. */
  readonly task: string;
}

export function whyRelabel({ db }: PolicyState, question: RelabelQuestion): RelabelReport | WhyProblem {
  const contexts = parseContexts(db, [question.old, question.new, question.task]);
  if ('problem' in contexts) return contexts;
  const [source, target, third] = contexts;
  const datum = parseClass(db, question.class);
  if ('problem' in datum) return datum;
  if (source === undefined || target === undefined || third === undefined)
    throw new Error('three texts are three contexts');
  const forbidding = datum.validateTransitions.filter(
    ({ expression }) => !constraintHolds(db, expression, source, target, third),
  );
  return {
    query: 'validatetrans',
    old: formatContext(db, source),
    new: formatContext(db, target),
    class: datum.name,
    task: formatContext(db, third),
    allowed: forbidding.length === 0,
    rules: datum.validateTransitions.length,
    constraints: forbidding.map((rule) => describeConstraint(db, { source, target, third, class: datum }, rule)),
  };
}
