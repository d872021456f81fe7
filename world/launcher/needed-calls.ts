/**
 * System calls that every world needs and that a container's seccomp filter, or an old kernel, may refuse. Each is made with arguments
 * that the kernel refuses in another way, so that nothing happens.
 */
import { release } from 'node:os';
import { errorText, NR } from '../../host/libc.ts';
import { statusField, statusMask } from '../../host/procfs/status.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { CAP, hasCapability } from '../../linux/capability.ts';
import { ERRNO } from '../../linux/errno.ts';
import type { SyscallName } from '../../linux/syscall-numbers.ts';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import { ownStatus } from './process-status.ts';
import type { Problem } from './user-namespace-problem.ts';

interface NeededCall {
  readonly name: SyscallName;
  /** Of the call, with its last flag that we use. */
  readonly since: string;
  /** In a mount namespace of another user namespace the kernel says EPERM itself. */
  readonly mounts?: true;
  /** Without effect. */
  readonly args: readonly number[];
}

const NONE = -1;
/** Flags that no kernel has. */
const WRONG = 0x7fffffff;

const NEEDED: readonly NeededCall[] = [
  { name: 'statx', since: '4.11', args: [NONE, 0, WRONG, 0, 0] },
  { name: 'openat2', since: '5.6', args: [NONE, 0, 0, 0] },
  { name: 'unshare', since: '3.0', args: [1] },
  { name: 'setns', since: '3.0', args: [NONE, 0] },
  { name: 'seccomp', since: '5.6', args: [WRONG, 0, 0] },
  { name: 'pidfd_open', since: '5.3', args: [0, 0] },
  { name: 'pidfd_getfd', since: '5.6', args: [NONE, 0, 0] },
  { name: 'process_vm_readv', since: '3.2', args: [process.pid, 0, 0, 0, 0, WRONG] },
  { name: 'open_tree', since: '5.2', args: [NONE, 0, WRONG] },
  { name: 'mount_setattr', since: '5.12', args: [NONE, 0, WRONG, 0, 0] },
  { name: 'fsconfig', since: '5.2', args: [NONE, 0, 0, 0, 0] },
  { name: 'fsopen', since: '5.2', mounts: true, args: [0, WRONG] },
  { name: 'fsmount', since: '5.2', mounts: true, args: [NONE, WRONG, 0] },
  { name: 'move_mount', since: '5.2', mounts: true, args: [NONE, 0, NONE, 0, WRONG] },
];

/** Those of which a seccomp filter or a kernel says so itself. */
const REFUSALS: readonly number[] = [-ERRNO.ENOSYS, -ERRNO.EPERM, -ERRNO.EACCES];
const SECCOMP_MODE_FILTER = '2';
/** Modules of the host's kernel that keep containers from mounting. */
const UNCONFINED = HOST_SIDES.map(({ unconfinedContainer: how }) => (how === undefined ? '' : `, ${how}`)).join('');

export function neededCallNames(): readonly SyscallName[] {
  return NEEDED.map(({ name }) => name);
}

/**
 * The first call that is refused. @param ask answers with a negative errno.
 * @returns `undefined` also where only the mount namespace that we are in can be the reason: a world has one of its own.
 */
export function callProblem(ask = askKernel, status = ownStatus(), kernel = release()): Problem | undefined {
  const refused = NEEDED.map((call) => ({ call, result: ask(call) })).filter(({ result }) => REFUSALS.includes(result));
  const isForeign = NEEDED.every(
    (call) => call.mounts !== true || refused.some((one) => one.call === call && one.result === -ERRNO.EPERM),
  );
  const found = refused.find(({ call }) => !(isForeign && call.mounts === true));
  if (found === undefined) return undefined;
  const { call, result } = found;
  return { cause: `${call.name}(2) is refused: ${errorText(result)}`, fix: remedy(call, result, status, kernel) };
}

function askKernel({ name, args }: NeededCall): number {
  return rawSyscall(NR[name], ...args);
}

function remedy({ name, since }: NeededCall, result: number, status: string, kernel: string): string {
  if (statusField(status, 'Seccomp') === SECCOMP_MODE_FILTER) {
    const ptrace = hasCapability(statusMask(status, 'CapEff') ?? 0n, CAP.SYS_PTRACE);
    if (FOR_TRACERS.includes(name) && !ptrace) return 'In a container add `--cap-add SYS_PTRACE`.';
    return `A seccomp filter does that: in a container add \`--security-opt seccomp=unconfined\`, with systemd-nspawn \`--system-call-filter=${name}\`.`;
  }
  if (result === -ERRNO.ENOSYS) {
    return isOlder(kernel, since)
      ? `Use Linux ${since} or newer.`
      : 'An emulator of processors (qemu-user) does that: use a machine of that kind, or a virtual one.';
  }
  return `Mounting needs CAP_SYS_ADMIN; in a container add \`--cap-add SYS_ADMIN\`${UNCONFINED}.`;
}

/** @param kernel release, as 6.1.0-13-amd64. @param since as 5.6. */
function isOlder(kernel: string, since: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.', 2).map((part) => Number.parseInt(part, 10));
  const [sinceMajor = 0, sinceMinor = 0] = since.split('.').map(Number);
  return major < sinceMajor || (major === sinceMajor && minor < sinceMinor);
}

/** What the profiles of Docker and Podman allow with CAP_SYS_PTRACE only. */
const FOR_TRACERS: readonly SyscallName[] = ['pidfd_getfd', 'process_vm_readv'];
