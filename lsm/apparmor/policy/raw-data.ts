/** A policy blob as it was written, kept compressed as long as there is a profile that came from it. */

/** How blobs are kept. */
export interface Compression {
  readonly level: number;
  compress(bytes: Uint8Array): Uint8Array;
  decompress(stored: Uint8Array, size: number): Uint8Array;
}

export const UNCOMPRESSED: Compression = {
  level: 0,
  compress: (bytes) => Uint8Array.from(bytes),
  decompress: (stored) => stored,
};

export class RawData {
  /** Directory below raw_data/: the namespace's revision before the load. */
  readonly name: string;
  /** The namespace's revision after the load, or the latest load of the same bytes. */
  revision = 0;
  /** Bytes of the blob. */
  readonly size: number;
  /** Kernel ABI of the stream's last header: `v<abi>` in `abi`. */
  readonly abi: number;
  /** Stays whatever becomes of its profiles: the kernel loses count of what it holds after some loads. */
  pinned = false;
  /** SHA-256 in lower-case hex. */
  readonly sha256: string;
  readonly #stored: Uint8Array;
  readonly #compression: Compression;

  /** @param data `stored` is the blob as `compression` made it. */
  constructor(
    data: { name: string; size: number; stored: Uint8Array; abi: number; sha256: string },
    compression: Compression,
  ) {
    this.name = data.name;
    this.size = data.size;
    this.abi = data.abi;
    this.sha256 = data.sha256;
    this.#stored = data.stored;
    this.#compression = compression;
  }

  get compressedSize(): number {
    return this.#stored.length;
  }

  get bytes(): Uint8Array {
    return this.#compression.decompress(this.#stored, this.size);
  }
}
