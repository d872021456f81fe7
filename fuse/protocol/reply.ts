/**
 * The reply under construction: a header of 16 bytes and a body, in one buffer that is reused for every reply of a connection and grows
 * when a body needs more. Offsets given to the writers are relative to the body.
 */
import { IN_HEADER, OUT_HEADER } from './structs.ts';

const TWO_32 = 2 ** 32;

export class FuseReply {
  buffer: Buffer;
  #view: DataView;

  constructor(capacity = 1 << 16) {
    this.buffer = Buffer.allocUnsafeSlow(OUT_HEADER.size + capacity);
    this.#view = viewOf(this.buffer);
  }

  /** Makes room for a body of `length` bytes. What was written before stays. */
  ensure(length: number): void {
    const needed = OUT_HEADER.size + length;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger);
    this.buffer = larger;
    this.#view = viewOf(larger);
  }

  zero(offset: number, length: number): void {
    this.buffer.fill(0, OUT_HEADER.size + offset, OUT_HEADER.size + offset + length);
  }

  u16(offset: number, value: number): void {
    this.#view.setUint16(OUT_HEADER.size + offset, value, true);
  }

  u32(offset: number, value: number): void {
    this.#view.setUint32(OUT_HEADER.size + offset, value, true);
  }

  u64(offset: number, value: number): void {
    this.#view.setUint32(OUT_HEADER.size + offset, value, true);
    this.#view.setUint32(OUT_HEADER.size + offset + 4, value / TWO_32, true);
  }

  i64(offset: number, value: bigint): void {
    this.#view.setBigInt64(OUT_HEADER.size + offset, value, true);
  }

  bytes(offset: number, data: Uint8Array): void {
    this.ensure(offset + data.length);
    this.buffer.set(data, OUT_HEADER.size + offset);
  }

  /** What has been written of the body; a view. */
  body(length: number): Buffer {
    return this.buffer.subarray(OUT_HEADER.size, OUT_HEADER.size + length);
  }

  /**
   * Completes the header.
   * @param header holds the in header of the request that is answered
   * @param error positive errno, 0 = success
   * @returns bytes to send
   */
  finish(header: Buffer, error: number, bodyLength: number): number {
    const length = OUT_HEADER.size + bodyLength;
    this.#view.setUint32(OUT_HEADER.at.len, length, true);
    this.#view.setInt32(OUT_HEADER.at.error, -error, true);
    for (let i = 0; i < 8; i++) {
      this.buffer[OUT_HEADER.at.unique + i] = header[IN_HEADER.at.unique + i] ?? 0;
    }
    return length;
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
