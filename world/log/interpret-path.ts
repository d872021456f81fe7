/** Fields of PATH records in words: print_mode() and print_cap_bitmap() of auparse. */
import { CAP } from '../../linux/capability.ts';
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
} from '../../linux/stat.ts';

const KINDS: ReadonlyMap<number, string> = new Map([
  [S_IFSOCK, 'socket'],
  [S_IFLNK, 'link'],
  [S_IFREG, 'file'],
  [S_IFBLK, 'block'],
  [S_IFDIR, 'dir'],
  [S_IFCHR, 'character'],
  [S_IFIFO, 'fifo'],
]);
const PERMISSIONS = 0o777;

/** `0100644` is `file,644`. */
export function modeText(value: string): string {
  const mode = Number.parseInt(value, 8);
  const kind = KINDS.get(mode & S_IFMT);
  return kind === undefined ? value : [kind, ...setBits(mode), permissionDigits(mode)].join(',');
}

/** Names of those of set-user-ID, set-group-ID and sticky that are set. */
export function setBits(mode: number): readonly string[] {
  const bits = [
    [S_ISUID, 'suid'],
    [S_ISGID, 'sgid'],
    [S_ISVTX, 'sticky'],
  ] as const;
  return bits.flatMap(([bit, name]) => ((mode & bit) === 0 ? [] : [name]));
}

/** Three octal digits. */
export function permissionDigits(mode: number): string {
  return (mode & PERMISSIONS).toString(8).padStart(3, '0');
}

/** Hexadecimal, a bit for each capability; `none` without any. */
export function capabilitySetText(value: string): string {
  if (!/^[0-9a-f]{1,16}$/.test(value)) return value;
  const bits = BigInt(`0x${value}`);
  const names = Object.entries(CAP)
    .sort(([, one], [, other]) => one - other)
    .flatMap(([name, number]) => ((bits & (1n << BigInt(number))) === 0n ? [] : [name.toLowerCase()]));
  return names.length === 0 ? 'none' : names.join(',');
}
