import { expect, it } from 'vitest';
import { AUDIT } from '../../linux/audit.ts';
import { NLMSG_DONE, NLMSG_ERROR } from '../../linux/netlink.ts';
import { NR } from '../libc.ts';
import { type BoundedCalls, type CallHelper, WaitingError } from '../process/helper/bounded-calls.ts';
import type { PreparedCall } from '../process/helper/helper.ts';
import { AuditRules } from './audit-rules.ts';

/** A kernel whose audit answers so, one message after the other. */
class ImaginedAudit implements Pick<BoundedCalls, 'close' | 'use'> {
  readonly made: string[] = [];
  readonly #answers: (number | 'waits')[];
  readonly #enabled: number;

  constructor(answers: (number | 'waits')[], enabled = 1) {
    this.#answers = answers;
    this.#enabled = enabled;
  }

  use<T>(_tid: undefined, work: (helper: CallHelper, run: (calls: readonly PreparedCall[]) => void) => T): T {
    const data = new Uint8Array(1 << 16);
    const view = new DataView(data.buffer);
    let results: number[] = [];
    const helper = { data, dataAddress: 0, result: (index: number) => results[index] ?? 0 };
    return work(helper as unknown as CallHelper, (calls) => {
      results = calls.map(([number, , place]) => {
        this.made.push(Object.entries(NR).find(([, value]) => value === number)?.[0] ?? '?');
        if (number !== NR.recvfrom) return 0;
        const answer = this.#answers.shift() ?? 0;
        if (answer === 'waits') throw new WaitingError();
        view.setUint16(Number(place) + 4, answer, true);
        view.setUint32(Number(place) + 16 + 4, this.#enabled, true);
        return 36;
      });
    });
  }

  close(): void {
    this.made.push('end');
  }
}

it.each<[string, (number | 'waits')[], number, boolean | undefined]>([
  ['there are rules', [AUDIT.GET, AUDIT.LIST_RULES], 1, true],
  ['there are none', [AUDIT.GET, NLMSG_DONE], 1, false],
  ['it is off', [AUDIT.GET], 0, false],
  ['we may not ask', [NLMSG_ERROR], 1, undefined],
  ['we may not ask about rules', [AUDIT.GET, NLMSG_ERROR], 1, undefined],
  ['it does not answer', ['waits'], 1, undefined],
  ['it does not answer about rules', [AUDIT.GET, 'waits'], 1, undefined],
])('%s', (_title, answers, enabled, expected) => {
  const waits = answers.includes('waits');
  const audit = new ImaginedAudit(answers, enabled);
  const rules = new AuditRules(audit);
  expect(rules.inForce()).toBe(expected);
  if (!waits) expect([audit.made[0], audit.made.at(-1)]).toEqual(['socket', 'close']);
  rules.close();
  expect(audit.made.at(-1)).toBe('end');
});
