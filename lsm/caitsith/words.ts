/** Words of CaitSith's policy: ASCII above space, other bytes and the backslash as `\ooo`, patterns. */
import { octalByte } from '../framework/policy-text/words.ts';

/** Patterns that cost the posted code a level of its stack. */
const MOST_PATTERNS = 20;
const SINGLE = '+?xa-';
const REPEATING = '*@$XA';
const CLOSING: Readonly<Record<string, string>> = { '{': '}', '(': ')' };

/** A file name as policy has it. */
export function encodeName(name: string): string {
  return name.replace(/[^!-[\]-~]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** May be a pattern. */
export function isWord(text: string): boolean {
  if (!/^[!-~]+$/.test(text)) return false;
  let left = MOST_PATTERNS;
  /** What ends the repetition that has begun. */
  let closing = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '/' && closing !== '') return false;
    if (char !== '\\') continue;
    const next = text[++at];
    if (next === undefined) return false;
    if (SINGLE.includes(next)) continue;
    if (/[0-3]/.test(next)) {
      if (!isEncoded(octalByte(text, at))) return false;
      at += 2;
    } else if (left-- === 0) return false;
    else if (next in CLOSING && text[at - 2] === '/') closing = CLOSING[next] as string;
    else if (next === closing && text[at + 1] === '/') {
      closing = '';
      at++;
    } else if (!REPEATING.includes(next)) return false;
  }
  return closing === '';
}

/** Is it a byte that is not written as itself? */
function isEncoded(byte: number | undefined): boolean {
  return byte !== undefined && (byte <= 0x20 || byte >= 0x7f || byte === 0x5c);
}
