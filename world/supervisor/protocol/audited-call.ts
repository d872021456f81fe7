/** What a supervisor thread tells the daemon of calls that audit rules may want. */
import type { Tid } from '../../../linux/ids.ts';
import type { ClockChange } from '../../../lsm/framework/audit/clock-text.ts';
import type { AuditName } from '../../../lsm/framework/audit/names.ts';
import type { AuditRule } from '../../../lsm/framework/audit/rule.ts';

/** A call of a thread that waits, which audit rules may want. */
export interface AuditedCallBegins {
  readonly tid: Tid;
  readonly number: number;
  /** The first four. */
  readonly args: readonly bigint[];
  readonly names: readonly AuditName[];
  /** The address that it was given, latin-1. */
  readonly address?: string;
  readonly openFlags?: number;
  /** Who gets a signal. */
  readonly target?: Tid;
}

/** What became of it. */
export interface AuditedCallEnds {
  /** As {@link AuditedCallsBackend.begin} has it. */
  readonly id: number;
  readonly tid: Tid;
  /** Absent = it is not known. */
  readonly exit?: number;
  readonly names: readonly AuditName[];
  /** Path of the working directory; absent = no path was looked up. */
  readonly pwd?: string;
  readonly openHow?: { readonly flags: bigint; readonly mode: bigint; readonly resolve: bigint };
  /** Auxiliary records, in their order. */
  readonly details?: readonly { readonly type: number; readonly body: string }[];
  /** It has become another program. */
  readonly executed?: true;
  /** Of its thread when it had returned; absent = they are not known. */
  readonly ids?: TaskIds;
  /** What it has changed of the clock. */
  readonly clock?: ClockChange;
  /** It does not return: exit(2), exit_group(2). */
  readonly leaves?: true;
  /** Too many go on at a time to wait for its result, or what to record of it cannot be looked at without waiting. */
  readonly lost?: true;
}

/** Each real, effective, saved, filesystem. */
export interface TaskIds {
  readonly uids: readonly number[];
  readonly gids: readonly number[];
}

export interface AuditedCallsBackend {
  rules(): readonly AuditRule[];
  /**
   * @returns a number of its own, which tells it from a later call of the thread, that another supervisor thread may serve before this
   * one's end is told; `undefined` = no rule can want it.
   */
  begin(call: AuditedCallBegins): number | undefined;
  end(call: AuditedCallEnds): void;
}
