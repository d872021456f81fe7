/**
 * perf_event_open(2): kernel/events/core.c, Linux 6.12. The kernel's own reasons to refuse are left to it, and so is whatever it asks of
 * an event by its kind (tracepoints).
 */
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { PERF_ATTR, PERF_ATTR_EXCLUDE_KERNEL, PERF_FLAG_ALL, PERF_FLAG_PID_CGROUP } from '../../../linux/perf-event.ts';
import { PTRACE_MODE_READ } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { refuse } from '../access/calls.ts';
import { ptraceChecks } from '../access/ptrace-checks.ts';
import { taskIdentity, taskNumber } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

/** As far as the bits. */
const READ_SIZE = PERF_ATTR.BITS + 8;
/** PERF_ATTR_SIZE_VER0, and a page. */
const [LEAST_SIZE, MOST_SIZE] = [64, 4096];

/** (struct perf_event_attr *, pid, cpu, group, flags) */
const perf_event_open: Handler = (context) => {
  const { call, memory, view } = context;
  const flags = call.low(4);
  if ((flags & ~PERF_FLAG_ALL) !== 0) return; // EINVAL
  if (memory.read(call.tid, call.low(0), call.high(0), READ_SIZE) < READ_SIZE) return; // EFAULT
  const attributes = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, READ_SIZE);
  const size = attributes.getUint32(PERF_ATTR.OWN_SIZE, true);
  if (size !== 0 && (size < LEAST_SIZE || size > MOST_SIZE)) return; // E2BIG
  const bits = attributes.getBigUint64(PERF_ATTR.BITS, true);
  const paranoid = Number(view.readFile(AT_FDCWD, '/proc/sys/kernel/perf_event_paranoid') ?? 0);
  const pid = call.int(1);
  const ofTask = pid !== -1 && (flags & PERF_FLAG_PID_CGROUP) === 0;
  const asked: AccessCheck[] = [{ hook: 'perfEventOpen', about: { type: 'open' } }];
  const parts = [
    (bits & PERF_ATTR_EXCLUDE_KERNEL) === 0n ? allowed(context, 'kernel', paranoid > 1) : [],
    ofTask ? ofProcess(context, pid) : allowed(context, 'cpu', paranoid > 0),
  ];
  for (const part of parts) {
    if (part === undefined) break; // there the kernel refuses
    asked.push(...part);
  }
  refuse(context, asked);
};

/** perf_allow_kernel(), perf_allow_cpu() */
function allowed(
  context: WorkerContext,
  type: 'kernel' | 'cpu',
  restricted: boolean,
): readonly AccessCheck[] | undefined {
  const privilege = restricted ? monitors(context, { refusal: 'EACCES' }) : [];
  return privilege && [...privilege, { hook: 'perfEventOpen', about: { type } }];
}

/** perf_check_permission(): who may monitor everything need not be able to look into the task. */
function ofProcess(context: WorkerContext, number: number): readonly AccessCheck[] | undefined {
  const { call, view } = context;
  const target = taskNumber(context, number);
  if (target === undefined) return undefined; // ESRCH
  const looks = ptraceChecks(view, call.tid, target, PTRACE_MODE_READ, 'real').map(
    (check): AccessCheck => ({ ...check, refusal: 'EACCES' }),
  );
  const isOwn = taskIdentity(view, target)?.tgid === taskIdentity(view, call.tid)?.tgid;
  const refused = isOwn ? ({ refusal: 'ignored' } as const) : ({ refusal: 'EACCES' } as const);
  return monitors(context, looks.length === 0 ? refused : { otherwise: looks }) ?? looks;
}

/** perfmon_capable(): who lacks CAP_PERFMON may have CAP_SYS_ADMIN; `undefined` = it has neither. */
function monitors(
  { call, view }: WorkerContext,
  refused: Pick<AccessCheck, 'refusal' | 'otherwise'>,
): readonly AccessCheck[] | undefined {
  const capabilities = view.credentials(call.tid)?.capabilities ?? 0n;
  const [capability, otherwise] = [CAP.PERFMON, CAP.SYS_ADMIN].filter((held) => hasCapability(capabilities, held));
  if (capability === undefined) return undefined;
  return [{ hook: 'capable', about: { capability, ...(otherwise !== undefined && { otherwise }) }, ...refused }];
}

export const calls = always('mediate-capabilities', { perf_event_open });
