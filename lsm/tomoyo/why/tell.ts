/** `lsmfs why` asked of TOMOYO: from the words of its command line to a report and a text. */
import type { WhyProblem, WhyRequest, WhyTold } from '../../framework/inspection/why.ts';
import type { Policy } from '../policy/policy.ts';
import { formatTomoyoWhy } from './text.ts';
import { why } from './why.ts';

/** `lsmfs why`: DOMAIN PATH, and an operation. */
export function tell(policy: Policy, { words }: WhyRequest): WhyTold | WhyProblem {
  const [domain = '', path = '', operation = 'execute'] = words;
  const report = why(policy, { domain, path, operation });
  return 'problem' in report ? report : { report, allowed: report.allowed, text: formatTomoyoWhy(report) };
}
