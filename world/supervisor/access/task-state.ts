/**
 * Facts from procfs about the target task of a system call, as needed for the kernel's own checks, which come before the
 * modules' hooks.
 */
import { STAT, statField } from '../../../host/procfs/stat.ts';
import { statusMask, statusNumbers } from '../../../host/procfs/status.ts';
import { hasCapability } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { type Tgid, type Tid, tgidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { PidNamespaces } from '../caller/pid-namespaces.ts';
import type { Notification } from '../notification.ts';

/** Real, effective, saved, of the filesystem. */
export interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
}

export interface TaskIdentity {
  readonly tid: Tid;
  readonly tgid: Tgid;
  readonly uids: Ids;
  readonly gids: Ids;
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly bounding: bigint;
  /** Neither a thread of the kernel, nor has it ended. */
  readonly hasMemory: boolean;
}

/** Fields of /proc/<tid>/stat. */
export interface TaskStat {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** PF_* */
  readonly flags: number;
  readonly nice: number;
  /** SCHED_* */
  readonly policy: number;
}

/** The process group and the session of a thread, by what never waits; `undefined` = it has ended. */
export function taskGroup(
  view: Pick<CallerView, 'readStatus'>,
  tid: Tid,
): { readonly group: number; readonly session: number } | undefined {
  const text = view.readStatus(tid) ?? '';
  // The first number is that of the pid namespace of procfs.
  const [[group], [session]] = [statusNumbers(text, 'NSpgid'), statusNumbers(text, 'NSsid')];
  return group === undefined || session === undefined ? undefined : { group, session };
}

/** `undefined` = it has ended. */
export function taskIdentity(view: CallerView, tid: Tid): TaskIdentity | undefined {
  const text = view.readStatus(tid);
  if (text === undefined) return undefined;
  const ids = (name: string): Ids => {
    const [real = -1, effective = -1, saved = -1] = statusNumbers(text, name);
    return { real, effective, saved };
  };
  const [tgid] = statusNumbers(text, 'Tgid');
  if (tgid === undefined) return undefined;
  return {
    tid,
    tgid: tgidOf(tgid),
    uids: ids('Uid'),
    gids: ids('Gid'),
    effective: statusMask(text, 'CapEff') ?? 0n,
    permitted: statusMask(text, 'CapPrm') ?? 0n,
    inheritable: statusMask(text, 'CapInh') ?? 0n,
    bounding: statusMask(text, 'CapBnd') ?? 0n,
    hasMemory: text.includes('\nVmSize:'),
  };
}

export function taskStat(view: CallerView, tid: Tid): TaskStat | undefined {
  const text = view.readFile(AT_FDCWD, `/proc/${tid}/stat`);
  if (text === undefined) return undefined;
  const field = (name: keyof TaskStat): number => Number(statField(text, STAT[name]));
  return {
    parent: field('parent'),
    group: field('group'),
    session: field('session'),
    flags: field('flags'),
    nice: field('nice'),
    policy: field('policy'),
  };
}

/**
 * Id in our pid namespace of the caller's `number`; 0 is the caller itself. `undefined` = no such task; the kernel will
 * say so itself.
 */
export function taskNumber(
  { call, namespaces }: { readonly call: Notification; readonly namespaces: PidNamespaces },
  number: number,
): Tid | undefined {
  if (number === 0) return call.tid;
  return number < 0 ? undefined : namespaces.ofCaller(call.tid, number);
}

/** The capability checks that precede the modules' hook about the task; `undefined` = the kernel refuses by itself. */
export type Permitted = readonly AccessCheck[] | undefined;

/**
 * ns_capable() in the user namespace of the target: a capability in our user namespace counts in all of them. Who is in
 * neither ours nor that of the target may have all in it, as its maker or that of one around it, which is not looked at:
 * then the modules are asked, but not about the capability.
 */
export function byCapability(
  view: CallerView,
  caller: TaskIdentity,
  other: TaskIdentity,
  capability: number,
): Permitted {
  const [own, theirs, ours] = userNamespaces(view, caller, other);
  const holds = hasCapability(caller.effective, capability);
  if (holds && own === ours) return [{ hook: 'capable', about: { capability }, refusal: 'EPERM' }];
  return own === theirs && !holds ? undefined : [];
}

/** The same where we act for the caller: only what is sure, so not as the maker of a user namespace. */
export function surelyHas(view: CallerView, caller: TaskIdentity, other: TaskIdentity, capability: number): boolean {
  const [own, theirs, ours] = userNamespaces(view, caller, other);
  return own !== undefined && hasCapability(caller.effective, capability) && (own === ours || own === theirs);
}

/** Of the caller, the other and us. */
const userNamespaces = (view: CallerView, caller: TaskIdentity, other: TaskIdentity): (string | undefined)[] =>
  [caller.tid, other.tid, 'self'].map((tid) => view.readlinkAt(AT_FDCWD, `/proc/${tid}/ns/user`));
