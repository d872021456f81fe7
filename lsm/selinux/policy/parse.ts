/**
 * The binary policy parser: sections in file order (docs: policydb_read of security/selinux/ss/policydb.c). One file per section.
 */
import type { Result } from '../../../linux/errno.ts';
import { checkBounds } from './bounds.ts';
import { readConditionals } from './conditional.ts';
import { EMPTY_EBITMAP, readEbitmap } from './ebitmap.ts';
import { readFilenameTransitions } from './filename-transitions.ts';
import { readGenfs } from './genfs.ts';
import { readHeader, VERSION_NEVERAUDIT } from './header.ts';
import { readObjectContexts } from './object-contexts.ts';
import type { Places, PolicyDb } from './policydb.ts';
import { PolicyRejected, Reader, require } from './reader.ts';
import { readRules } from './rules.ts';
import { checkSymbolValues, readSymbols } from './symbols.ts';
import { readRangeTransitions, readRoleAllows, readRoleTransitions } from './transitions.ts';
import { readTypeAttributes } from './type-attributes.ts';

/**
 * Parses a binary policy. Bytes after its end are ignored. The result keeps a copy, never `bytes`, which may be a
 * transport's buffer.
 * @param maxVersion highest version of the emulated kernel: 33 for Linux 6.12; 35 is the newest known here.
 */
export function parsePolicy(bytes: Uint8Array, maxVersion: number): Result<PolicyDb> {
  try {
    return readPolicy(new Reader(new Uint8Array(bytes)), maxVersion);
  } catch (error) {
    if (error instanceof PolicyRejected) return error.errno;
    throw error;
  }
}

/**
 * How far the parser came in an image that it refuses: bytes from the start, behind what it could not take. `undefined`
 * = it is a policy.
 */
export function refusedAt(bytes: Uint8Array, maxVersion: number): number | undefined {
  const reader = new Reader(bytes);
  try {
    readPolicy(reader, maxVersion);
    return undefined;
  } catch (error) {
    if (error instanceof PolicyRejected) return reader.position;
    throw error;
  }
}

function readPolicy(reader: Reader, maxVersion: number): PolicyDb {
  const header = readHeader(reader, maxVersion);
  const { version } = header;
  const places: Partial<Record<keyof Places, number>> = {};
  const at = <T>(section: keyof Places, read: (reader: Reader) => T): T => {
    places[section] = reader.position;
    return read(reader);
  };
  const capabilities = at('capabilities', readEbitmap);
  const permissiveTypes = at('permissiveTypes', readEbitmap);
  const hasNeveraudit = version >= VERSION_NEVERAUDIT;
  const neverauditTypes = at('neverauditTypes', hasNeveraudit ? readEbitmap : () => EMPTY_EBITMAP);
  const readTables = readSymbols(reader, version);
  const symbols = readTables.tables;
  const process = symbols.classes.byName('process');
  require(process !== undefined);
  const rules = at('rules', () => readRules(reader, symbols, version));
  const { conditionals, conditionalRules } = readConditionals(reader, symbols, rules, version);
  const roleTransitions = at('roleTransitions', () => readRoleTransitions(reader, symbols, process.value, version));
  const roleAllows = at('roleAllows', () => readRoleAllows(reader, symbols));
  const filenameTransitions = at('filenameTransitions', () => readFilenameTransitions(reader, symbols, version));
  checkSymbolValues(reader, readTables);
  const processTransition = permissionBit(process.permissions.get('transition'));
  const processDyntransition = permissionBit(process.permissions.get('dyntransition'));
  require(processTransition !== 0 && processDyntransition !== 0);
  const contextTables = { ...symbols, mls: header.mls };
  const objectContexts = at('objectContexts', () => readObjectContexts(reader, contextTables, version));
  const genfs = at('genfs', () => readGenfs(reader, symbols.classes, contextTables));
  const rangeTransitions = at('rangeTransitions', () => readRangeTransitions(reader, symbols));
  const typeAttributes = readTypeAttributes(reader, symbols.types.maximum);
  checkBounds(symbols, readTables.types);
  return {
    ...header,
    ...symbols,
    image: reader.bytes.subarray(0, reader.position),
    loadedLength: reader.bytes.length,
    places: { ...places, ...readTables.places, classEnds: readTables.classEnds } as Places,
    capabilities,
    permissiveTypes,
    neverauditTypes,
    rules,
    conditionals,
    conditionalRules,
    roleTransitions,
    roleAllows,
    filenameTransitions,
    objectContexts,
    genfs,
    rangeTransitions,
    typeAttributes,
    processClass: process.value,
    processTransition,
    processDyntransition,
  };
}

function permissionBit(value: number | undefined): number {
  return value === undefined ? 0 : (1 << (value - 1)) >>> 0;
}
