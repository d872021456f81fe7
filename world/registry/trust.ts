/**
 * Whose files are believed: those of whoever runs this command, and root's. What others own or may write to could be planted.
 */
import { readFileSync, type Stats } from 'node:fs';

/** fs/overflowuid: an owner without a number in our user namespace. */
const OVERFLOW_UID = 65534;
const ALL_IDS = 0xffffffff;
const GROUP_WRITE = 0o020;
const OTHER_WRITE = 0o002;
const STICKY = 0o1000;

export type Owned = Pick<Stats, 'uid' | 'gid' | 'mode'>;

export function isOurs(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/** Why this is not believed, so that it follows what it is called; `undefined`: it is. */
export function objectionTo(what: Owned): string | undefined {
  if (!isOurs(what.uid)) return `belongs to user ${what.uid}`;
  return othersMayWrite(what) ? 'can be written to by others' : undefined;
}

/**
 * Why others could exchange what is in this directory on the way to a state directory. In a sticky one everybody has names of his own. The
 * directories above a user namespace belong to users without a number there, root as a rule.
 */
export function objectionToWay(way: Owned): string | undefined {
  if (!isOurs(way.uid) && !(way.uid === OVERFLOW_UID && hasForeigners())) return `belongs to user ${way.uid}`;
  return othersMayWrite(way) && (way.mode & STICKY) === 0 ? 'can be written to by others' : undefined;
}

/** A group with its owner's number has no other members, as distributions make them. */
export function othersMayWrite({ uid, gid, mode }: Owned): boolean {
  return (mode & OTHER_WRITE) !== 0 || ((mode & GROUP_WRITE) !== 0 && gid !== uid);
}

/** Does our user namespace lack ids? */
function hasForeigners(): boolean {
  try {
    const lengths = readFileSync('/proc/self/uid_map', 'latin1').trim().split('\n');
    return lengths.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0) < ALL_IDS;
  } catch {
    return false;
  }
}
