/** Questions about a policy that is one image, which need no world: `lsmfs policy who-can`, `transitions` and `diff`. */
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
}
