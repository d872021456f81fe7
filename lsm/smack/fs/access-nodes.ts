/**
 * The questions: access and access2. They are put to the policy alone, without capabilities and rules of the task.
 */

import { E, type Result } from '../../../linux/errno.ts';
import { TransactionFile } from '../../../vfs/pseudo/index.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { FIXED_RULE, type ParsedRule, parseFixedRule, parseLongRule } from '../policy/rule-text.ts';
import type { SmackfsContext } from './context.ts';

export function accessNodes({ security, init }: SmackfsContext): DirectoryEntry[] {
  const fixed = new TransactionFile(init(12, 0o666), {
    answer: (query) => (query.length < FIXED_RULE.longest ? E.EINVAL : answer(security, parseFixedRule(query))),
    consumed: () => FIXED_RULE.longest,
  });
  const long = new TransactionFile(init(16, 0o666), {
    answer: (query) => answer(security, parseLongRule(query, 3)),
  });
  return [
    { name: 'access', node: fixed },
    { name: 'access2', node: long },
  ];
}

/** Labels that nobody named yet have no rights, and are not remembered for having been asked about. */
function answer(security: SmackSecurity, question: ParsedRule | undefined): Result<string> {
  if (question?.object === undefined) return E.EINVAL;
  const { subject, object, access } = question;
  const known = security.labels.find(subject) !== undefined && security.labels.find(object) !== undefined;
  return known && security.decide(subject, object, access).allowed ? '1\0' : '0\0';
}
