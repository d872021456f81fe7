/**
 * zstd 1.5.2, the version in Linux 6.12, whose sizes show in interfaces: other versions differ by some bytes, and Node 20 has none.
 *
 * A WebAssembly build, loaded by the first use: about 10 ms. Its own loader is asynchronous; the file is read and
 * compiled here instead, so that compression is a function like any other.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Zstd } from '../../../lsm/framework/facts.ts';

/** The compiled module with its loader's names; `HEAPU8` is replaced when its memory grows. */
interface Library {
  readonly HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(address: number): void;
  _compressBound(size: number): number;
  /** @returns bytes written, -1 for an error. */
  _compress(to: number, room: number, from: number, size: number, level: number): number;
  _decompress(to: number, room: number, from: number, size: number): number;
}

export function lazyZstd(): Zstd {
  let loaded: Library | undefined;
  const library = (): Library => {
    loaded ??= load();
    return loaded;
  };
  return {
    compress: (data, level) => {
      const zstd = library();
      const room = zstd._compressBound(data.length);
      return convert(zstd, data, room, (to, from) => zstd._compress(to, room, from, data.length, level));
    },
    decompress: (frame, size) => {
      const zstd = library();
      return convert(zstd, frame, size, (to, from) => zstd._decompress(to, size, from, frame.length));
    },
  };
}

function convert(
  zstd: Library,
  data: Uint8Array,
  room: number,
  work: (to: number, from: number) => number,
): Uint8Array {
  const from = zstd._malloc(data.length);
  const to = zstd._malloc(room);
  try {
    if (from === 0 || to === 0) throw new Error(`zstd has no memory for ${data.length} bytes`);
    zstd.HEAPU8.set(data, from);
    const size = work(to, from);
    if (size < 0) throw new Error(`zstd cannot convert ${data.length} bytes`);
    return zstd.HEAPU8.slice(to, to + size);
  } finally {
    zstd._free(from);
    zstd._free(to);
  }
}

/** What is used of the global `WebAssembly`, which the types of Node 20 leave out. */
interface WebAssemblyGlobal {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

function load(): Library {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyGlobal };
  const require = createRequire(import.meta.url);
  const code = new WebAssembly.Module(readFileSync(require.resolve('@foxglove/wasm-zstd/dist/wasm-zstd.wasm')));
  const module = {
    instantiateWasm: (imports: object, receive: (instance: object) => void) => {
      const instance = new WebAssembly.Instance(code, imports);
      receive(instance);
      return instance.exports;
    },
  };
  const fill = require('@foxglove/wasm-zstd/dist/wasm-zstd.js') as (module: object) => unknown;
  fill(module);
  return module as unknown as Library;
}
