/**
 * The header of a policy image: magic, "SE Linux", version, configuration bits, numbers of tables (POLICYDB_* of ss/policydb.h).
 */
import type { PolicyHeader } from './policydb.ts';
import { type Reader, require } from './reader.ts';

export const MAGIC = 0xf97cff8c;
const IDENTIFIER = 'SE Linux';
/** Nobody ships older ones. */
export const MIN_VERSION = 24;
/** Newest version whose format is known here. */
export const MAX_VERSION = 35;

const CONFIG_MLS = 1;
const CONFIG_REJECT_UNKNOWN = 2;
const CONFIG_ALLOW_UNKNOWN = 4;

const SYMBOL_TABLES = 8;

/** Number of object context lists. */
export function objectContextLists(version: number): number {
  return version >= 31 ? 9 : 7;
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
