/**
 * A parsed SELinux kernel policy: what the binary file says, indexed for decisions, and immutable. What changes at run time (boolean
 * values, enabled conditional rules) is in decide/policy-state.ts.
 *
 * All values (types, roles, classes, ...) are the 1-based numbers of the file. All names and context texts are strings of bytes: one
 * character per byte (latin-1), since the kernel gives no meaning to bytes above 127.
 */
import type { AvTable } from './avtab.ts';
import type { ConditionalNode } from './conditional.ts';
import type { MlsRange, SymbolTables } from './datums.ts';
import type { Ebitmap } from './ebitmap.ts';
import type { FilenameTransitions } from './filename-transitions.ts';
import type { Sid } from './sid.ts';
import type { TypeAttributes } from './type-attributes.ts';

/** A security context by value numbers of one policy. */
export interface Context {
  readonly user: number;
  readonly role: number;
  readonly type: number;
  readonly range: MlsRange;
}

export interface PortContext {
  readonly protocol: number;
  readonly low: number;
  readonly high: number;
  readonly context: Context;
}

export interface NodeContext {
  /** Network order: 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
  readonly context: Context;
}

export interface NetifContext {
  readonly name: string;
  readonly context: Context;
}

export interface FsUse {
  readonly behaviour: number;
  readonly name: string;
  readonly context: Context;
}

export interface InfinibandKeyContext {
  /** Network order, 8 bytes. */
  readonly subnetPrefix: Uint8Array;
  readonly low: number;
  readonly high: number;
  readonly context: Context;
}

export interface InfinibandPortContext {
  readonly device: string;
  readonly port: number;
  readonly context: Context;
}

export interface GenfsEntry {
  readonly path: string;
  /** 0 = any class. */
  readonly class: number;
  readonly context: Context;
}

export interface ObjectContexts {
  readonly initialSids: ReadonlyMap<Sid, Context>;
  readonly ports: readonly PortContext[];
  readonly netifs: readonly NetifContext[];
  readonly ipv4Nodes: readonly NodeContext[];
  readonly ipv6Nodes: readonly NodeContext[];
  readonly fsUses: readonly FsUse[];
  readonly infinibandKeys: readonly InfinibandKeyContext[];
  readonly infinibandPorts: readonly InfinibandPortContext[];
}

export interface RoleAllow {
  readonly role: number;
  readonly newRole: number;
}

/** What to do with classes and permissions the kernel knows and the policy does not. */
export type HandleUnknown = 'deny' | 'reject' | 'allow';

export interface PolicyHeader {
  readonly version: number;
  readonly mls: boolean;
  readonly handleUnknown: HandleUnknown;
}

/** Where sections begin in the image, in bytes. */
export interface Places extends Readonly<Record<keyof SymbolTables, number>> {
  readonly capabilities: number;
  readonly permissiveTypes: number;
  readonly neverauditTypes: number;
  readonly rules: number;
  readonly roleTransitions: number;
  readonly roleAllows: number;
  readonly filenameTransitions: number;
  readonly objectContexts: number;
  readonly genfs: number;
  readonly rangeTransitions: number;
  /** Where each class ends, in file order. */
  readonly classEnds: ArrayLike<number>;
}

export interface PolicyDb extends PolicyHeader, SymbolTables {
  /** The image that was parsed, without what followed its end. Not to be changed. */
  readonly image: Uint8Array;
  /** Bytes that were loaded, with what followed the end of the policy. */
  readonly loadedLength: number;
  readonly places: Places;
  /** Bit = capability id. */
  readonly capabilities: Ebitmap;
  /** Bit = type value (not value - 1). */
  readonly permissiveTypes: Ebitmap;
  readonly neverauditTypes: Ebitmap;
  readonly rules: AvTable;
  readonly conditionalRules: AvTable;
  readonly conditionals: readonly ConditionalNode[];
  /** Key: {@link ruleKey}(role, type, class). */
  readonly roleTransitions: ReadonlyMap<number, number>;
  readonly roleAllows: readonly RoleAllow[];
  readonly filenameTransitions: FilenameTransitions;
  /** Key: {@link ruleKey}(source type, target type, class). */
  readonly rangeTransitions: ReadonlyMap<number, MlsRange>;
  readonly objectContexts: ObjectContexts;
  /** By filesystem type; entries by descending path length. */
  readonly genfs: ReadonlyMap<string, readonly GenfsEntry[]>;
  readonly typeAttributes: TypeAttributes;
  /** The values the kernel itself relies on. */
  readonly processClass: number;
  readonly processTransition: number;
  readonly processDyntransition: number;
}

/** `object_r`, the role of objects: exempt from the role and user checks of a context. */
export const OBJECT_R = 1;

/** Three 16-bit values as one map key. */
export function ruleKey(first: number, second: number, third: number): number {
  return (first * 0x10000 + second) * 0x10000 + third;
}

/** The values of a {@link ruleKey}. */
export function ruleKeyValues(key: number): [first: number, second: number, third: number] {
  const ends = Math.floor(key / 0x10000);
  return [ends >>> 16, ends & 0xffff, key % 0x10000];
}
