/**
 * Where a node was found, for trees that must know paths although nodes do not: changes when the node is renamed.
 */
export interface Origin {
  /** The root has none. */
  parent: Origin | undefined;
  name: string;
}

/** Path from the root without a leading slash; `''` is the root itself. */
export function pathOf(origin: Origin): string {
  const names: string[] = [];
  for (let here = origin; here.parent !== undefined; here = here.parent) names.unshift(here.name);
  return names.join('/');
}
