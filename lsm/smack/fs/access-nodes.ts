/**
 * The questions: access and access2. They are put to the policy alone, without capabilities and rules of the task.
 */

import { E, type Result } from '../../../linux/errno.ts';
import { TransactionFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { meantIn } from '../namespaces/namespaces.ts';
import { FIXED_RULE, type ParsedRule, parseFixedRule, parseLongRule } from '../policy/rule-text.ts';
import type { SmackfsContext } from './context.ts';

export function accessNodes({ security, init }: SmackfsContext): DirectoryEntry[] {
  const fixed = new TransactionFile(init(12, 0o666), {
    answer: (query, caller) =>
      query.length < FIXED_RULE.longest ? E.EINVAL : answer(security, parseFixedRule(query), caller),
    consumed: () => FIXED_RULE.longest,
  });
  const long = new TransactionFile(init(16, 0o666), {
    answer: (query, caller) => answer(security, parseLongRule(query, 3), caller),
  });
  return [
    { name: 'access', node: fixed },
    { name: 'access2', node: long },
  ];
}

/**
 * A label that no rule, file or process has has no rights, and a question does not make it known. Where the subject is such a label
 * the object is not parsed (smk_fill_rule()).
 */
function answer(security: SmackSecurity, question: ParsedRule | undefined, caller: Caller): Result<string> {
  if (question === undefined) return E.EINVAL;
  const namespace = security.namespaceOfCaller(caller);
  const known = (label: string): string | undefined => {
    const meant = meantIn(namespace, label);
    return meant !== undefined && security.labels.find(meant) !== undefined ? meant : undefined;
  };
  const subject = known(question.subject);
  if (subject === undefined) return '0\0';
  if (question.object === undefined) return E.EINVAL;
  const object = known(question.object);
  if (object === undefined) return '0\0';
  return security.decide(subject, object, question.access, namespace).allowed ? '1\0' : '0\0';
}
