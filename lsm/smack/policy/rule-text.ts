/**
 * Rules as they are written to the nodes: smk_parse_rule(), smk_parse_long_rule() of security/smack/smackfs.c, Linux 6.12.
 */
import { textOf, untilNul } from '../../../linux/bytes.ts';
import { isSpace } from '../../../vfs/pseudo/scan.ts';
import { parseAccess } from '../decide/access.ts';
import { parseLabel, SHORT_LABEL } from './label.ts';

/** What one rule says: labels, and letters as access sets. `remove` is there in the change format only. */
export interface ParsedRule {
  readonly subject: string;
  /** `undefined` = there is no label: the rule is bad, but its subject has been named, and is looked for first. */
  readonly object: string | undefined;
  readonly access: number;
  readonly remove?: number;
}

/** A fixed-width rule: two labels in 24 bytes each, then 4 to 6 letters. */
export const FIXED_RULE = { shortest: 2 * SHORT_LABEL + 4, longest: 2 * SHORT_LABEL + 6 } as const;

export function parseFixedRule(text: Uint8Array): ParsedRule | undefined {
  const subject = parseLabel(text.subarray(0, SHORT_LABEL));
  const object = parseLabel(text.subarray(SHORT_LABEL, 2 * SHORT_LABEL));
  if (subject === undefined) return undefined;
  return { subject, object, access: parseAccess(textOf(untilNul(text.subarray(2 * SHORT_LABEL)))) };
}

/**
 * The rule at the beginning of `text`, its words separated by white space.
 * @param words 3, or 4 for the change format: subject, object, access to add and access to remove.
 * @returns `length`: how far it reaches, white space behind it included. `undefined` for what is not a rule; a NUL ends the text.
 */
export function parseLongRule(text: Uint8Array, words: 3 | 4): (ParsedRule & { readonly length: number }) | undefined {
  let at = 0;
  const skip = (): void => {
    while (isSpace(text[at])) at++;
  };
  const tokens: Uint8Array[] = [];
  for (let index = 0; index < words; index++) {
    skip();
    const start = at;
    while (at < text.length && text[at] !== 0 && !isSpace(text[at])) at++;
    if (at === start) return undefined;
    tokens.push(text.subarray(start, at));
  }
  skip();
  const [first, second, third, fourth] = tokens;
  const subject = first && parseLabel(first);
  const object = second && parseLabel(second);
  if (subject === undefined || third === undefined) return undefined;
  const remove = fourth === undefined ? {} : { remove: parseAccess(textOf(fourth)) };
  return { subject, object, access: parseAccess(textOf(third)), ...remove, length: at };
}
