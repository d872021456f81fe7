/** The policy stores of the module that has some. */
import type { PolicyStores } from '../lsm/framework/host-side.ts';
import { HOST_SIDES } from '../lsm/known-modules.ts';

export function policyStores(): PolicyStores {
  const stores = HOST_SIDES.flatMap(({ policyStores: own }) => own ?? [])[0];
  if (stores === undefined) throw new Error('no module has policy stores');
  return stores;
}
