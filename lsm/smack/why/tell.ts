/** `lsmfs why` asked of Smack: from the words of its command line to a report and a text. */
import type { WhyProblem, WhyRequest, WhyTold } from '../../framework/inspection/why.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { formatSmackWhy } from './text.ts';
import { why } from './why.ts';

/** `lsmfs why`: SUBJECT OBJECT, and letters of what is asked for. */
export function tell(security: SmackSecurity, { words }: WhyRequest): WhyTold | WhyProblem {
  const [subject = '', object = '', ...access] = words;
  const report = why(security, { subject, object, access: access.join('') });
  return 'problem' in report ? report : { report, allowed: report.allowed, text: formatSmackWhy(report) };
}
