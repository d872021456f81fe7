/**
 * What the symbol tables of a policy have: classes, roles, types, users, booleans, levels, categories (ss/policydb.h).
 */
import type { Ebitmap } from './ebitmap.ts';
import type { Named, SymbolTable } from './symbol-table.ts';
import type { TypeTable } from './type-table.ts';

export interface MlsLevel {
  /** 0 in a policy without MLS. */
  readonly sensitivity: number;
  /** Bit i = category value i+1. */
  readonly categories: Ebitmap;
}

export interface MlsRange {
  readonly low: MlsLevel;
  readonly high: MlsLevel;
}

export interface CommonDatum extends Named {
  readonly permissions: SymbolTable<Named>;
}

/** 0 = unset. */
export type DefaultSource = 0 | 1 | 2;
/** 0 unset, 1 source low, 2 source high, 3 source low-high, 4 target low, 5 target high, 6 target low-high, 7 glblub. */
export type DefaultRange = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface ClassDatum extends Named {
  readonly common: CommonDatum | undefined;
  /** Own permissions and those of the common. */
  readonly permissions: ReadonlyMap<string, number>;
  /** Name of permission value i+1 (bit i). */
  readonly permissionNames: readonly (string | undefined)[];
  readonly constraints: readonly Constraint[];
  readonly validateTransitions: readonly Constraint[];
  readonly defaultUser: DefaultSource;
  readonly defaultRole: DefaultSource;
  readonly defaultType: DefaultSource;
  readonly defaultRange: DefaultRange;
}

export interface Constraint {
  /** The constraint applies when the wanted vector meets this mask. Meaningless for validatetrans. */
  readonly permissions: number;
  /** Reverse Polish. */
  readonly expression: readonly ConstraintTerm[];
}

export interface ConstraintTerm {
  /** 1 not, 2 and, 3 or, 4 attribute comparison, 5 attribute against names. */
  readonly kind: number;
  /** CEXPR_* bits: 1 user, 2 role, 4 type, 8 target, 16 third context, 32.. level pairs. */
  readonly attribute: number;
  /** 1 eq, 2 ne, 3 dom, 4 domby, 5 incomp. */
  readonly operator: number;
  /** Kind 5 only. */
  readonly names: Ebitmap;
  /** The same of types as the source has it; `undefined`: the image does not say, as before version 29. */
  readonly written?: TypeSet | undefined;
}

/** A set of types in source text. */
export interface TypeSet {
  /** Types and attributes: bit i = value i+1. */
  readonly names: Ebitmap;
  /** Those after a minus. */
  readonly excluded: Ebitmap;
  /** `*` */
  readonly isAll: boolean;
  /** `~` */
  readonly isComplement: boolean;
}

export interface RoleDatum extends Named {
  /** Value of the bounding role, 0 = none. */
  readonly bounds: number;
  readonly dominates: Ebitmap;
  readonly types: Ebitmap;
}

export interface UserDatum extends Named {
  readonly bounds: number;
  readonly roles: Ebitmap;
  readonly range: MlsRange;
  readonly defaultLevel: MlsLevel;
}

export interface BooleanDatum extends Named {
  /** Value in the file. */
  readonly state: 0 | 1;
}

export interface LevelDatum extends Named {
  readonly isAlias: boolean;
  readonly level: MlsLevel;
}

export interface CategoryDatum extends Named {
  readonly isAlias: boolean;
}

export interface SymbolTables {
  readonly commons: SymbolTable<CommonDatum>;
  readonly classes: SymbolTable<ClassDatum>;
  readonly roles: SymbolTable<RoleDatum>;
  readonly types: TypeTable;
  readonly users: SymbolTable<UserDatum>;
  readonly booleans: SymbolTable<BooleanDatum>;
  readonly levels: SymbolTable<LevelDatum>;
  readonly categories: SymbolTable<CategoryDatum>;
}
