/**
 * Smack labels: texts of 1 to 255 printable characters without space, `/`, `"`, `\` and `'`.
 *
 * Rules: smk_parse_smack() of security/smack/smack_access.c, Linux 6.12. A label is the longest valid beginning of what was given.
 */
import { textOf } from '../../../linux/bytes.ts';

/** The labels that are there from boot, with what rules say of them by themselves (access.ts). */
export const SPECIAL = { huh: '?', hat: '^', star: '*', floor: '_', web: '@' } as const;

/** A label of this length or more is a long one: the fixed-width nodes cannot show it (SMK_LABELLEN, with its terminator). */
export const SHORT_LABEL = 24;
/** SMK_LONGLABEL, with its terminator. */
const LONG_LABEL = 256;

const FORBIDDEN: ReadonlySet<number> = new Set(Buffer.from('/"\\\''));
const DASH = 0x2d;

function isLabelByte(byte: number): boolean {
  return byte > 0x20 && byte <= 0x7e && !FORBIDDEN.has(byte);
}

/** The label that `bytes` begin with; `undefined` = there is none (EINVAL). A dash in front marks an option, not a label. */
export function parseLabel(bytes: Uint8Array): string | undefined {
  if (bytes[0] === DASH) return undefined;
  let length = 0;
  while (length < bytes.length && isLabelByte(bytes[length] ?? 0)) length++;
  return length === 0 || length >= LONG_LABEL ? undefined : textOf(bytes.subarray(0, length));
}

/** As {@link parseLabel}, of a value that must be a label as a whole. */
export function wholeLabel(bytes: Uint8Array): string | undefined {
  const label = parseLabel(bytes);
  return label?.length === bytes.length ? label : undefined;
}

export function isShort(label: string): boolean {
  return label.length < SHORT_LABEL;
}
