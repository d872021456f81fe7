/** The same suite on the host and in a world, side by side. */
import { casesOf, type Ended, type Format, type Outcome } from './cases.ts';

export interface Difference {
  /** The command that the case is of. */
  readonly test: string;
  readonly name: string;
  readonly host: Outcome | undefined;
  readonly world: Outcome | undefined;
}

export interface Comparison {
  readonly host: Readonly<Record<Outcome, number>>;
  readonly world: Readonly<Record<Outcome, number>>;
  /** Passes on the host, and not in the world. */
  readonly worse: readonly Difference[];
  readonly others: readonly Difference[];
}

function count(cases: ReadonlyMap<string, Outcome>): Record<Outcome, number> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const outcome of cases.values()) counts[outcome]++;
  return counts;
}

export function compare(format: Format, host: readonly Ended[], world: readonly Ended[]): Comparison {
  const differences: Difference[] = [];
  const all = [new Map<string, Outcome>(), new Map<string, Outcome>()] as const;
  for (const one of host) {
    const other = world.find(({ name }) => name === one.name);
    const sides = [casesOf(format, one), other === undefined ? new Map<string, Outcome>() : casesOf(format, other)];
    for (const [index, cases] of sides.entries()) for (const [name, outcome] of cases) all[index]?.set(name, outcome);
    for (const name of new Set(sides.flatMap((cases) => [...cases.keys()]))) {
      const [was, is] = sides.map((cases) => cases.get(name));
      if (was !== is) differences.push({ test: one.name, name, host: was, world: is });
    }
  }
  const isWorse = ({ host: was, world: is }: Difference): boolean =>
    was === undefined ? is === 'failed' : was === 'passed';
  const worse = differences.filter(isWorse);
  const others = differences.filter((difference) => !isWorse(difference));
  return { host: count(all[0]), world: count(all[1]), worse, others };
}
