/**
 * The kernel's sscanf() for the conversions that pseudo-files use (lib/vsprintf.c, vsscanf()).
 *
 * Rules that differ from C's: `%d` takes a minus but no plus, `%u` no sign at all; numbers wrap instead of saturating; scanning stops
 * at the first NUL; what follows the last conversion is ignored. White space is the kernel's: it includes 0xa0.
 */
import { textOf } from '../../linux/bytes.ts';

const SPACES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0xa0]);

export function isSpace(byte: number | undefined): boolean {
  return byte !== undefined && SPACES.has(byte);
}

/** `%s` a word, `%d` int, `%u` unsigned int, `%hu` unsigned short. */
export type Conversion = 's' | 'd' | 'u' | 'hu';
/** One value per conversion; `undefined` from the first one that failed on. */
export type Scanned<F extends readonly Conversion[]> = {
  -readonly [I in keyof F]: (F[I] extends 's' ? string : number) | undefined;
};

/** sscanf(bytes, "%a %b ..."): conversions separated by white space. */
export function scanFields<const F extends readonly Conversion[]>(bytes: Uint8Array, conversions: F): Scanned<F> {
  const cursor = new Cursor(bytes);
  let failed = false;
  const values = conversions.map((conversion, index) => {
    if (index > 0) cursor.skipSpaces();
    const value = failed || cursor.atEnd() ? undefined : convert(cursor, conversion);
    failed ||= value === undefined;
    return value;
  });
  return values as Scanned<F>;
}

/** sscanf(bytes, "%d"). */
export function scanInt(bytes: Uint8Array): number | undefined {
  return scanFields(bytes, ['d'])[0];
}

/** sscanf(bytes, "%u"). */
export function scanUnsigned(bytes: Uint8Array): number | undefined {
  return scanFields(bytes, ['u'])[0];
}

function convert(cursor: Cursor, conversion: Conversion): string | number | undefined {
  if (conversion === 's') return cursor.word();
  const value = cursor.integer(conversion === 'd');
  if (value === undefined) return undefined;
  if (conversion === 'd') return value | 0;
  return conversion === 'u' ? value : value & 0xffff;
}

class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The end of the buffer counts as its terminating NUL. */
  #peek(ahead = 0): number {
    return this.#bytes[this.#at + ahead] ?? 0;
  }

  atEnd(): boolean {
    return this.#peek() === 0;
  }

  skipSpaces(): void {
    while (isSpace(this.#peek())) this.#at++;
  }

  /** A possibly empty word: `%s` succeeds on white space alone. */
  word(): string {
    this.skipSpaces();
    const start = this.#at;
    while (!this.atEnd() && !isSpace(this.#peek())) this.#at++;
    return textOf(this.#bytes.subarray(start, this.#at));
  }

  /** Decimal digits modulo 2^32; undefined when there is none. */
  integer(signed: boolean): number | undefined {
    this.skipSpaces();
    const negative = signed && this.#peek() === 0x2d;
    if (!isDigit(this.#peek(negative ? 1 : 0))) return undefined;
    if (negative) this.#at++;
    let value = 0;
    for (; isDigit(this.#peek()); this.#at++) value = (value * 10 + this.#peek() - 0x30) % 2 ** 32;
    return negative ? -value >>> 0 : value;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
