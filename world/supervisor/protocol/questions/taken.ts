import { closeSync } from 'node:fs';
import { type Answerer, DONE } from './question.ts';

/** A descriptor that was made for the asker, who has it now. */
export function taken(_answerer: Answerer, { fd }: { readonly fd: number }) {
  closeSync(fd);
  return DONE;
}
