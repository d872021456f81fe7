/** Object contexts, copied from the image: lists in their order, ranges and sets in the form that the kernel writes. */
import { objectContextLists } from './header.ts';
import type { ImageWriter } from './image-writer.ts';
import { readRange } from './mls.ts';
import type { Reader } from './reader.ts';

export function copyObjectContexts(image: Reader, version: number, out: ImageWriter): void {
  const context = (): void => {
    out.raw(image.raw(12)); // user, role, type
    out.range(readRange(image));
  };
  const name = (): void => out.sized(image.string(image.u32()));
  const fixedPart =
    (length: number): (() => void) =>
    () => {
      out.raw(image.raw(length));
      context();
    };
  const twoContexts = (): void => {
    name();
    context();
    context();
  };
  const lists: (() => void)[] = [
    fixedPart(4), // initial SIDs: number
    twoContexts, // fs
    fixedPart(12), // ports: protocol, low, high
    twoContexts, // network interfaces
    fixedPart(8), // IPv4 nodes: address, mask
    () => {
      out.u32(image.u32()); // fs_use: behaviour
      name();
      context();
    },
    fixedPart(32), // IPv6 nodes: address, mask
    fixedPart(16), // InfiniBand keys: subnet prefix, low, high
    () => {
      const length = image.u32(); // InfiniBand ports
      const port = image.u32();
      out.named(image.string(length), port);
      context();
    },
  ];
  for (const copy of lists.slice(0, objectContextLists(version))) {
    const count = image.u32();
    out.u32(count);
    for (let i = 0; i < count; i++) copy();
  }
}
