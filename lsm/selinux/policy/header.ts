/**
 * The header of a policy image: magic, "SE Linux", version, configuration bits, numbers of tables (POLICYDB_* of ss/policydb.h).
 */
import type { ImageWriter } from './image-writer.ts';
import type { PolicyHeader } from './policydb.ts';
import { type Reader, require } from './reader.ts';

export const MAGIC = 0xf97cff8c;
const IDENTIFIER = 'SE Linux';
/** Nobody ships older ones. */
export const MIN_VERSION = 24;
/** Newest version whose format is known here. */
export const MAX_VERSION = 35;

/** First version that has a set of types about which nothing is logged. */
export const VERSION_NEVERAUDIT = 35;

const CONFIG_MLS = 1;
const CONFIG_REJECT_UNKNOWN = 2;
const CONFIG_ALLOW_UNKNOWN = 4;

const SYMBOL_TABLES = 8;

/** Number of object context lists. */
export function objectContextLists(version: number): number {
  return version >= 31 ? 9 : 7;
}

/** Writes the header at the start of an image that was accepted, as the kernel does. */
export function copyHeader(image: Reader, out: ImageWriter): void {
  out.u32(image.u32());
  out.sized(image.string(image.u32()));
  out.u32(image.u32());
  out.u32(image.u32() & (CONFIG_MLS | CONFIG_REJECT_UNKNOWN | CONFIG_ALLOW_UNKNOWN));
  out.u32(image.u32(), image.u32());
}

export function readHeader(reader: Reader, maxVersion: number): PolicyHeader {
  require(reader.u32() === MAGIC && reader.u32() === IDENTIFIER.length);
  require(reader.string(IDENTIFIER.length) === IDENTIFIER);
  const version = reader.u32();
  const config = reader.u32();
  const symbolTables = reader.u32();
  const contextLists = reader.u32();
  require(version >= MIN_VERSION && version <= Math.min(maxVersion, MAX_VERSION));
  require(symbolTables === SYMBOL_TABLES && contextLists === objectContextLists(version));
  return {
    version,
    mls: (config & CONFIG_MLS) !== 0,
    handleUnknown:
      (config & CONFIG_REJECT_UNKNOWN) !== 0 ? 'reject' : (config & CONFIG_ALLOW_UNKNOWN) !== 0 ? 'allow' : 'deny',
  };
}
