/** Classes of system calls in the mask of a rule: bits at its end, the first class by the last one. */
import { CALL_CLASSES } from '../../../linux/audit.ts';

const CLASSES = 16;
const WORD = 32;

/** audit_to_entry_common(): what the classes stand for takes their place. */
export function expandClasses(mask: Uint32Array): void {
  const last = mask.length - 1;
  const classes = mask[last] ?? 0;
  mask[last] = classes & (2 ** (WORD - CLASSES) - 1);
  for (let index = 0; index < CLASSES; index++) {
    if (((classes >>> (WORD - 1 - index)) & 1) === 0) continue;
    for (const number of CALL_CLASSES[index] ?? []) mask[number >> 5] = (mask[number >> 5] ?? 0) | (1 << (number & 31));
  }
}
