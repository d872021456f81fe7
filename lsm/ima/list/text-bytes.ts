/**
 * Text that is put together byte by byte. Records are short and many: a string for each part of each of them costs several times as much.
 */

const FIRST = 1 << 8;
/** Both digits of each byte, one byte's after the other's. */
const HEX = Buffer.from(
  Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''),
  'latin1',
);

export class TextBytes {
  #bytes = Buffer.allocUnsafeSlow(FIRST);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param text a byte string. */
  text(text: string): void {
    const end = this.#reserve(text.length);
    for (let at = this.#length, next = 0; at < end; at++, next++) this.#bytes[at] = text.charCodeAt(next);
    this.#length = end;
  }

  /** Those before the first NUL, or all. @returns how many. */
  untilNul(bytes: Uint8Array): number {
    this.#reserve(bytes.length);
    let count = 0;
    for (let byte = bytes[count]; byte !== undefined && byte !== 0; byte = bytes[++count])
      this.#bytes[this.#length + count] = byte;
    this.#length += count;
    return count;
  }

  /** In lower-case hexadecimal, from one of them on. */
  hex(bytes: Uint8Array, start = 0): void {
    const end = this.#reserve(2 * Math.max(0, bytes.length - start));
    let at = this.#length;
    for (let index = start; index < bytes.length; index++) {
      const digits = 2 * (bytes[index] ?? 0);
      this.#bytes[at++] = HEX[digits] ?? 0;
      this.#bytes[at++] = HEX[digits + 1] ?? 0;
    }
    this.#length = end;
  }

  /** The memory itself, which later parts leave as it is. */
  part(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  /** What is behind goes. */
  cut(length: number): void {
    this.#length = length;
  }

  toString(): string {
    return this.#bytes.toString('latin1', 0, this.#length);
  }

  /** @returns where so many bytes more will end. */
  #reserve(count: number): number {
    const end = this.#length + count;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    return end;
  }
}
