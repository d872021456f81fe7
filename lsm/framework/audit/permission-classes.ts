/**
 * What system calls do to files, for the field `perm` of rules: audit_match_perm() of kernel/auditsc.c, the classes of
 * include/asm-generic/audit_*.h in Linux 6.12.
 */
import { O_ACCMODE } from '../../../linux/fcntl.ts';
import {
  ABSENT,
  auditArch,
  type SyscallName,
  type SyscallNumbers,
  syscallNumbers,
} from '../../../linux/syscall-numbers.ts';

const EXEC = 1;
const WRITE = 2;
const READ = 4;
const ATTRIBUTE = 8;
/** By access mode: ACC_MODE() */
const OF_OPENS: readonly number[] = [READ, WRITE, READ | WRITE, READ | WRITE];

const CHANGED: readonly SyscallName[] = [
  ...(['rename', 'mkdir', 'rmdir', 'creat', 'link', 'unlink', 'symlink', 'mknod', 'mkdirat', 'mknodat'] as const),
  ...(['unlinkat', 'renameat', 'linkat', 'symlinkat', 'renameat2'] as const),
  ...(['truncate', 'ftruncate', 'bind', 'fallocate'] as const),
];
const READS: readonly SyscallName[] = [
  ...(['readlink', 'readlinkat', 'listxattr', 'llistxattr', 'flistxattr', 'getxattr', 'lgetxattr'] as const),
  'fgetxattr',
];
const ATTRIBUTES: readonly SyscallName[] = [
  ...(['chmod', 'fchmod', 'chown', 'fchown', 'lchown', 'fchownat', 'fchmodat', 'fchmodat2', 'link', 'linkat'] as const),
  ...(['setxattr', 'lsetxattr', 'fsetxattr', 'removexattr', 'lremovexattr', 'fremovexattr'] as const),
];

/** After these the caller may be another program or another user. */
const CHANGES_CALLER: readonly SyscallName[] = [
  ...(['execve', 'execveat', 'setuid', 'setgid', 'setreuid', 'setregid', 'setresuid', 'setresgid'] as const),
  ...(['setfsuid', 'setfsgid', 'setns', 'unshare'] as const),
];

class PermissionClasses {
  readonly #classes = new Map<number, number>();
  readonly #numbers: SyscallNumbers;

  constructor(numbers: SyscallNumbers) {
    this.#numbers = numbers;
    this.#add(CHANGED, WRITE);
    this.#add(READS, READ);
    this.#add(ATTRIBUTES, ATTRIBUTE);
    this.#add(['execve', 'execveat'], EXEC);
  }

  #add(names: readonly SyscallName[], permission: number): void {
    for (const name of names) {
      const number = this.#numbers[name];
      if (number !== ABSENT) this.#classes.set(number, (this.#classes.get(number) ?? 0) | permission);
    }
  }

  changesCaller(number: number): boolean {
    return CHANGES_CALLER.some((name) => this.#numbers[name] === number);
  }

  /** Can a call of this number be matched? */
  mayMatch(number: number, permissions: number): boolean {
    const { open, openat, openat2 } = this.#numbers;
    if (number === open || number === openat || number === openat2) return (permissions & (READ | WRITE)) !== 0;
    return ((this.#classes.get(number) ?? 0) & permissions) !== 0;
  }

  /** @param args the low halves. @param openFlags of openat2(2), which are in memory; absent = not known. */
  matches(number: number, args: readonly number[], permissions: number, openFlags: number | undefined): boolean {
    const { open, openat, openat2 } = this.#numbers;
    const flags =
      number === open ? args[1] : number === openat ? args[2] : number === openat2 ? (openFlags ?? 0) : undefined;
    if (flags === undefined) return ((this.#classes.get(number) ?? 0) & permissions) !== 0;
    return ((OF_OPENS[flags & O_ACCMODE] ?? 0) & permissions) !== 0;
  }
}

const BY_ARCH: ReadonlyMap<number, PermissionClasses> = new Map(
  ['x64', 'arm64'].map((machine) => [auditArch(machine), new PermissionClasses(syscallNumbers(machine))]),
);

/** @param arch AUDIT_ARCH_* */
export function permissionClasses(arch: number): PermissionClasses | undefined {
  return BY_ARCH.get(arch);
}
