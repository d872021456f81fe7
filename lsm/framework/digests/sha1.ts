/** SHA-1 (FIPS 180-4), because this layer must not use the runtime's. */

const BLOCK = 64;
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
/** One for each 20 rounds. */
const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** The function of a round: choice, parity, majority, parity. */
function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return (b & c) | (~b & d);
  if (round < 40 || round >= 60) return b ^ c ^ d;
  return (b & c) | (b & d) | (c & d);
}

export function sha1(message: Uint8Array): Uint8Array {
  const length = Math.ceil((message.length + 9) / BLOCK) * BLOCK;
  const padded = new Uint8Array(length);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(length - 8, BigInt(message.length) * 8n);
  const state = Int32Array.from(INITIAL);
  const words = new Int32Array(80);
  for (let block = 0; block < length; block += BLOCK) {
    for (let t = 0; t < 80; t++) {
      const earlier = (back: number): number => words[t - back] ?? 0;
      words[t] = t < 16 ? view.getInt32(block + 4 * t) : rotate(earlier(3) ^ earlier(8) ^ earlier(14) ^ earlier(16), 1);
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
    for (let t = 0; t < 80; t++) {
      const next = (rotate(a, 5) + mix(t, b, c, d) + e + (words[t] ?? 0) + (CONSTANTS[Math.floor(t / 20)] ?? 0)) | 0;
      [e, d, c, b, a] = [d, c, rotate(b, 30), a, next];
    }
    [a, b, c, d, e].forEach((value, i) => {
      state[i] = (state[i] ?? 0) + value;
    });
  }
  const digest = new DataView(new ArrayBuffer(20));
  state.forEach((word, i) => void digest.setInt32(4 * i, word));
  return new Uint8Array(digest.buffer);
}
