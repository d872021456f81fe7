/** Several runs as one: medians of values and ratios, and the whole range of their rounds. */
import type { BenchLine } from './line.ts';
import { median } from './statistics.ts';

/** In the order of the first run that has a line. */
export function mergeRuns(runs: readonly (readonly BenchLine[])[]): BenchLine[] {
  const together = new Map<string, BenchLine[]>();
  for (const line of runs.flat()) {
    const key = `${line.area}: ${line.what}`;
    together.set(key, [...(together.get(key) ?? []), line]);
  }
  return [...together.values()].flatMap((lines) => {
    const [first] = lines;
    if (first === undefined) return [];
    const ratios = lines.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio]));
    const ends = [...ratios, ...lines.flatMap(({ spread }) => spread ?? [])];
    const spread = first.spread === undefined && lines.length === 1 ? undefined : ends;
    return [
      {
        ...first,
        value: median(lines.map((line) => line.value)),
        ...(ratios.length === 0 ? {} : { ratio: median(ratios) }),
        ...(spread === undefined || ends.length === 0
          ? {}
          : { spread: [Math.min(...ends), Math.max(...ends)] satisfies [number, number] }),
      },
    ];
  });
}
