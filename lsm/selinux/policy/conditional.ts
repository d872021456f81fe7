/** A conditional block: a boolean expression and the rules it turns on and off. */
export interface ConditionalNode {
  /** Where the stored state word is in the image. */
  readonly stateOffset: number;
  /** Reverse Polish. */
  readonly expression: readonly ConditionalTerm[];
  /** Rules of `conditionalRules`, as half-open ranges of rule numbers. */
  readonly whenTrue: RuleSpan;
  readonly whenFalse: RuleSpan;
}

export interface ConditionalTerm {
  /** 1 boolean, 2 not, 3 or, 4 and, 5 xor, 6 eq, 7 ne. */
  readonly kind: number;
  readonly boolean: number;
}

export interface RuleSpan {
  readonly start: number;
  readonly end: number;
}
