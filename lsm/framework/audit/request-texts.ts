/**
 * Texts that stand one after the other in a request: audit_unpack_string() of kernel/auditfilter.c. Latin-1: a character is a byte.
 */
import { E, type Result } from '../../../linux/errno.ts';
import { PATH_MAX } from '../../../linux/fs.ts';

export class RequestTexts {
  readonly #bytes: Uint8Array;
  #at: number;

  /** @param at where the first one begins. */
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** With the NULs that are in it. */
  next(length: number): Result<string> {
    if (length === 0 || length > this.#bytes.length - this.#at) return E.EINVAL;
    if (length > PATH_MAX) return E.ENAMETOOLONG;
    const text = String.fromCharCode(...this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return text;
  }
}

/** What is left of a text that the kernel has unpacked: all of it up to a NUL. */
export function untilFirstNul(text: string): string {
  return text.split('\0', 1)[0] ?? '';
}
