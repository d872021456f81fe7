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
  /** Further ids are mapped: there is a user 0, too, and who has become this user without keeping capabilities is just that user. */
  readonly besideRoot: boolean;
}

/**
 * The ids of the user who made our user namespace for himself and stands for root in it; `undefined` where root is root. He has all of its
 * capabilities, and modules are to take him for what a kernel that boots takes its first process for.
 */
export function ownerIds(): OwnerIds | undefined {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  return uid === 0 || inInitialUserNamespace() ? undefined : { uid, gid, besideRoot: mappedUsers() > 1 };
}
