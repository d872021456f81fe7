/**
 * Text as the kernel has it: bytes.
 *
 * Strings in node code are byte strings: one character is one byte (latin-1), so that nothing a program writes is altered on its way
 * through, whatever its encoding.
 */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

export function textOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('latin1');
}

/** In lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('hex');
}

/** The same memory. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Content given as text or bytes. */
export type Content = string | Uint8Array;

export function contentBytes(content: Content): Uint8Array {
  return typeof content === 'string' ? bytesOf(content) : content;
}

/** What a read of `length` bytes at `offset` gets of a whole content (the kernel's simple_read_from_buffer). */
export function slice(content: Uint8Array, length: number, offset: number): Uint8Array {
  return content.subarray(Math.min(offset, content.length), Math.min(offset + length, content.length));
}

/** The bytes before the first NUL: what C string functions see. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
