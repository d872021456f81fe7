/**
 * Things that only one module may use: the label that a packet carries (secmark) and labelled networking (CIPSO, CALIPSO, xfrm).
 *
 * Model: the talk's "only 1 LSM may claim and use", as the 2025 patches do it: the first module in order that asks gets
 * it, later ones are told no.
 */
export const CLAIMS = ['secmark', 'netlabel'] as const;

export type Claim = (typeof CLAIMS)[number];

/** @param modules in registration order. @returns who has what; a claim that nobody makes is absent. */
export function claimOwners(
  modules: readonly { readonly name: string; readonly claims?: readonly Claim[] }[],
): ReadonlyMap<Claim, string> {
  const owners = new Map<Claim, string>();
  for (const { name, claims = [] } of modules) {
    for (const claim of claims) if (!owners.has(claim)) owners.set(claim, name);
  }
  return owners;
}
