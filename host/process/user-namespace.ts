/**
 * The user namespace that this process is in.
 */
import { readFileSync, statSync } from 'node:fs';
import { PROC_USER_INIT_INO } from '../../linux/process.ts';

export function inInitialUserNamespace(): boolean {
  return statSync('/proc/self/ns/user', { throwIfNoEntry: false })?.ino === PROC_USER_INIT_INO;
}

/** How many user ids mean something here: the third columns of uid_map (user_namespaces(7)). */
export function mappedUsers(map = readFileSync('/proc/self/uid_map', 'latin1')): number {
  const rows = map.trim().split('\n');
  return rows.reduce((sum, row) => sum + Number(row.trim().split(/\s+/)[2] ?? 0), 0);
}

export interface OwnerIds {
  readonly uid: number;
  readonly gid: number;
  /**
   * Further ids are mapped, a user 0 among them. A process that has become this user by setuid(2), and so has lost its
   * capabilities, then does not stand for root.
   */
  readonly besideRoot: boolean;
}

/**
 * The ids of the user who made our user namespace and stands for root in it; `undefined` where the daemon runs as root.
 * He has all capabilities there, so modules treat him as they treat root on a machine.
 */
export function ownerIds(): OwnerIds | undefined {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  return uid === 0 || inInitialUserNamespace() ? undefined : { uid, gid, besideRoot: mappedUsers() > 1 };
}
