/**
 * Ids of a task after a successful call that sets them, of one that has ended before they could be read: kernel/sys.c of Linux 6.12.
 */
import { statusMask, statusNumbers } from '../../../host/procfs/status.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import type { TaskIds } from '../protocol/audited-call.ts';

type Ids = readonly number[];
type Change = (old: Ids, args: readonly number[], isPrivileged: boolean) => Ids;

/** (u32)-1: the id stays. */
const KEPT = 0xffff_ffff;
const given = (id: number | undefined, old: number | undefined): number => (id === KEPT ? old : id) ?? 0;

const setOne: Change = ([real = 0, , saved = 0], [id = 0], isPrivileged) =>
  isPrivileged ? [id, id, id, id] : [real, id, saved, id];

const setRealAndEffective: Change = (old, [real = KEPT, effective = KEPT]) => {
  const now = given(effective, old[1]);
  const saves = real !== KEPT || (effective !== KEPT && effective !== old[0]);
  return [given(real, old[0]), now, saves ? now : (old[2] ?? 0), now];
};

const setAll: Change = (old, [real = KEPT, effective = KEPT, saved = KEPT]) => {
  const now = [real, effective, saved].map((id, index) => given(id, old[index]));
  const stays = now.every((id, index) => id === old[index]) && (effective === KEPT || effective === old[3]);
  return stays ? old : [...now, now[1] ?? 0];
};

const CHANGES: Partial<Record<SyscallName, readonly [of: 'uids' | 'gids', Change]>> = {
  setuid: ['uids', setOne],
  setreuid: ['uids', setRealAndEffective],
  setresuid: ['uids', setAll],
  setgid: ['gids', setOne],
  setregid: ['gids', setRealAndEffective],
  setresgid: ['gids', setAll],
};

/** @param status text of /proc/<tid>/status. */
export function idsIn(status: string): TaskIds {
  return { uids: statusNumbers(status, 'Uid'), gids: statusNumbers(status, 'Gid') };
}

/**
 * @param args u32, as the call has them: numbers of the same user namespace as those of the status.
 * @param status text of /proc/<tid>/status before the call.
 * @returns `undefined`: the call sets none.
 */
export function idsAfter(name: SyscallName, args: readonly number[], status: string): TaskIds | undefined {
  const [of, change] = CHANGES[name] ?? [];
  if (of === undefined || change === undefined) return undefined;
  const ids = idsIn(status);
  const needed = of === 'uids' ? CAP.SETUID : CAP.SETGID;
  return { ...ids, [of]: change(ids[of], args, hasCapability(statusMask(status, 'CapEff') ?? 0n, needed)) };
}
