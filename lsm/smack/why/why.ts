/**
 * Why does the policy allow or deny an access? For people; capabilities and rules of tasks are not looked at, as by the node access2.
 */

import { bytesOf } from '../../../linux/bytes.ts';
import type { WhyProblem } from '../../framework/inspection/why.ts';
import { type Decision, formatAccess, parseAccess } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { wholeLabel } from '../policy/label.ts';

export interface WhyQuestion {
  readonly subject: string;
  readonly object: string;
  /** Letters of `rwxatl`. */
  readonly access: string;
}

export interface WhyReport extends Decision {
  readonly subject: string;
  readonly object: string;
  readonly access: string;
  /** Letters of the rule for this pair; absent = there is none. */
  readonly rule?: string;
  /** Labels that nobody has named yet: neither a rule nor a task has them. */
  readonly unknown: readonly string[];
  /** The rule that would allow it, as load2 takes it; absent = it is allowed, or no rule can. */
  readonly remedy?: string;
}

export function why(security: SmackSecurity, { subject, object, access }: WhyQuestion): WhyReport | WhyProblem {
  for (const label of [subject, object]) {
    if (wholeLabel(bytesOf(label)) === undefined) {
      return {
        problem: `'${label}' is not a Smack label.`,
        fix: 'A label has 1 to 255 printable characters without space, slash, backslash and quotes, and no dash in front.',
      };
    }
  }
  if (!/^[rwxatl]+$/.test(access)) {
    return { problem: `'${access}' is not an access.`, fix: 'Name letters of rwxatl.' };
  }
  const request = parseAccess(access);
  const decision = security.decide(subject, object, request);
  const rule = security.rule(subject, object);
  const remedy = `${subject} ${object} ${formatAccess((rule ?? 0) | request)}`;
  return {
    subject,
    object,
    access: formatAccess(request),
    ...decision,
    ...(rule !== undefined && { rule: formatAccess(rule) }),
    unknown: [...new Set([subject, object])].filter((label) => security.labels.find(label) === undefined),
    ...(!decision.allowed && decision.reason !== 'star subject' && { remedy }),
  };
}
