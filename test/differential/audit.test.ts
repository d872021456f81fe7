/**
 * Audit: kernels booted now and worlds agree on random messages, and on random rules of auditctl. To try others: `AUDIT_SEED=N`,
 * `AUDIT_BATCHES=N`.
 */
import { expect, test } from 'vitest';
import { describeDifference } from '../conformance/compare.ts';
import { auditMessageSteps, auditRuleSteps, MESSAGES, RULES } from './audit-steps.ts';
import { runBatch } from './batch.ts';

const SEED = Number(process.env.AUDIT_SEED ?? 15);
const BATCHES = Number(process.env.AUDIT_BATCHES ?? 4);
/** Batches that share a kernel and a world; the next ones have the next seed. */
const OF_BOOT = 20;
/** Under load two hundred take more than four minutes. */
const TIMEOUT_MS = 120_000 + BATCHES * 3000;

test.each([
  [`${BATCHES * MESSAGES} messages`, auditMessageSteps],
  [`${BATCHES * RULES} rules of auditctl`, auditRuleSteps],
] as const)(
  `kernels and worlds agree on %s, seed ${SEED}`,
  async (_title, steps) => {
    const found: string[] = [];
    for (let done = 0, seed = SEED; done < BATCHES; done += OF_BOOT, seed++) {
      const { differences, problem } = await runBatch(steps(seed, Math.min(OF_BOOT, BATCHES - done)), { lsm: '' });
      found.push(...differences.map((difference) => describeDifference(`seed ${seed}`, difference)));
      if (problem !== undefined) found.push(`seed ${seed}: ${problem}`);
    }
    expect(found).toEqual([]);
  },
  TIMEOUT_MS,
);
