/**
 * Exclusive resources, of which one module is the owner: the label of a packet (secmark) and labelled networking (CIPSO, CALIPSO, xfrm).
 *
 * Model: the talk's "only 1 LSM may claim and use", as the 2025 patches do it: the first module in order that claims it
 * is the owner; later claims are refused.
 */
export const CLAIMS = ['secmark', 'netlabel'] as const;

export type Claim = (typeof CLAIMS)[number];

/** @param modules in registration order. @returns the owner of each resource; absent = not claimed. */
export function claimOwners(
  modules: readonly { readonly name: string; readonly claims?: readonly Claim[] }[],
): ReadonlyMap<Claim, string> {
  const owners = new Map<Claim, string>();
  for (const { name, claims = [] } of modules) {
    for (const claim of claims) if (!owners.has(claim)) owners.set(claim, name);
  }
  return owners;
}
