import { expect, it } from 'vitest';
import { AUDIT } from '../../linux/audit.ts';
import { NLMSG_DONE, NLMSG_ERROR } from '../../linux/netlink.ts';
import { type AuditConversation, auditStatus, hasAuditRules } from './audit-rules.ts';

/** A kernel whose audit answers so, one message after the other. */
class ImaginedAudit implements AuditConversation {
  readonly enabled: number;
  readonly #answers: number[];
  isOpen = true;

  constructor(answers: number[], enabled: number) {
    this.#answers = answers;
    this.enabled = enabled;
  }

  ask(): number | undefined {
    return this.next();
  }

  next(): number | undefined {
    return this.#answers.shift();
  }

  close(): void {
    this.isOpen = false;
  }
}

it.each<[string, number[], number, boolean | undefined, number | undefined]>([
  ['there are rules', [AUDIT.GET, AUDIT.LIST_RULES, AUDIT.LIST_RULES, NLMSG_DONE], 1, true, 2],
  ['there are none', [AUDIT.GET, NLMSG_DONE], 1, false, 0],
  ['it is off', [AUDIT.GET, NLMSG_DONE], 0, false, 0],
  ['we may not ask', [NLMSG_ERROR], 1, undefined, undefined],
  ['we may not ask about rules', [AUDIT.GET, NLMSG_ERROR], 1, undefined, undefined],
  ['it does not answer', [], 1, undefined, undefined],
  ['it does not answer about rules', [AUDIT.GET], 1, undefined, undefined],
])('%s', (_title, answers, enabled, inForce, rules) => {
  const [one, other] = [new ImaginedAudit([...answers], enabled), new ImaginedAudit([...answers], enabled)];
  expect(hasAuditRules(one)).toBe(inForce);
  expect(auditStatus(other)?.rules).toBe(rules);
  expect([one.isOpen, other.isOpen]).toEqual([false, false]);
});
