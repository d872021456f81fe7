import { describe, expect, it } from 'vitest';
import { type BenchRun, page, regressions } from './page.ts';

const run = (ratio: number, spread: readonly [number, number]): BenchRun => ({
  machine: 'two cores',
  date: '2026-11-27',
  lines: [
    { area: 'work', what: 'tar', value: 1.5, unit: 's', ratio, spread, against: 'outside' },
    { area: 'policy', what: 'load', value: 45, unit: 'ms' },
  ],
});

describe('the page', () => {
  it('has a table for each area, with the spread of a ratio', () => {
    const text = page(run(2, [1.9, 2.2]));
    expect(text).toContain('| tar | 1.50 s | 2.00 (1.90 to 2.20) | outside |');
    expect(text).toContain('## policy');
  });
});

describe('a comparison', () => {
  it('names a ratio that got worse by more than its spread', () => {
    expect(regressions(run(2, [1.9, 2.1]), run(2.6, [2.5, 2.7]))).toContain('work: tar  2.00    2.60');
  });

  it('says nothing of one that scatters', () => {
    expect(regressions(run(2, [1.9, 2.1]), run(2.15, [1.9, 2.3]))).toBeUndefined();
    expect(regressions(run(2, [1.9, 2.1]), run(1.5, [1.4, 1.6]))).toBeUndefined();
  });
});
