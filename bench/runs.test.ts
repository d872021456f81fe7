import { describe, expect, it } from 'vitest';
import { boundRows } from './bounds.ts';
import type { BenchLine } from './line.ts';
import { mergeRuns } from './runs.ts';

const start = (value: number, ratio: number): BenchLine => ({
  area: 'launch',
  what: 'lsmfs run -- true',
  value,
  unit: 'ms',
  ratio,
  against: 'node -e 0',
});

describe('several runs', () => {
  const runs = [
    [start(99, 3.9)],
    [start(90, 4.2), { area: 'policy', what: 'load', value: 1, unit: 'ms' }],
    [start(95, 3.8)],
  ];

  it('become one of medians, with the range of their ratios', () => {
    expect(mergeRuns(runs)).toEqual([
      { ...start(95, 3.9), spread: [3.8, 4.2] },
      { area: 'policy', what: 'load', value: 1, unit: 'ms' },
    ]);
  });

  it('meet a bound when each of them does', () => {
    expect(boundRows(runs)).toEqual([
      ['launch: lsmfs run -- true', '100 ms', '99.0, 90.0, 95.0', 'met'],
      ['launch: lsmfs run -- true', '4 times node -e 0', '3.90, 4.20, 3.80', 'missed'],
    ]);
  });
});
