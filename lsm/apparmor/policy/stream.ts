/**
 * Cursor over the tagged little-endian stream that policy is written in (policy_unpack.c).
 *
 * Every reader tries one element: it moves past the element and returns its value, or stays where it was and returns `undefined`, because
 * that is how optional elements are found. A truncated element is an element that is not there. Nothing is copied or allocated.
 */
import { textOf } from '../../../linux/bytes.ts';

const CODE = {
  u8: 0,
  u16: 1,
  u32: 2,
  u64: 3,
  name: 4,
  string: 5,
  blob: 6,
  struct: 7,
  structEnd: 8,
  list: 9,
  listEnd: 10,
  array: 11,
  arrayEnd: 12,
} as const;

export class PolicyStream {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  u8(name?: string): number | undefined {
    return this.#try(() =>
      this.#header(CODE.u8, name) && this.#has(1) ? this.#view.getUint8(this.#skip(1)) : undefined,
    );
  }

  u32(name?: string): number | undefined {
    return this.#try(() =>
      this.#header(CODE.u32, name) && this.#has(4) ? this.#view.getUint32(this.#skip(4), true) : undefined,
    );
  }

  u64(name?: string): bigint | undefined {
    return this.#try(() =>
      this.#header(CODE.u64, name) && this.#has(8) ? this.#view.getBigUint64(this.#skip(8), true) : undefined,
    );
  }

  /** Number of elements of an array. */
  array(name?: string): number | undefined {
    return this.#try(() => (this.#header(CODE.array, name) && this.#has(2) ? this.#u16() : undefined));
  }

  arrayEnd(): boolean {
    return this.#try(() => this.#header(CODE.arrayEnd, undefined) || undefined) ?? false;
  }

  struct(name: string): boolean {
    return this.#try(() => this.#header(CODE.struct, name) || undefined) ?? false;
  }

  structEnd(): boolean {
    return this.#try(() => this.#header(CODE.structEnd, undefined) || undefined) ?? false;
  }

  /** A string as it is stored, inner NULs included, without the NUL at its end. */
  rawString(name?: string): string | undefined {
    return this.#try(() => {
      if (!this.#header(CODE.string, name)) return undefined;
      const chunk = this.#chunk();
      return chunk !== undefined && chunk.at(-1) === 0 ? textOf(chunk.subarray(0, -1)) : undefined;
    });
  }

  /** A string as C code sees it: up to its first NUL. */
  string(name?: string): string | undefined {
    const raw = this.rawString(name);
    return raw === undefined ? undefined : raw.split('\0', 1)[0];
  }

  /** A view of the blob's bytes; an empty blob is none. */
  blob(name?: string): Uint8Array | undefined {
    return this.#try(() => {
      if (!(this.#header(CODE.blob, name) && this.#has(4))) return undefined;
      const length = this.#view.getUint32(this.#skip(4), true);
      if (length === 0 || !this.#has(length)) return undefined;
      const at = this.#skip(length);
      return this.bytes.subarray(at, at + length);
    });
  }

  /** The name tag, if `name` asks for one (any tag is skipped otherwise), and the type code. */
  #header(code: number, name: string | undefined): boolean {
    if (this.bytes[this.position] === CODE.name) {
      this.#skip(1);
      const tag = this.#chunk();
      if (name !== undefined && (tag === undefined || tag.at(-1) !== 0 || cString(tag) !== name)) return false;
    } else if (name !== undefined) return false;
    if (this.bytes[this.position] !== code) return false;
    this.#skip(1);
    return true;
  }

  /** Bytes with a 16 bit length in front; an empty one is none. */
  #chunk(): Uint8Array | undefined {
    const start = this.position;
    if (this.#has(2)) {
      const length = this.#u16();
      if (length > 0 && this.#has(length)) {
        const at = this.#skip(length);
        return this.bytes.subarray(at, at + length);
      }
      if (length === 0) return undefined;
    }
    this.position = start;
    return undefined;
  }

  #u16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  #has(length: number): boolean {
    return length <= this.bytes.length - this.position;
  }

  #skip(length: number): number {
    const at = this.position;
    this.position += length;
    return at;
  }

  #try<T>(read: () => T | undefined): T | undefined {
    const start = this.position;
    const value = read();
    if (value === undefined) this.position = start;
    return value;
  }
}

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOf(end < 0 ? bytes : bytes.subarray(0, end));
}
