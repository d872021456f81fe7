import { expect, it } from 'vitest';
import { plot } from './plot.ts';

const tasks = { what: 'tasks', operation: 'open', unit: 'us' };

it('a flat curve is a level line at 1 x, whatever the times are', () => {
  const svg = plot([
    {
      ...tasks,
      points: [
        [10, 300],
        [100, 300],
        [1000, 300],
      ],
    },
  ]);
  const heights = [...(/points="([^"]*)"/.exec(svg)?.[1]?.matchAll(/,([0-9.]+)/g) ?? [])].map((match) => match[1]);
  expect(heights).toHaveLength(3);
  expect(new Set(heights).size).toBe(1);
  expect(svg).toContain('>tasks</text>');
});

it('one that grows beyond the axis has the axis grow', () => {
  const svg = plot([
    {
      ...tasks,
      points: [
        [10, 1],
        [1000, 30],
      ],
    },
  ]);
  const heights = [...(/points="([^"]*)"/.exec(svg)?.[1]?.matchAll(/,([0-9.]+)/g) ?? [])].map((match) =>
    Number(match[1]),
  );
  expect(heights[1]).toBeCloseTo(24);
  expect(svg).toContain('>16 x</text>');
});
