/**
 * What mmap(2) and mprotect(2) ask the modules: vm_mmap_pgoff() of mm/util.c, where the hook comes before all checks but
 * that of the descriptor, security_mmap_addr() of the address that is found, and do_mprotect_pkey() of mm/mprotect.c, Linux
 * 6.12. Only code, mapped files and the lowest addresses are notified.
 */

import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import {
  LSM_MMAP_MIN_ADDR,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  PERSONALITY_QUERY,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  READ_IMPLIES_EXEC,
} from '../../../linux/mman.ts';
import { ST_NOEXEC } from '../../../linux/statfs.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import { onOpenFile, refuse } from '../access/calls.ts';
import { flagsOfMapping } from '../access/deciding-flags.ts';
import { type Mapping, mappingsIn, memoryIn } from '../access/mappings.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { SupervisedCall } from './supervised-call.ts';

const ALL = PROT_READ | PROT_WRITE | PROT_EXEC;
const PAGE = 4096n;
const FIXED = MAP_FIXED | MAP_FIXED_NOREPLACE;

/** (personality) */
const personality: Handler = ({ call, mediator }) => {
  if (call.low(0) !== PERSONALITY_QUERY) mediator?.counts.impliesExec();
};

/** (address, length, protection, flags, descriptor, offset) */
const mmap: Handler = (context) => {
  const { call } = context;
  const [protection, flags] = [call.low(2), call.low(3)];
  const mapFlags = flagsOfMapping(flags);
  const placed = placing(context, flags);
  if ((flags & MAP_ANONYMOUS) === 0) {
    const implied = impliesExec(context, protection) ? PROT_EXEC : 0;
    const checks = (opened: OpenFile, file?: number): AccessCheck[] => {
      const given = implied !== 0 && file !== undefined && isNoexec(context, file) ? 0 : implied;
      return [{ hook: 'mmapFile', about: { ...opened, protection: protection | given, mapFlags } }, ...placed];
    };
    onOpenFile(context, call.fd(4), checks, true);
    return;
  }
  const executable = (protection & PROT_EXEC) !== 0;
  refuse(context, [...(executable ? [{ hook: 'mmapFile', about: { protection, mapFlags } } as const] : []), ...placed]);
};

/** mmap_prot() of security/security.c. */
function impliesExec({ call, mediator, view }: WorkerContext, protection: number): boolean {
  if ((protection & PROT_READ) === 0 || mediator?.counts.mayImplyExec !== true) return false;
  const persona = Number.parseInt(view.readProcess(call.tid, 'personality') ?? '0', 16);
  return (persona & READ_IMPLIES_EXEC) !== 0;
}

/** Is the file behind a descriptor of ours on a mount of which nothing may be executed? */
function isNoexec({ call, view }: WorkerContext, file: number): boolean {
  return view.mayAsk(file, call.tid) && (view.filesystem(file).flags & ST_NOEXEC) !== 0;
}

/** cap_mmap_addr() comes first, which asks nobody about the capability. */
function placing({ call, view }: WorkerContext, flags: number): readonly AccessCheck[] {
  const address = call.low(0);
  if ((flags & FIXED) === 0 || call.high(0) !== 0 || address >= LSM_MMAP_MIN_ADDR) return [];
  const least = Number(view.readFile(AT_FDCWD, '/proc/sys/vm/mmap_min_addr') ?? 0);
  const capabilities = view.credentials(call.tid)?.capabilities ?? 0n;
  if (address < least && !hasCapability(capabilities, CAP.SYS_RAWIO)) return []; // EPERM
  return [{ hook: 'mmapAddr', about: { address } }];
}

/** (address, length, protection) */
const mprotect: Handler = (context) => {
  const { call } = context;
  const long = (argument: number): bigint => (BigInt(call.high(argument)) << 32n) | BigInt(call.low(argument));
  const [start, length] = [long(0), long(1)];
  const protection = call.low(2) & ALL;
  const family = (protection & PROT_EXEC) === 0 ? 'content' : 'memory';
  if (start % PAGE !== 0n || length === 0n || context.mediator?.families.has(family) !== true) return;
  const mappings = mappingsOf(context, start, start + length);
  if (mappings === undefined) {
    context.mediator?.unseen();
    return;
  }
  const implied = impliesExec(context, protection) ? PROT_EXEC : 0;
  const checks: AccessCheck[] = [];
  for (const mapping of mappings) {
    if ((protection & ~mapping.permissible) !== 0) break; // EACCES
    checks.push(...changed(context, mapping, protection | (implied & mapping.permissible)));
  }
  refuse(context, checks);
};

/** An allocator makes its memory usable a page at a time; of a large process, `smaps` takes milliseconds. */
function mappingsOf(context: WorkerContext, start: bigint, end: bigint): readonly Mapping[] | undefined {
  const { call, view } = context;
  const pointer = stackPointer(context);
  const maps = view.readProcess(call.tid, 'maps');
  const memory = maps === undefined ? undefined : memoryIn(maps, start, end, pointer);
  if (memory !== undefined) return memory;
  const smaps = view.readProcess(call.tid, 'smaps');
  return smaps === undefined ? undefined : mappingsIn(smaps, start, end, pointer);
}

/** Of the caller, which waits in the call: the last but one field of proc_pid_syscall(5). */
function stackPointer({ call, view }: WorkerContext): bigint | undefined {
  const field = view.readProcess(call.tid, 'syscall')?.trim().split(' ').at(-2);
  return field !== undefined && /^0x[0-9a-f]+$/.test(field) ? BigInt(field) : undefined;
}

function changed({ call, mediator, view }: WorkerContext, mapping: Mapping, protection: number): AccessCheck[] {
  if (mapping.file === undefined) return [{ hook: 'fileMprotect', about: { protection, mapping } }];
  const fd = view.openMapping(call.tid, mapping.range, mapping.file);
  const file = fd < 0 ? undefined : mediator?.look(fd, call.tid);
  if (fd < 0) mediator?.unseen();
  else view.close(fd);
  return file === undefined ? [] : [{ hook: 'fileMprotect', about: { file, protection, mapping } }];
}

const access: readonly ArgumentTest[] = [{ argument: 2, has: PROT_READ | PROT_WRITE }];
const code: readonly ArgumentTest[] = [{ argument: 2, has: PROT_EXEC }];
/** The lower half of the address alone is tested. */
const lowest: readonly ArgumentTest[] = [
  { argument: 0, lacks: -LSM_MMAP_MIN_ADDR >>> 0 },
  { argument: 3, has: FIXED },
];

export const calls: readonly SupervisedCall[] = [
  { name: 'mmap', when: 'mediate-memory', rule: code, handle: mmap },
  { name: 'mmap', when: 'mediate-memory', rule: [{ argument: 3, lacks: MAP_ANONYMOUS }], handle: mmap },
  { name: 'mmap', when: 'mediate-memory', rule: lowest, handle: mmap },
  { name: 'personality', when: 'mediate-memory', rule: [{ argument: 0, has: READ_IMPLIES_EXEC }], handle: personality },
  { name: 'mprotect', when: 'mediate-memory', rule: code, handle: mprotect },
  { name: 'pkey_mprotect', when: 'mediate-memory', rule: code, handle: mprotect },
  { name: 'mprotect', when: 'mediate-content', rule: access, handle: mprotect },
  { name: 'pkey_mprotect', when: 'mediate-content', rule: access, handle: mprotect },
];
