/** Worlds as tests see them: what for-tests.ts has, without what that loads. */
import type { WhyTold } from '../lsm/framework/inspection/why.ts';
import type { LogRecord } from './log/line.ts';

/** Texts are UTF-8. They throw a WorldError where there is no such world. */
export interface WorldsForTests {
  /** All that the log has. */
  denialsNow(world: string): Denial[];
  logNow(world: string): LogRecord[];
  /** @param words of the question, as of `lsmfs why`. */
  whyNow(world: string, module: string, words: readonly string[]): WhyTold;
  compileProfileText(text: string): Uint8Array;
  resetWorld(world: string): readonly string[];
  stopWorld(world: string, graceMs: number): Promise<readonly number[]>;
}

/** One record of a refusal, also of one that was let through because nothing is enforced. */
export interface Denial {
  /** Name of the module. */
  readonly module: string;
  /** Who was refused, and what was to be used: types, labels, a profile, a path. */
  readonly subject: string;
  readonly object: string;
  /** A class or an operation, and permissions. */
  readonly kind: string;
  readonly access: string;
  /** It was only recorded: the access was let through. */
  readonly permissive: boolean;
  /** The module's answer: the rule that is missing, and what to do. */
  readonly why: string;
  /** Of the audit record: `scontext`, `tclass`, `comm`, ... */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
}
