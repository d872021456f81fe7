/**
 * Audit: a kernel booted now and a world agree on random messages, and on random rules of auditctl. To try others: `AUDIT_SEED=N`,
 * `AUDIT_BATCHES=N`.
 */
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { auditMessageSteps, auditRuleSteps, MESSAGES, RULES } from './audit-steps.ts';
import { runBatch } from './batch.ts';

const SEED = Number(process.env.AUDIT_SEED ?? 15);
const BATCHES = Number(process.env.AUDIT_BATCHES ?? 4);
/** Under load two hundred take more than four minutes. */
const TIMEOUT_MS = 120_000 + BATCHES * 3000;

test.each([
  [`${BATCHES * MESSAGES} messages`, auditMessageSteps],
  [`${BATCHES * RULES} rules of auditctl`, auditRuleSteps],
] as const)(
  `kernel and world agree on %s, seed ${SEED}`,
  async (_title, steps) => {
    const { differences, problem } = await runBatch(steps(SEED, BATCHES), { lsm: '' });
    expect(differences.map((difference) => describeDifference('audit', difference))).toEqual([]);
    expect(problem).toBeUndefined();
  },
  TIMEOUT_MS,
);
