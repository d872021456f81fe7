/**
 * Random use of audit: messages in batches (audit-messages.ts), and rules as auditctl writes and reads them (audit-command-lines.ts). Each
 * batch begins with no rules and the settings of the boot.
 */
import fc from 'fast-check';
import { auditRule } from './audit-command-lines.ts';
import { auditMessage } from './audit-messages.ts';
import type { Step } from './step.ts';

/** Messages of a batch, which share a socket; rules of a batch, which are listed together. */
export const MESSAGES = 50;
export const RULES = 25;

const IDENTITIES = [
  1000,
  { drop: ['CAP_AUDIT_CONTROL'] },
  { drop: ['CAP_AUDIT_WRITE'] },
  { uid: 1000, keep: ['CAP_AUDIT_CONTROL'] },
  { uid: 1000, keep: ['CAP_AUDIT_WRITE', 'CAP_NET_ADMIN'] },
];
const identity = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(...IDENTITIES) },
);
const BOOT = { mask: 0x3b, enabled: 0, failure: 1, rate_limit: 0, backlog_limit: 64, backlog_wait_time: 6000 };
const ENDING: readonly Step[] = [
  { op: 'audit', type: 'LIST_RULES' },
  { op: 'audit', type: 'GET' },
  { op: 'audit', type: 'SET', data: { status: BOOT } },
  { op: 'audit', type: 'SET_FEATURE', data: { u32: [1, 3, 0, 0] } },
  { op: 'audit', type: 'TTY_SET', data: { u32: [0, 0] } },
  { op: 'sh', cmd: 'auditctl -D >/dev/null 2>&1' },
];

/** audit_netlink_ok() asks in which of these the sender is. */
const NAMESPACES = ['user', 'pid'];
const PLACES = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(...NAMESPACES) },
);
/** Perhaps the socket is opened without the rights that count for what is sent without an address. */
const OPENERS = fc.constantFrom({}, {}, {}, {}, {}, { euid: 1000 });
/** Who is the daemon then is it no more. */
const NO_DAEMON = { type: 'SET', data: { status: { mask: 0x04, pid: 0 } } };

const batch = (lasting: boolean) =>
  fc
    .tuple(fc.array(auditMessage(lasting), { minLength: MESSAGES, maxLength: MESSAGES }), identity, PLACES, OPENERS)
    .map(([messages, as, place, opener]): Step => {
      const step = { op: 'audmany', messages: [...messages, NO_DAEMON], ...(as !== undefined && { as }) };
      if (place === undefined) return as === undefined ? { ...step, ...opener } : step;
      const inside = { ...step, forked: true };
      return { op: 'child', steps: [{ op: 'unshare', what: [place] }, inside] };
    });

/** @returns so many batches, the same for the same seed; the last one may make settings that last. */
export function auditMessageSteps(seed: number, batches: number): Step[] {
  const [last = []] = fc.sample(
    batch(true).map((step) => [step]),
    { seed, numRuns: 1 },
  );
  const others = fc.sample(batch(false), { seed, numRuns: batches - 1 });
  // Some paths are relative.
  return [{ op: 'chdir', path: '/' }, ...[...others, ...last].flatMap((step) => [step, ...ENDING])];
}

const rules = fc.array(auditRule, { minLength: RULES, maxLength: RULES }).map((lines): Step[] => [
  { op: 'sh', cmd: lines.map((line) => `auditctl ${line} 2>&1`).join('\n') },
  { op: 'sh', cmd: 'auditctl -l 2>&1', limit: 1_000_000 },
  { op: 'audit', type: 'LIST_RULES' },
  {
    op: 'sh',
    cmd: 'auditctl -l >$S/rules; auditctl -D >/dev/null; auditctl -R $S/rules 2>&1; auditctl -l | cmp - $S/rules; auditctl -D',
  },
]);

/** Rules by auditctl, what it and the kernel list then, and whether what is listed is taken again and listed alike. */
export function auditRuleSteps(seed: number, batches: number): Step[] {
  return fc.sample(rules, { seed, numRuns: batches }).flat();
}
