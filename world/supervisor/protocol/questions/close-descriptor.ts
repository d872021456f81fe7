import { closeSync } from 'node:fs';
import { type Answerer, DONE } from './question.ts';

/** Closes a descriptor of the main thread that was made for a worker, which has taken it over. */
export function closeDescriptor(_answerer: Answerer, { fd }: { readonly fd: number }) {
  closeSync(fd);
  return DONE;
}
