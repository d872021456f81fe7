/**
 * What looking into another task asks the modules: __ptrace_may_access() of kernel/ptrace.c, Linux 6.12. The kernel's own
 * reasons to refuse come first, and are left to it.
 */
import { statSync } from 'node:fs';
import { CAP } from '../../../linux/capability.ts';
import type { Tid } from '../../../linux/ids.ts';
import { PTRACE_MODE_NOAUDIT } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { byCapability, type Permitted, type TaskIdentity, taskIdentity } from './task-state.ts';

/** Whose ids count: PTRACE_MODE_REALCREDS of system calls, PTRACE_MODE_FSCREDS of files in /proc. */
export type PtraceIds = 'real' | 'effective';

/**
 * Empty = nobody is asked: it is the caller itself, it has ended, or the kernel refuses by itself.
 * @param mode PTRACE_MODE_*
 * @param memory the look is into the memory of the task, if it has any.
 */
export function ptraceChecks(
  view: CallerView,
  tid: Tid,
  target: Tid,
  mode: number,
  ids: PtraceIds,
  memory = false,
): AccessCheck[] {
  const [caller, other] = [taskIdentity(view, tid), taskIdentity(view, target)];
  if (caller === undefined || other === undefined || caller.tgid === other.tgid) return [];
  if (memory && !other.hasMemory) return [];
  const permitted = permits(view, caller, other, mode, ids);
  return permitted === undefined ? [] : [...permitted, { hook: 'ptraceAccess', about: { target: other.tid, mode } }];
}

/** Then cap_ptrace_access_check(), which records in any mode. */
function permits(view: CallerView, caller: TaskIdentity, other: TaskIdentity, mode: number, ids: PtraceIds): Permitted {
  const same = (id: number, { real, effective, saved }: TaskIdentity['uids']): boolean =>
    id === real && id === effective && id === saved;
  const owns = same(caller.uids[ids], other.uids) && same(caller.gids[ids], other.gids);
  const holds = ids === 'real' ? caller.permitted : caller.effective;
  const hasAll = (other.permitted & ~holds) === 0n;
  if (owns && hasAll && (!other.hasMemory || isDumpable(other))) return [];
  const needed = byCapability(view, caller, other, CAP.SYS_PTRACE);
  if (!hasAll || (mode & PTRACE_MODE_NOAUDIT) === 0) return needed;
  return needed?.map((check) =>
    check.hook === 'capable' ? { ...check, about: { ...check.about, silent: true } } : check,
  );
}

/** Dumpable: the /proc files of a process that is not belong to root. */
function isDumpable({ tid, uids }: TaskIdentity): boolean {
  try {
    return statSync(`/proc/${tid}/environ`).uid === uids.effective;
  } catch {
    return false; // it has ended
  }
}
