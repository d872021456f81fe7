/**
 * Words of TOMOYO's policy language: what is a well-formed word, path or domain name.
 *
 * Model: security/tomoyo/util.c of Linux 6.12. Names are ASCII above space; everything else is written `\ooo`, a
 * backslash `\\`. A domain name is `<namespace>` followed by the programs that were executed on the way, each a path.
 */
import { octalByte } from '../../framework/policy-text/words.ts';

/** Longest domain name, exclusive (TOMOYO_EXEC_TMPSIZE - 10). */
export const DOMAIN_NAME_LIMIT = 4086;

const PATTERN_LETTERS = new Set('$+?*@xXaA-');

/** May be a pattern. */
export function isWord(text: string): boolean {
  if (text === '') return false;
  let inRepetition = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char !== '\\') {
      if ((inRepetition && char === '/') || char < '!' || char > '~') return false;
      continue;
    }
    const next = text[++at];
    if (next === undefined) return false;
    if (next === '\\' || PATTERN_LETTERS.has(next)) continue;
    if (next === '{') {
      if (text[at - 2] !== '/') return false;
      inRepetition = true;
    } else if (next === '}') {
      if (text[at + 1] !== '/' || !inRepetition) return false;
      inRepetition = false;
    } else {
      const byte = octalByte(text, at);
      if (byte === undefined || byte === 0 || (byte > 0x20 && byte < 0x7f)) return false;
      at += 2;
    }
  }
  return !inRepetition;
}

/** A word with a slash before its first dot: tomoyo_correct_path2(). */
export function isPath(text: string): boolean {
  return /^[^.]*?\//.test(text) && isWord(text);
}

/** Does it begin with a namespace: `<word>`? */
export function beginsWithNamespace(text: string): boolean {
  const first = text.split(' ', 1)[0] as string;
  return first.startsWith('<') && first.endsWith('>') && isWord(first.slice(1, -1));
}

export function isDomainName(text: string): boolean {
  if (!beginsWithNamespace(text)) return false;
  return text.split(' ').slice(1).every(isPath);
}

/** The last program of a domain name, or its namespace. */
export function lastWord(domainName: string): string {
  return domainName.slice(domainName.lastIndexOf(' ') + 1);
}

/** A file name as policy has it. */
export function encodeName(name: string): string {
  return name.replace(/[^!-[\]-~]/g, (char) =>
    char === '\\' ? '\\\\' : `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}

/** What is left of a line that is read word by word, as the kernel's parsers do. */
export class Words {
  rest: string;

  constructor(text: string) {
    this.rest = text;
  }

  /** The next word; empty at the end. */
  next(): string {
    const space = this.rest.indexOf(' ');
    const word = space < 0 ? this.rest : this.rest.slice(0, space);
    this.rest = space < 0 ? '' : this.rest.slice(space + 1);
    return word;
  }

  /** Skips this text if it comes next. */
  skip(text: string): boolean {
    if (!this.rest.startsWith(text)) return false;
    this.rest = this.rest.slice(text.length);
    return true;
  }

  /** A domain name: a namespace and all words after it that are paths. `undefined` = it is malformed. */
  domainName(): string | undefined {
    const words = this.rest.split(' ');
    let count = 1;
    while (isPath(words[count] ?? '')) count++;
    this.rest = words.slice(count).join(' ');
    const name = words.slice(0, count).join(' ');
    return isDomainName(name) ? name : undefined;
  }
}

/** Is this word one of those that are joined by slashes? Only its first occurrence counts, as in the kernel. */
export function hasKeyword(joined: string, keyword: string): boolean {
  const at = joined.indexOf(keyword);
  return at === 0 || (at > 0 && joined[at - 1] === '/');
}
