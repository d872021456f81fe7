/**
 * What /proc/<tid>/status says of a caller, as far as the supervisor needs it.
 */

import { StatusLines } from '../../../host/procfs/status.ts';
import { type Tgid, type Tid, tgidOf, tidOf } from '../../../linux/ids.ts';

export interface ProcessStatus {
  readonly tgid: Tgid;
  /** The real one, as {@link gid}. */
  readonly uid: number;
  readonly fsuid: number;
  readonly gid: number;
  readonly fsgid: number;
  readonly groups: readonly number[];
  readonly effectiveCapabilities: bigint;
  readonly permittedCapabilities: bigint;
  readonly inheritableCapabilities: bigint;
  readonly noNewPrivs: boolean;
  /** TracerPid; 0 = not traced. */
  readonly tracer: Tid;
}

/** Handlers use CallerView.status instead, which reads it once for each call. */
export function processStatus(view: { readStatus(tid: Tid): string | undefined }, tid: Tid): ProcessStatus | undefined {
  const text = view.readStatus(tid);
  return text === undefined ? undefined : parseStatus(text);
}

export function parseStatus(text: string): ProcessStatus | undefined {
  const lines = new StatusLines(text);
  // In the order of the file.
  const [tgid] = lines.numbers('Tgid');
  const tracer = Number(lines.field('TracerPid') ?? 0);
  const [uid, , , fsuid] = lines.numbers('Uid');
  const [gid, , , fsgid] = lines.numbers('Gid');
  const groups = lines.numbers('Groups');
  const inheritable = lines.mask('CapInh');
  const permitted = lines.mask('CapPrm');
  const effective = lines.mask('CapEff');
  const noNewPrivs = lines.flag('NoNewPrivs');
  if (tgid === undefined || uid === undefined || gid === undefined) return undefined;
  if (fsuid === undefined || fsgid === undefined) return undefined;
  if (effective === undefined || permitted === undefined || inheritable === undefined) return undefined;
  if (noNewPrivs === undefined) return undefined;
  return {
    tgid: tgidOf(tgid),
    uid,
    fsuid,
    gid,
    fsgid,
    groups,
    effectiveCapabilities: effective,
    permittedCapabilities: permitted,
    inheritableCapabilities: inheritable,
    noNewPrivs,
    tracer: tidOf(tracer),
  };
}

/** Its lines of ids, groups and capabilities as they are, for who compares them; `undefined` = the text is none of a thread. */
export function credentialsText(text: string): string | undefined {
  const ids = text.indexOf('\nUid:');
  const afterIds = text.indexOf('\nFDSize:', ids);
  const groups = text.indexOf('\nGroups:', afterIds);
  const afterGroups = text.indexOf('\n', groups + 1);
  const sets = text.indexOf('\nCapInh:', afterGroups);
  const afterSets = text.indexOf('\nCapBnd:', sets);
  if (ids < 0 || afterIds < 0 || groups < 0 || afterGroups < 0 || sets < 0 || afterSets < 0) return undefined;
  return text.slice(ids, afterIds) + text.slice(groups, afterGroups) + text.slice(sets, afterSets);
}
