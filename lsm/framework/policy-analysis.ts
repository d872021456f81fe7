/** Questions about policies that are one image each, which need no world: `lsmfs policy who-can`, `transitions` and `diff`. */
import type { WhyProblem } from './inspection/why.ts';

/** Who may do something, or what somebody may do. Names are the policy's; what is absent may be anything. */
export interface AccessQuestion {
  /** Type or attribute. */
  readonly source?: string;
  readonly target?: string;
  readonly class?: string;
  /** Any of them; empty = all. */
  readonly permissions: readonly string[];
  /** The rules as the policy has them, instead of what they allow type by type. */
  readonly asWritten: boolean;
}

/**
 * Which types a process can change to. With both ends: by which paths, the shortest ones if there are no `steps`, else all up to so many.
 * With one: by one step.
 */
export interface TransitionQuestion {
  readonly from?: string;
  readonly to?: string;
  readonly steps?: number;
  /** Of paths, no more are told. */
  readonly limit: number;
  /** In the text: the rules, too. */
  readonly withRules: boolean;
}

/** How a policy differs from another. */
export interface DifferenceQuestion {
  /** Names of kinds of statements; empty = all. */
  readonly sections: readonly string[];
  /** Of a section, no more statements are told that were added, removed or modified. */
  readonly limit: number;
  /** In the text: how many there are, not which. */
  readonly summary: boolean;
}

/** An answer. */
export interface AnalysisTold {
  /** For programs. */
  readonly report: object;
  /** The same for people: whole lines. */
  readonly text: string;
}

/** A policy that was read, to be asked several times. */
export interface PolicyAnalysis {
  access(question: AccessQuestion): AnalysisTold | WhyProblem;
  transitions(question: TransitionQuestion): AnalysisTold | WhyProblem;
}

export interface DifferenceTold extends AnalysisTold {
  /** Nothing differs in the sections that were asked for. */
  readonly same: boolean;
}

/** A file's image and name. */
export interface NamedImage {
  readonly image: Uint8Array;
  readonly name: string;
}
