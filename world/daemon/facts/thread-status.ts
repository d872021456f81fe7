/** Who a thread is, from the text of /proc/<tid>/status. */
import type { OwnerIds } from '../../../host/process/user-namespace.ts';
import { StatusLines } from '../../../host/procfs/status.ts';
import { CAP } from '../../../linux/capability.ts';
import { type Tgid, type Tid, tgidOf, tidOf } from '../../../linux/ids.ts';

export interface ThreadStatus {
  readonly comm: string;
  readonly tgid: Tgid;
  /** Real, effective, saved, filesystem. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  readonly capabilities: bigint;
  readonly parent: Tgid;
  /** TracerPid; 0 = not traced. */
  readonly tracer: Tid;
  readonly noNewPrivs: boolean;
  /** It is the owner of the user namespace, and known as root. */
  readonly standsForRoot: boolean;
}

/** Places in the four ids of {@link ThreadStatus}. */
export const EFFECTIVE = 1;
export const FILESYSTEM = 3;

/** In comm: `\n` and `\\` are escaped (proc_pid_status(5)). */
const decodeComm = (text: string): string => text.replace(/\\(n|\\)/g, (_all, c: string) => (c === 'n' ? '\n' : c));

/** No user stands for root: uid 0 is 0. */
export const ROOT: OwnerIds = { uid: 0, gid: 0, besideRoot: false };

/**
 * The text of /proc/<tid>/status; `undefined` when it is not one.
 *
 * @param owner whose ids modules are to know as 0.
 */
export function parseThreadStatus(text: string, owner = ROOT): ThreadStatus | undefined {
  const lines = new StatusLines(text);
  // In the order of the file.
  const comm = decodeComm(lines.field('Name') ?? '');
  const tgid = Number(lines.field('Tgid'));
  const parent = Number(lines.field('PPid') ?? 0);
  const tracer = Number(lines.field('TracerPid') ?? 0);
  const hostUids = lines.numbers('Uid');
  const hostGids = lines.numbers('Gid');
  const hostGroups = lines.numbers('Groups');
  const capabilities = lines.mask('CapEff');
  const noNewPrivs = lines.flag('NoNewPrivs');
  if (capabilities === undefined || noNewPrivs === undefined || !Number.isSafeInteger(tgid)) return undefined;
  if (hostUids.length !== 4 || hostGids.length !== 4) return undefined;
  const stands = standsForRoot(owner, capabilities);
  const root = stands ? owner : ROOT;
  const known = (ids: readonly number[], ofRoot: number) =>
    ofRoot === 0 ? ids : ids.map((id) => (id === ofRoot ? 0 : id));
  return {
    comm,
    tgid: tgidOf(tgid),
    uids: known(hostUids, root.uid),
    gids: known(hostGids, root.gid),
    groups: known(hostGroups, root.gid),
    capabilities,
    parent: tgidOf(parent),
    tracer: tidOf(tracer),
    noNewPrivs,
    standsForRoot: stands && hostUids[FILESYSTEM] === owner.uid,
  };
}

/** In a namespace that has an id 0 as well, its owner counts as root as long as it has capabilities. */
export function standsForRoot(owner: OwnerIds, capabilities: bigint): boolean {
  return !owner.besideRoot || ((capabilities >> BigInt(CAP.SYS_ADMIN)) & 1n) === 1n;
}
