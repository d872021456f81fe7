import { describe, expect, it } from 'vitest';
import { boundRows } from './bounds.ts';
import type { BenchLine } from './line.ts';
import { mergeRuns } from './runs.ts';

const start = (value: number, ratio: number): BenchLine => ({
  area: 'launch',
  what: 'lsmfs run -- true, the first',
  value,
  unit: 'ms',
  ratio,
  against: 'node -e 0',
});

describe('several runs', () => {
  const runs = [
    [start(99, 4.9)],
    [start(90, 5.2), { area: 'policy', what: 'load', value: 1, unit: 'ms' }],
    [start(95, 4.8)],
  ];

  it('become one of medians, with the range of their ratios', () => {
    expect(mergeRuns(runs)).toEqual([
      { ...start(95, 4.9), spread: [4.8, 5.2] },
      { area: 'policy', what: 'load', value: 1, unit: 'ms' },
    ]);
  });

  it('meet a bound when each of them does', () => {
    const row = ['launch: lsmfs run -- true, the first', '5 times node -e 0'];
    expect(boundRows(runs)).toEqual([[...row, '4.90, 5.20, 4.80', 'missed']]);
    expect(boundRows([[start(99, 4.9)]])).toEqual([[...row, '4.90', 'met']]);
  });
});
