import { type Answerer, DONE } from './question.ts';

/** For the daemon's log. */
export function log({ backend }: Answerer, { text }: { readonly text: string }) {
  backend.log(`supervisor: ${text}`);
  return DONE;
}
