import { expect, it } from 'vitest';
import { settingsOf } from './parameters.ts';

function policies(value: string) {
  const warnings: string[] = [];
  const { builtin, failSecurely } = settingsOf({ ima_policy: value }, [], (text) => warnings.push(text));
  return { builtin, failSecurely, warnings };
}

it('ima_policy= has words between blanks, bars and newlines, and warns of those that say nothing', () => {
  expect(policies('tcb|secure_boot fail_securely\ncritical_data|appraise_tcb')).toEqual({
    builtin: { measure: 'tcb', appraiseTcb: true, secureBoot: true, criticalData: true },
    failSecurely: true,
    warnings: [],
  });
  // policy_setup() knows `tcb` only as long as nothing is chosen, and strsep() gives empty words.
  expect(policies('tcb||tcb|no').warnings).toEqual(['', 'tcb', 'no'].map((word) => `policy "${word}" not found`));
});
