/** A policy that is one image, as a module reads it: what is needed to load one at boot and to say why it was not taken. */
import type { WhyProblem } from './inspection/why.ts';
import type { DifferenceQuestion, DifferenceTold, NamedImage, PolicyAnalysis } from './policy-analysis.ts';
import type { ParsedImage } from './shared-images.ts';

export interface PolicyImages {
  /** Type of the filesystem whose node `load` takes an image, and whose `policyvers` has the newest version. */
  readonly filesystem: string;
  /** `undefined`: it does not start like one. */
  version(image: Uint8Array): number | undefined;
  /** The image for a kernel that takes versions up to `newest`; unchanged where nothing can or need be done. */
  forKernel(image: Uint8Array, newest: number): Uint8Array;
  /** In one clause; `undefined` = such a kernel would take it. */
  whyRejected(image: Uint8Array, newest: number): string | undefined;
  /** What was learned of an image when it was parsed, as numbers that can be kept beside it. @param parsed of {@link SharedImages}. */
  save(parsed: ParsedImage): readonly Uint32Array[];
  /** @param image exactly that of which `saved` was made; both are kept. */
  restore(image: Uint8Array, saved: readonly Uint32Array[]): ParsedImage;
  /** What it consists of. @param name the file's, for people. */
  describe(image: Uint8Array, name: string): PolicyDescription | WhyProblem;
  /** Reads it for questions. @param name as above. */
  analyse(image: Uint8Array, name: string): PolicyAnalysis | WhyProblem;
  /** What the second says that the first does not, and the other way round. */
  compare(left: NamedImage, right: NamedImage, question: DifferenceQuestion): DifferenceTold | WhyProblem;
}

export interface PolicyDescription {
  readonly version: number;
  readonly mls: boolean;
  readonly handleUnknown: string;
  /** How many there are of each, by what they are called. */
  readonly counts: Readonly<Record<string, number>>;
  readonly capabilities: readonly string[];
  readonly booleans: readonly { readonly name: string; readonly state: boolean }[];
  readonly classes: readonly string[];
  readonly users: readonly string[];
  readonly roles: readonly string[];
  readonly types: readonly string[];
  readonly attributes: readonly string[];
}
