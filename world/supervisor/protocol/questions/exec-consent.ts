import { type Answerer, DONE } from './question.ts';

/** All else allows a program that somebody must agree to (`exec`): `late` asks, and answers the call. */
export function execConsent({ late }: Answerer, { id }: { readonly id: bigint }) {
  late.finish(id, 0);
  return DONE;
}
