/** SHA-256 (FIPS 180-4), because this layer must not use the runtime's. The constants are derived as the standard defines them. */

const BLOCK = 64;

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/** The first 32 bits of the fraction of a root. Doubles are exact enough for the 64 roots that are needed (tested). */
function fraction(root: number): number {
  return ((root - Math.floor(root)) * 2 ** 32) >>> 0;
}

const ROUND: readonly number[] = primes(64).map((prime) => fraction(Math.cbrt(prime)));
const INITIAL: readonly number[] = primes(8).map((prime) => fraction(Math.sqrt(prime)));

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function padded(message: Uint8Array): DataView {
  const length = Math.ceil((message.length + 9) / BLOCK) * BLOCK;
  const bytes = new Uint8Array(length);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setBigUint64(length - 8, BigInt(message.length) * 8n);
  return view;
}

function compress(state: Uint32Array, view: DataView, block: number, words: Uint32Array): void {
  for (let t = 0; t < 16; t++) words[t] = view.getUint32(block + 4 * t);
  const word = (t: number) => words[t] ?? 0;
  for (let t = 16; t < 64; t++) {
    const a = word(t - 15);
    const b = word(t - 2);
    const small0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const small1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    words[t] = small1 + word(t - 7) + small0 + word(t - 16);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const large1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + large1 + choice + (ROUND[t] ?? 0) + word(t)) | 0;
    const large0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + large0 + majority) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => {
    state[i] = (state[i] ?? 0) + value;
  });
}

/** @returns the digest in lower-case hex. */
export function sha256(...parts: readonly Uint8Array[]): string {
  const message = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  const view = padded(message);
  const state = Uint32Array.from(INITIAL);
  const words = new Uint32Array(64);
  for (let block = 0; block < view.byteLength; block += BLOCK) compress(state, view, block, words);
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
}
