/**
 * What the calls that make objects of the kernel without a name ask the modules: fs/userfaultfd.c, mm/secretmem.c,
 * io_uring/io_uring.c and kernel/bpf/syscall.c, Linux 6.12. The kernel's own reasons to refuse come first, and are left to it.
 */
import { BPF_ATTR, BPF_COMMAND, BPF_F_RDONLY, BPF_F_WRONLY, BPF_UNPRIVILEGED_PROGRAMS } from '../../../linux/bpf.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { AT_FDCWD, O_CLOEXEC } from '../../../linux/fcntl.ts';
import { IO_URING_PARAMS, IO_URING_PARAMS_SIZE, IORING_SETUP_SQPOLL } from '../../../linux/io-uring.ts';
import { UFFD_USER_MODE_ONLY } from '../../../linux/mman.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { capabilityCheck, refuse } from '../access/calls.ts';
import { newUserfault, USERFAULT_FLAGS } from '../access/userfault-device.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

/** Capability of those who may do what others may not; `undefined` = the kernel refuses by itself. */
type Privilege = readonly AccessCheck[] | undefined;

const made = (kind: string): AccessCheck => ({ hook: 'inodeInitSecurityAnon', about: { kind } });

/** (flags) */
const userfaultfd: Handler = (context) => {
  const flags = context.call.low(0);
  const free = (flags & UFFD_USER_MODE_ONLY) !== 0 || sysctl(context.view, 'vm/unprivileged_userfaultfd') === 1;
  const privilege = free ? [] : holding(context, CAP.SYS_PTRACE);
  if (privilege === undefined) return;
  const isValid = (flags & ~USERFAULT_FLAGS) === 0;
  refuse(context, [...privilege, ...(isValid ? [newUserfault] : [])]);
};

/** (flags) */
const memfd_secret: Handler = (context) => {
  const enabled = context.view.readFile(AT_FDCWD, '/sys/module/secretmem/parameters/enable')?.startsWith('Y') === true;
  if (enabled && (context.call.low(0) & ~O_CLOEXEC) === 0) refuse(context, [made('[secretmem]')]);
};

/** (entries, struct io_uring_params *) */
const io_uring_setup: Handler = (context) => {
  const { call, memory, view } = context;
  const disabled = sysctl(view, 'kernel/io_uring_disabled') ?? 0;
  const privilege = disabled === 0 ? [] : disabled === 1 ? holding(context, CAP.SYS_ADMIN) : undefined;
  if (privilege === undefined || call.low(0) === 0) return;
  if (memory.read(call.tid, call.low(1), call.high(1), IO_URING_PARAMS_SIZE) < IO_URING_PARAMS_SIZE) return;
  const parameters = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, IO_URING_PARAMS_SIZE);
  const polled = (parameters.getUint32(IO_URING_PARAMS.FLAGS, true) & IORING_SETUP_SQPOLL) !== 0;
  refuse(context, [...privilege, ...(polled ? [{ hook: 'uringSqpoll', about: {} } as const] : []), made('[io_uring]')]);
};

/** (command, union bpf_attr *, size) */
const bpf: Handler = (context) => {
  const { call, memory } = context;
  const size = Math.min(call.low(2), BPF_ATTR.MAP_FLAGS + 4);
  if (size === 0 || memory.read(call.tid, call.low(1), call.high(1), size) < size) return;
  const attributes = new DataView(new ArrayBuffer(BPF_ATTR.MAP_FLAGS + 4));
  new Uint8Array(attributes.buffer).set(memory.bytes.subarray(0, size));
  if (call.int(0) === BPF_COMMAND.MAP_CREATE) makeMap(context, attributes.getUint32(BPF_ATTR.MAP_FLAGS, true));
  else loadProgram(context, attributes.getUint32(BPF_ATTR.PROG_TYPE, true));
};

/** map_create() */
function makeMap(context: WorkerContext, flags: number): void {
  const [read, write] = [(flags & BPF_F_WRONLY) === 0, (flags & BPF_F_RDONLY) === 0];
  const privilege = sysctl(context.view, 'kernel/unprivileged_bpf_disabled') === 0 ? [] : programming(context, 'EPERM');
  const got: AccessCheck[] =
    privilege !== undefined && (read || write) ? [{ hook: 'bpfMap', about: { read, write } }] : [];
  refuse(context, [{ hook: 'bpf', about: { makes: 'map' } }, ...(privilege ?? []), ...got]);
}

/** bpf_prog_load() */
function loadProgram(context: WorkerContext, type: number): void {
  const free = sysctl(context.view, 'kernel/unprivileged_bpf_disabled') === 0 && BPF_UNPRIVILEGED_PROGRAMS.has(type);
  const privilege = programming(context, free ? 'ignored' : 'EPERM') ?? (free ? [] : undefined);
  const got: AccessCheck[] = privilege === undefined ? [] : [{ hook: 'bpfProg', about: {} }];
  refuse(context, [{ hook: 'bpf', about: { makes: 'program' } }, ...(privilege ?? []), ...got]);
}

/** bpf_token_capable() without a token: who lacks CAP_BPF may have CAP_SYS_ADMIN. */
function programming(context: WorkerContext, refusal: 'EPERM' | 'ignored'): Privilege {
  const { call, view } = context;
  const capabilities = view.credentials(call.tid)?.capabilities ?? 0n;
  const held = [CAP.BPF, CAP.SYS_ADMIN].filter((capability) => hasCapability(capabilities, capability));
  const [capability, otherwise] = held;
  if (capability === undefined) return undefined;
  return [{ hook: 'capable', about: { capability, ...(otherwise !== undefined && { otherwise }) }, refusal }];
}

function holding(context: WorkerContext, capability: number): Privilege {
  const checks = capabilityCheck(context, capability);
  return checks.length === 0 ? undefined : checks;
}

function sysctl(view: CallerView, name: string): number | undefined {
  const text = view.readFile(AT_FDCWD, `/proc/sys/${name}`);
  return text === undefined ? undefined : Number(text);
}

export const calls = [
  ...always('mediate-capabilities', { userfaultfd, memfd_secret, io_uring_setup }),
  ...Object.values(BPF_COMMAND).map((command) => ({
    name: 'bpf' as const,
    when: 'mediate-capabilities' as const,
    rule: [{ argument: 0, is: command }],
    handle: bpf,
  })),
];
