/**
 * Does a name match a pattern?
 *
 * Patterns are those of security/tomoyo/util.c, Linux 6.12: `\*` any characters but `/`, `\@` the same without `.`,
 * `\?` one, `\+` a digit, `\$` digits, `\x` `\X` hexadecimal ones, `\a` `\A` letters, `\-` "but not", `/\{component\}/`
 * one or more such directories; and `/\(component\)/` for none or more, which TOMOYO's words cannot have. A written `\ooo` or
 * `\\` counts as one character. Time is bounded by the product of both lengths, whatever the pattern.
 */
import { octalByte } from './words.ts';

type Token = { readonly char: string } | { readonly any: RegExp; readonly many: boolean; readonly empty: boolean };

const CLASSES: Readonly<Record<string, Token>> = {
  '?': { any: /./s, many: false, empty: false },
  '*': { any: /./s, many: true, empty: true },
  '@': { any: /[^.]/s, many: true, empty: true },
  '+': { any: /^[0-9]$/, many: false, empty: false },
  $: { any: /^[0-9]$/, many: true, empty: false },
  x: { any: /^[0-9A-Fa-f]$/, many: false, empty: false },
  X: { any: /^[0-9A-Fa-f]$/, many: true, empty: false },
  a: { any: /^[A-Za-z]$/, many: false, empty: false },
  A: { any: /^[A-Za-z]$/, many: true, empty: false },
};

/** One character each, escapes as they are written. */
function characters(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = text[at] !== '\\' ? 1 : octalByte(text, at + 1) === undefined ? 2 : 4;
    found.push(text.slice(at, at + length));
    at += length;
  }
  return found;
}

function tokens(pattern: string): Token[] {
  return characters(pattern).map((char) => (char.length === 2 && CLASSES[char[1] as string]) || { char });
}

/** Length of the part before the first pattern. */
function constantLength(pattern: string): number {
  let length = 0;
  for (const char of characters(pattern)) {
    if (char.length === 2 && char !== '\\\\') break;
    length += char.length;
  }
  return length;
}

/** @param pattern a well-formed word. */
export function matchesPattern(name: string, pattern: string): boolean {
  const constant = constantLength(pattern);
  if (constant === pattern.length) return name === pattern;
  if (name.endsWith('/') !== pattern.endsWith('/') || !name.startsWith(pattern.slice(0, constant))) return false;
  const names = name.slice(constant).split('/');
  const patterns = pattern.slice(constant).split('/');
  return matchesComponents(names, patterns);
}

/**
 * From which components of the name on does the rest match? Found backwards over the pattern, so that repetition costs
 * no more than one pass.
 */
function matchesComponents(names: readonly string[], patterns: readonly string[]): boolean {
  let matching = Array.from({ length: names.length + 1 }, (_, at) => at === names.length);
  for (const pattern of patterns.toReversed()) {
    const optional = pattern.startsWith('\\(') && pattern.endsWith('\\)');
    const repeats = optional || (pattern.startsWith('\\{') && pattern.endsWith('\\}'));
    const repeated = repeats ? pattern.slice(2, -2) : undefined;
    const before: boolean[] = optional ? [...matching] : new Array(names.length + 1).fill(false);
    for (let at = names.length - 1; at >= 0; at--) {
      if (!matchesComponent(names[at] as string, repeated ?? pattern)) continue;
      const goesOn = matching[at + 1] === true || (repeats && before[at + 1] === true);
      before[at] = goesOn || (optional && matching[at] === true);
    }
    matching = before;
  }
  return matching[0] === true;
}

/** `\-` splits: the first part must match, the others must not. */
function matchesComponent(name: string, pattern: string): boolean {
  const parts: string[] = [''];
  for (const char of characters(pattern)) {
    if (char === '\\-') parts.push('');
    else parts[parts.length - 1] += char;
  }
  const [first = '', ...others] = parts;
  return matchesPart(name, first) && !others.some((part) => matchesPart(name, part));
}

/** The places in the pattern that can be reached are followed all at once. */
function matchesPart(name: string, part: string): boolean {
  const wanted = tokens(part);
  const skipEmpty = (places: Set<number>): Set<number> => {
    for (const place of places) {
      const token = wanted[place];
      if (token !== undefined && 'any' in token && token.empty) places.add(place + 1);
    }
    return places;
  };
  let places = skipEmpty(new Set([0]));
  for (const char of characters(name)) {
    const next = new Set<number>();
    for (const place of places) {
      const token = wanted[place];
      if (token === undefined) continue;
      if ('char' in token ? token.char !== char : !token.any.test(char)) continue;
      next.add(place + 1);
      if ('any' in token && token.many) next.add(place);
    }
    places = skipEmpty(next);
    if (places.size === 0) return false;
  }
  return places.has(wanted.length);
}
