/** Paths of several domain transitions. A path is a list of types that names none twice. */
import type { DomainGraph } from './domains.ts';

export type DomainPath = readonly number[];

/** All of the shortest paths. */
export function* shortestPaths(graph: DomainGraph, from: number, to: number): IterableIterator<DomainPath> {
  const distances = distancesTo(graph, to, from);
  const steps = distances.get(from);
  if (steps !== undefined) yield* continued(graph, [from], to, steps, distances);
}

/** All paths of up to so many steps. */
export function* pathsUpTo(graph: DomainGraph, from: number, to: number, steps: number): IterableIterator<DomainPath> {
  yield* continued(graph, [from], to, steps, distancesTo(graph, to, undefined));
}

/** Steps from each type to one, by the shortest way; of those no farther than `until`, if that is given. */
function distancesTo(graph: DomainGraph, to: number, until: number | undefined): ReadonlyMap<number, number> {
  const distances = new Map([[to, 0]]);
  let last = [to];
  for (let distance = 1; last.length > 0 && !(until !== undefined && distances.has(until)); distance++) {
    const next: number[] = [];
    for (const type of last) {
      for (const { source } of graph.into(type)) {
        if (distances.has(source)) continue;
        distances.set(source, distance);
        next.push(source);
      }
    }
    last = next;
  }
  return distances;
}

function* continued(
  graph: DomainGraph,
  path: DomainPath,
  to: number,
  steps: number,
  distances: ReadonlyMap<number, number>,
): IterableIterator<DomainPath> {
  const here = path.at(-1);
  if (here === undefined) return;
  if (here === to) {
    yield path;
    return;
  }
  for (const { target } of graph.from(here)) {
    if ((distances.get(target) ?? Number.POSITIVE_INFINITY) > steps - 1 || path.includes(target)) continue;
    yield* continued(graph, [...path, target], to, steps - 1, distances);
  }
}
