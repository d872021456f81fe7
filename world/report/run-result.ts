/** What a report is made of. */
import type { CountedRefusal, RefusalCounts } from './refusal.ts';

export interface RunResult extends RefusalCounts {
  readonly version: string;
  readonly command: readonly string[];
  /** How the command ended: its exit status, or 128 and the number of the signal. */
  readonly status: number;
  /** Refusals that `--fail-on` does not accept. */
  readonly unaccepted: readonly CountedRefusal[];
}

/** All records of refusals. */
export function recordsOf({ refusals, others }: RefusalCounts): number {
  return refusals.reduce((sum, { count }) => sum + count, others);
}

/** Bytes of a log as text; control characters, which could change a terminal or a document, as signs. */
export function shown(text: string): string {
  return Buffer.from(text, 'latin1')
    .toString('utf8')
    .replace(/(?![\t\n])[\p{Cc}\p{Cf}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

/** The same in one line. */
export function shownInLine(text: string): string {
  return shown(text).replace(/[\t\n]/g, ' ');
}

export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
