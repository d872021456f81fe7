/**
 * Calls of who runs a machine, each of which needs one capability: kernel/reboot.c, kernel/acct.c, kernel/module/main.c,
 * kernel/time/time.c, kernel/kexec.c, mm/mempolicy.c, mm/mlock.c, mm/swapfile.c, fs/open.c and arch/x86/kernel/ioport.c, Linux 6.12.
 * A caller without the capability is refused by the kernel itself.
 */
import { CAP } from '../../../linux/capability.ts';
import { ADJ, CLOCK_REALTIME, TIME_SIZE } from '../../../linux/clock.ts';
import { AT_FDCWD, isReadable, O_APPEND, O_EXCL, O_RDWR, O_WRONLY } from '../../../linux/fcntl.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import { MCL, MLOCK_ONFAULT } from '../../../linux/mman.ts';
import { MPOL_MF_MOVE_ALL, RLIMIT_MEMLOCK } from '../../../linux/process.ts';
import { capabilityCheck, onOpenFile, refuse } from '../access/calls.ts';
import { limitsOf } from '../access/limits.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { opens } from './mediated-open.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const ZONE_SIZE = 8;
/** MODULE_INIT_IGNORE_MODVERSIONS, MODULE_INIT_IGNORE_VERMAGIC, MODULE_INIT_COMPRESSED_FILE */
const MODULE_FLAGS = 7;
/** Of Elf64_Ehdr. */
const ELF_HEADER_SIZE = 64;
/** MPOL_MF_STRICT, MPOL_MF_MOVE, MPOL_MF_MOVE_ALL */
const MPOL_MF_VALID = 7;
/** TIME_SETTOD_SEC_MAX: 30 years before the time that nanoseconds can tell ends. */
const SETTABLE_SECONDS = (1n << 63n) / 1_000_000_000n - 30n * 365n * 24n * 3600n;
const PAGE = BigInt(PAGE_SIZE);
/** All SWAP_FLAG_* of swapon(2): include/linux/swap.h. */
const SWAP_FLAGS_VALID = 0x7ffff;
/** IO_BITMAP_BITS */
const IO_PORTS = 65_536n;

/** capable(): in the initial user namespace. */
function needs(context: WorkerContext, capability: number, refusal?: 'ENOMEM'): void {
  const { call, view } = context;
  if (view.isInOurUserNamespace(call.tid)) refuse(context, capabilityCheck(context, capability, refusal));
}

const needing =
  (capability: number): Handler =>
  (context) =>
    needs(context, capability);

/** Then the kernel opens the file that argument 0 names. */
const openingWith =
  (capability: number, flags: number): Handler =>
  (context) => {
    needs(context, capability);
    if (!context.call.answered && context.mediator?.families.has('files') === true) opens(context, AT_FDCWD, 0, flags);
  };

/** (descriptor, arguments, flags) */
const finit_module: Handler = (context) => {
  const { call } = context;
  needs(context, CAP.SYS_MODULE);
  if (call.answered || !maySeeModules(context) || (call.low(2) & ~MODULE_FLAGS) !== 0) return; // EINVAL
  onOpenFile(context, call.fd(0), (opened) =>
    isReadable(opened.flags) ? [{ hook: 'kernelLoadModule', about: opened }] : [],
  );
};
/** (memory, length, arguments) */
const init_module: Handler = (context) => {
  needs(context, CAP.SYS_MODULE);
  const isShort = context.call.high(1) === 0 && context.call.low(1) < ELF_HEADER_SIZE; // ENOEXEC
  if (context.call.answered || isShort || !maySeeModules(context)) return;
  refuse(context, [{ hook: 'kernelLoadModule', about: {} }]);
};
/** may_init_module(): without that the kernel itself refuses. */
function maySeeModules(context: WorkerContext): boolean {
  const { call, view } = context;
  if (!view.isInOurUserNamespace(call.tid) || capabilityCheck(context, CAP.SYS_MODULE).length === 0) return false;
  return view.readFile(AT_FDCWD, '/proc/sys/kernel/modules_disabled')?.startsWith('1') !== true;
}

/** (start, length, mode, nodes, most, flags) */
const mbind: Handler = (context) => {
  if ((context.call.low(5) & ~MPOL_MF_VALID) === 0) needs(context, CAP.SYS_NICE);
};

const swapoff = openingWith(CAP.SYS_ADMIN, O_RDWR);
/** (path, flags) */
const swapon: Handler = (context) => {
  if ((context.call.low(1) & ~SWAP_FLAGS_VALID) === 0) openingWith(CAP.SYS_ADMIN, O_RDWR | O_EXCL)(context);
};
/** (path); none ends accounting. */
const acct: Handler = (context) => {
  if (context.call.isNull(0)) needs(context, CAP.SYS_PACCT);
  else openingWith(CAP.SYS_PACCT, O_WRONLY | O_APPEND)(context);
};

/** (struct timeval, struct timezone), which may be absent */
const settimeofday: Handler = (context) => {
  const { call, memory } = context;
  const isZoneReadable = call.isNull(1) || memory.read(call.tid, call.low(1), call.high(1), ZONE_SIZE) === ZONE_SIZE;
  if ((call.isNull(0) || isTime(context, 0, 1_000_000n)) && isZoneReadable) needs(context, CAP.SYS_TIME);
};
/** (clock, time) */
const clock_settime: Handler = (context) => {
  if (context.call.int(0) === CLOCK_REALTIME && isTime(context, 1, 1_000_000_000n)) needs(context, CAP.SYS_TIME);
};

/** Is this a time that a clock can be set to (timespec64_valid_settod())? @param fractions of a second. */
function isTime({ call, memory }: WorkerContext, argument: number, fractions: bigint): boolean {
  if (memory.read(call.tid, call.low(argument), call.high(argument), TIME_SIZE) < TIME_SIZE) return false;
  const time = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, TIME_SIZE);
  const [seconds, fraction] = [time.getBigInt64(0, true), time.getBigInt64(8, true)];
  return seconds >= 0n && seconds < SETTABLE_SECONDS && fraction >= 0n && fraction < fractions;
}

/** (struct timex { u32 modes; ... }) */
const adjtimex: Handler = (context) => adjusts(context, 0);
/** (clock, the same) */
const clock_adjtime: Handler = (context) => {
  if (context.call.int(0) === CLOCK_REALTIME) adjusts(context, 1);
};

/** timekeeping_validate_timex(): without modes it only reads; adjtime(3) has modes that only read, too, or are none. */
function adjusts(context: WorkerContext, argument: number): void {
  const { call, memory } = context;
  if (memory.read(call.tid, call.low(argument), call.high(argument), 4) < 4) return;
  const modes = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 4).getUint32(0, true);
  const changes = (modes & ADJ.OFFSET_READONLY) === 0 || (modes & ADJ.SETOFFSET) !== 0;
  const reads = (modes & ADJ.ADJTIME) !== 0 && ((modes & ADJ.OFFSET) === 0 || !changes);
  if (modes !== 0 && !reads) needs(context, CAP.SYS_TIME);
}

/** (first port, how many, on) */
const ioperm: Handler = (context) => {
  const { call } = context;
  const [from, count] = [number(context, 0), number(context, 1)];
  if (count > 0n && from + count <= IO_PORTS && call.int(2) !== 0) needs(context, CAP.SYS_RAWIO);
};
/** (level). The one that the thread has needs nothing; it is taken to be 0. */
const iopl: Handler = (context) => {
  const level = context.call.low(0) >>> 0;
  if (level > 0 && level <= 3) needs(context, CAP.SYS_RAWIO);
};

/** (address, length): whole pages */
const mlock: Handler = (context) => {
  const start = number(context, 0) % PAGE;
  const pages = (start + number(context, 1) + PAGE - 1n) / PAGE;
  locks(context, ({ locked }) => locked + pages * PAGE);
};
/** (address, length, flags) */
const mlock2: Handler = (context) => {
  if ((context.call.low(2) & ~MLOCK_ONFAULT) === 0) mlock(context);
};
/** (flags) */
const mlockall: Handler = (context) => {
  const flags = context.call.low(0);
  if (flags === 0 || (flags & ~(MCL.CURRENT | MCL.FUTURE | MCL.ONFAULT)) !== 0 || flags === MCL.ONFAULT) return;
  locks(context, ({ size }) => ((flags & MCL.CURRENT) === 0 ? 0n : size));
};

/** can_do_mlock(), and beyond the limit: bytes that are locked, and those of all mappings. */
function locks(
  context: WorkerContext,
  wanted: (memory: { readonly locked: bigint; readonly size: bigint }) => bigint,
): void {
  const { call, view } = context;
  const limit = limitsOf(view, call.tid, RLIMIT_MEMLOCK)?.soft;
  if (limit === undefined) return;
  if (limit === 0n) {
    needs(context, CAP.IPC_LOCK);
    return;
  }
  const status = view.readStatus(call.tid) ?? '';
  const bytes = (name: string): bigint =>
    BigInt(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024n;
  if (wanted({ locked: bytes('VmLck'), size: bytes('VmSize') }) > limit) needs(context, CAP.IPC_LOCK, 'ENOMEM');
}

function number({ call }: WorkerContext, index: number): bigint {
  return (BigInt(call.high(index)) << 32n) | BigInt(call.low(index));
}

const every = always('mediate-capabilities', {
  reboot: needing(CAP.SYS_BOOT),
  swapon,
  swapoff,
  acct,
  settimeofday,
  clock_settime,
  adjtimex,
  clock_adjtime,
  init_module,
  finit_module,
  delete_module: needing(CAP.SYS_MODULE),
  kexec_load: needing(CAP.SYS_BOOT),
  kexec_file_load: needing(CAP.SYS_BOOT),
  vhangup: needing(CAP.SYS_TTY_CONFIG),
  ioperm,
  iopl,
  mlock,
  mlock2,
  mlockall,
});

export const calls: readonly SupervisedCall[] = [
  ...every,
  // Of the others only the caller's own pages are moved.
  { name: 'mbind', when: 'mediate-capabilities', rule: [{ argument: 5, has: MPOL_MF_MOVE_ALL }], handle: mbind },
];
