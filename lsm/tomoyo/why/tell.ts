/** `lsmfs why` asked of TOMOYO: from the words of its command line to a report and a text. */
import type { WhyProblem, WhyRequest, WhyTold } from '../../framework/inspection/why.ts';
import type { Policy } from '../policy/policy.ts';
import { formatTomoyoWhy } from './text.ts';
import { why } from './why.ts';

/**
 * `lsmfs why`: DOMAIN PATH, and an operation.
 * @param trigger program that brings a policy into force.
 */
export function tell(policy: Policy, trigger: string, { words }: WhyRequest): WhyTold | WhyProblem {
  const [domain = '', path = '', operation = 'execute'] = words;
  const report = why(policy, { domain, path, operation });
  return 'problem' in report ? report : { report, allowed: report.allowed, text: formatTomoyoWhy(report, trigger) };
}
