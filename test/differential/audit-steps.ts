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

const batch = fc
  .tuple(fc.array(auditMessage, { minLength: MESSAGES, maxLength: MESSAGES }), identity)
  .map(([messages, as]): Step => ({ op: 'audmany', messages, ...(as !== undefined && { as }) }));

/** @returns so many batches, the same for the same seed. */
export function auditMessageSteps(seed: number, batches: number): Step[] {
  return fc.sample(batch, { seed, numRuns: batches }).flatMap((step) => [step, ...ENDING]);
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
