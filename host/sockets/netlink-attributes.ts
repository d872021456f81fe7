/** struct nlattr of include/uapi/linux/netlink.h: u16 length with this header, u16 type, then the value; aligned to four bytes. */
const HEADER = 4;

/** Types and values of the attributes that begin at `from` in a message. */
export function* attributesIn(message: Uint8Array, from: number): Iterable<readonly [type: number, value: Buffer]> {
  const all = Buffer.from(message.buffer, message.byteOffset, message.length);
  for (let at = from; at + HEADER <= all.length; ) {
    const length = all.readUInt16LE(at);
    yield [all.readUInt16LE(at + 2), all.subarray(at + HEADER, Math.max(at + length, at + HEADER))];
    at += Math.max(HEADER, (length + 3) & ~3);
  }
}
