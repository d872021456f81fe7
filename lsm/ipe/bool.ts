/** The kernel's kstrtobool_from_user() (lib/kstrtox.c, Linux 6.12): the first one or two of at most three bytes count. */
import { textOf, untilNul } from '../../linux/bytes.ts';

/** `undefined` = it is none. */
export function parseBool(data: Uint8Array): boolean | undefined {
  const text = textOf(untilNul(data.subarray(0, 3))).toLowerCase();
  if (/^[eyt1]/.test(text) || text.startsWith('on')) return true;
  return /^[dnf0]/.test(text) || text.startsWith('of') ? false : undefined;
}
