/**
 * Constraints of a class: a permission mask and an expression in reverse Polish notation (constraint_expr of ss/constraint.h).
 */

import type { Constraint, ConstraintTerm, TypeSet } from './datums.ts';
import { type Ebitmap, EMPTY_EBITMAP, readEbitmap, skipEbitmap } from './ebitmap.ts';
import { Reader, require } from './reader.ts';

export const TERM_NOT = 1;
export const TERM_AND = 2;
export const TERM_OR = 3;
export const TERM_ATTRIBUTE = 4;
export const TERM_NAMES = 5;

export const ATTRIBUTE_USER = 1;
export const ATTRIBUTE_ROLE = 2;
export const ATTRIBUTE_TYPE = 4;
export const ATTRIBUTE_TARGET = 8;
/** The third context of validatetrans. */
export const ATTRIBUTE_XTARGET = 16;
export const ATTRIBUTE_L1L2 = 32;
export const ATTRIBUTE_L1H2 = 64;
export const ATTRIBUTE_H1L2 = 128;
export const ATTRIBUTE_H1H2 = 256;
export const ATTRIBUTE_L1H1 = 512;
export const ATTRIBUTE_L2H2 = 1024;

export const OPERATOR_EQ = 1;
export const OPERATOR_NE = 2;
export const OPERATOR_DOM = 3;
export const OPERATOR_DOMBY = 4;
export const OPERATOR_INCOMP = 5;

/** CEXPR_MAXDEPTH: highest number of operands on the stack. */
const MAX_DEPTH = 5;

/** Flags of a type set. */
const TYPE_STAR = 1;
const TYPE_COMPLEMENT = 2;

/** First version that stores the type set as written in the source beside the names. */
export const VERSION_CONSTRAINT_NAMES = 29;

/** `third`: validatetrans, where terms may name the third context. */
export function readConstraints(reader: Reader, count: number, third: boolean, version: number): Constraint[] {
  const constraints: Constraint[] = [];
  walkConstraints(reader, count, third, version, constraints);
  return constraints;
}

/** Goes past what {@link readConstraints} would accept, and makes nothing of it. */
export function skipConstraints(reader: Reader, count: number, third: boolean, version: number): void {
  walkConstraints(reader, count, third, version, undefined);
}

function walkConstraints(
  reader: Reader,
  count: number,
  third: boolean,
  version: number,
  constraints: Constraint[] | undefined,
): void {
  for (let i = 0; i < count; i++) {
    const permissions = reader.u32();
    const terms = reader.u32();
    const expression: ConstraintTerm[] | undefined = constraints && [];
    let depth = 0;
    for (let j = 0; j < terms; j++) {
      const kind = reader.u32();
      const attribute = reader.u32();
      const operator = reader.u32();
      require(kind >= TERM_NOT && kind <= TERM_NAMES);
      const at = reader.position;
      if (kind === TERM_NAMES) {
        require(third || (attribute & ATTRIBUTE_XTARGET) === 0);
        skipNames(reader, version);
      }
      if (kind === TERM_NOT) require(depth >= 1);
      else if (kind === TERM_AND || kind === TERM_OR) {
        require(depth >= 2);
        depth--;
      } else {
        require(depth < MAX_DEPTH);
        depth++;
      }
      expression?.push(
        kind === TERM_NAMES
          ? new NamesTerm(attribute, operator, reader.bytes, at, version)
          : { kind, attribute, operator, names: EMPTY_EBITMAP },
      );
    }
    require(depth === 1);
    if (expression !== undefined) constraints?.push({ permissions, expression });
  }
}

function skipNames(reader: Reader, version: number): void {
  skipEbitmap(reader);
  if (version < VERSION_CONSTRAINT_NAMES) return;
  // A TypeSet. Kernels make nothing of it.
  skipEbitmap(reader);
  skipEbitmap(reader);
  reader.u32();
}

/** Its sets are checked when the policy is read, and made when they are first asked for: most classes of a policy are not met. */
class NamesTerm implements ConstraintTerm {
  readonly kind = TERM_NAMES;
  readonly attribute: number;
  readonly operator: number;
  readonly #image: Uint8Array;
  readonly #at: number;
  readonly #version: number;
  #names: Ebitmap | undefined;

  constructor(attribute: number, operator: number, image: Uint8Array, at: number, version: number) {
    this.attribute = attribute;
    this.operator = operator;
    this.#image = image;
    this.#at = at;
    this.#version = version;
  }

  get names(): Ebitmap {
    this.#names ??= readEbitmap(new Reader(this.#image, this.#at));
    return this.#names;
  }

  get written(): TypeSet | undefined {
    if (this.#version < VERSION_CONSTRAINT_NAMES) return undefined;
    const reader = new Reader(this.#image, this.#at);
    skipEbitmap(reader);
    const names = readEbitmap(reader);
    const excluded = readEbitmap(reader);
    const flags = reader.u32();
    const [isAll, isComplement] = [(flags & TYPE_STAR) !== 0, (flags & TYPE_COMPLEMENT) !== 0];
    return isAll || !names.isEmpty ? { names, excluded, isAll, isComplement } : undefined;
  }
}
