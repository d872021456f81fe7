/**
 * What modules have parsed from images that several stacks of one program load: each is parsed once, and kept as long as a
 * stack uses it. Whatever is parsed never changes.
 */

/** @param image what it was parsed from. */
export interface ParsedImage {
  readonly image: Uint8Array;
}

export class SharedImages {
  readonly #parsed = new Map<string, WeakRef<ParsedImage>[]>();

  /** @param kind whose images these are. @returns what was parsed from an image that begins like `image` and is no longer. */
  find(kind: string, image: Uint8Array): ParsedImage | undefined {
    for (const reference of this.#parsed.get(kind) ?? []) {
      const parsed = reference.deref();
      if (parsed !== undefined && isOf(parsed, image)) return parsed;
    }
    return undefined;
  }

  add(kind: string, parsed: ParsedImage): void {
    const live = (this.#parsed.get(kind) ?? []).filter((reference) => reference.deref() !== undefined);
    this.#parsed.set(kind, [...live, new WeakRef(parsed)]);
  }
}

/** Bytes after the end of an image are ignored. */
export function isOf({ image }: ParsedImage, bytes: Uint8Array): boolean {
  return bytes.length >= image.length && Buffer.compare(image, bytes.subarray(0, image.length)) === 0;
}
