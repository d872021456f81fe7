/**
 * Arguments of calls in SYSCALL records, as print_a0() to print_a3() of auparse 4.0 write those of calls that open, make and change files
 * or set ids. All others are numbers here. Numbers of flags are those of x86 for all machines there.
 */
import { AT_FDCWD, O_ACCMODE, O_CREAT } from '../../linux/fcntl.ts';
import type { SyscallName } from '../../linux/syscall-numbers.ts';
import { permissionDigits, setBits } from './interpret-path.ts';

type Kind = 'directory' | 'flags' | 'mode' | 'mode-if-made' | 'user' | 'group';

const AT: readonly (Kind | undefined)[] = ['directory'];
const ARGUMENTS: Partial<Record<SyscallName, readonly (Kind | undefined)[]>> = {
  open: [undefined, 'flags', 'mode-if-made'],
  openat: ['directory', undefined, 'flags'],
  openat2: AT,
  creat: [undefined, 'mode'],
  mkdir: [undefined, 'mode'],
  mkdirat: ['directory', undefined, 'mode'],
  mknodat: ['directory', undefined, 'mode'],
  chmod: [undefined, 'mode'],
  fchmod: [undefined, 'mode'],
  fchmodat: ['directory', undefined, 'mode'],
  chown: [undefined, 'user'],
  fchownat: AT,
  unlinkat: AT,
  renameat: ['directory', undefined, 'directory'],
  renameat2: ['directory', undefined, 'directory'],
  linkat: ['directory', undefined, 'directory'],
  newfstatat: AT,
  utimensat: AT,
  futimesat: AT,
  setuid: ['user'],
  setreuid: ['user', 'user'],
  setresuid: ['user', 'user', 'user'],
  setfsuid: ['user'],
  setgid: ['group'],
  setregid: ['group', 'group'],
  setresgid: ['group', 'group', 'group'],
  setfsgid: ['group'],
};
export const INTERPRETED_CALLS = Object.keys(ARGUMENTS) as readonly SyscallName[];

/** In the order in which they are written. */
const FLAGS: readonly (readonly [number, string])[] = [
  [0o1, 'O_WRONLY'],
  [0o2, 'O_RDWR'],
  [O_CREAT, 'O_CREAT'],
  [0o200, 'O_EXCL'],
  [0o400, 'O_NOCTTY'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o10000, 'O_DSYNC'],
  [0o20000, 'O_ASYNC'],
  [0o40000, 'O_DIRECT'],
  [0o200000, 'O_DIRECTORY'],
  [0o400000, 'O_NOFOLLOW'],
  [0o1000000, 'O_NOATIME'],
  [0o2000000, 'O_CLOEXEC'],
  [0o4000000, '__O_SYNC'],
  [0o10000000, 'O_PATH'],
  [0o20000000, '__O_TMPFILE'],
];

/** Names of users and groups. */
export type Accounts = Readonly<Record<'user' | 'group', (id: string) => string>>;

/**
 * @param index 0 to 3.
 * @param value hexadecimal, as it stands in the record.
 * @param body of the whole record.
 */
export function argumentText(
  name: string | undefined,
  index: number,
  value: string,
  body: string,
  accounts: Accounts,
): string {
  const number = lowHalf(value);
  const kind = ARGUMENTS[name as SyscallName]?.[index];
  switch (kind) {
    case 'directory':
      return (number | 0) === AT_FDCWD ? 'AT_FDCWD' : `0x${value}`;
    case 'flags':
      return flagsText(number, value);
    case 'mode':
      return modeText(number);
    case 'mode-if-made':
      return (lowHalf(/ a1=([0-9a-f]+)/.exec(body)?.[1] ?? '0') & O_CREAT) === 0 ? `0x${value}` : modeText(number);
    case 'user':
    case 'group':
      return accounts[kind](String(number | 0));
    default:
      return `0x${value}`;
  }
}

/** u32 */
function lowHalf(value: string): number {
  return Number(BigInt.asUintN(32, BigInt(`0x${value}`)));
}

function flagsText(flags: number, value: string): string {
  const names = FLAGS.flatMap(([bit, name]) => ((flags & bit) === 0 ? [] : [name]));
  if ((flags & O_ACCMODE) === 0) names.unshift('O_RDONLY');
  return names.length === 0 ? `0x${value}` : names.join('|');
}

/** Without the kind of file. */
function modeText(mode: number): string {
  return [...setBits(mode), `0${permissionDigits(mode)}`].join(',');
}
