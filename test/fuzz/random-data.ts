/** Random bytes and texts for what reads from others. */
import type { Random } from '../selinux/random.ts';

/** A copy with some bytes changed, doubled, cut off or put in. */
export function damaged(original: Uint8Array, random: Random): Uint8Array {
  let bytes = Buffer.from(original);
  for (let change = 1 + random.below(4); change > 0; change--) {
    const at = random.below(bytes.length + 1);
    switch (random.below(5)) {
      case 0:
        bytes = bytes.subarray(0, at);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), noise(random, 1 + random.below(8)), bytes.subarray(at)]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + random.below(16)))]);
        break;
      default:
        if (at < bytes.length) bytes[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    }
  }
  return bytes;
}

export function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

/** Words, joined by something. */
export function sentence(
  words: readonly string[],
  random: Random,
  separators = [' ', ' ', ' ', '\0', '\n', ''],
): string {
  let text = '';
  for (let count = random.below(7); count > 0; count--) text += random.pick(words) + random.pick(separators);
  return text;
}
