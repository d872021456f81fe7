/**
 * The version of a binary policy image, and the step down that a kernel below version 34 needs.
 *
 * A distribution ships the newest version its compiler knows; libselinux's load_policy lets libsepol write an older one
 * when the kernel asks for less. Version 34 only allows extended permissions inside conditionals and changes no
 * encoding, so an image that has none becomes version 33 by its version word alone; one that has some is then refused
 * by the parser, as it must be. Header: magic, length of "SE Linux" (8), that string, version (little-endian u32 at
 * byte 16).
 */
import { SELINUX_MAGIC } from '../../../linux/magic.ts';

const VERSION_OFFSET = 16;
/** That {@link forKernel} makes loadable for Linux 6.12. */
export const NEWEST_LOADED = 34;

/** Version number of an image; `undefined` when it does not start like a policy. */
export function policyVersion(image: Uint8Array): number | undefined {
  if (image.length < VERSION_OFFSET + 4) return undefined;
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (view.getUint32(0, true) !== SELINUX_MAGIC) return undefined;
  return view.getUint32(VERSION_OFFSET, true);
}

/** The image for a kernel that accepts versions up to `newest`; unchanged where nothing can or need be done. */
export function forKernel(image: Uint8Array, newest: number): Uint8Array {
  if (policyVersion(image) !== 34 || newest !== 33) return image;
  const lowered = image.slice();
  new DataView(lowered.buffer).setUint32(VERSION_OFFSET, newest, true);
  return lowered;
}
