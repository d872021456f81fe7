/**
 * A refusal as a report tells it. Texts are bytes, one character each, as in a log.
 */
import type { RefusalAbout } from '../../lsm/framework/inspection/refusal.ts';

/** Of a module, by its name. */
export interface ModuleRefusal extends RefusalAbout {
  readonly module: string;
}

export interface CountedRefusal extends ModuleRefusal {
  count: number;
  /** The first record, a line of the log, and which line that is, counted from 1. */
  readonly record: string;
  readonly line: number;
  /** The module's answer, soon after the first record; absent = it has none. */
  why?: string;
  /** `--fail-on` knows it. */
  readonly accepted?: true;
}

/** What the daemon writes for the reporter. */
export interface RefusalCounts {
  /** The most frequent first. */
  readonly refusals: readonly CountedRefusal[];
  /** Records of refusals beyond those that are told apart. */
  readonly others: number;
}

/** `httpd_t -> shadow_t file read` */
export function titleOf({ subject, object, kind, access }: RefusalAbout): string {
  return [`${subject} -> ${object}`, kind, access].filter((word) => word !== '').join(' ');
}

/** The same for the same refusal in every run; whether it was let through is no part of it. */
export function keyOf(refusal: ModuleRefusal): string {
  return `${refusal.module}: ${titleOf(refusal)}`;
}
