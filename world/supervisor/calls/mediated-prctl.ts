/**
 * prctl(2), and calls of which one option is the same, or like it: security/commoncap.c, kernel/sys.c, kernel/sched/core_sched.c,
 * and kernel/seccomp.c, Linux 6.12. PR_SET_MM_MAP asks for what it sets of the program, which is left out.
 */
import { CAP } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import {
  PIDTYPE_PGID,
  PR_CAPBSET_DROP,
  PR_GET_IO_FLUSHER,
  PR_SCHED_CORE,
  PR_SCHED_CORE_GET,
  PR_SCHED_CORE_MAX,
  PR_SET_IO_FLUSHER,
  PR_SET_MM,
  PR_SET_MM_AUXV,
  PR_SET_MM_MAP,
  PR_SET_MM_MAP_SIZE,
  PR_SET_SECCOMP,
  PTRACE_MODE_READ,
} from '../../../linux/process.ts';
import { BPF_MAXINSNS, SECCOMP_MODE_FILTER, SECCOMP_SET_MODE_FILTER } from '../../../linux/seccomp.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { capabilityCheck, capabilityThere, refuse } from '../access/calls.ts';
import { ptraceChecks } from '../access/ptrace-checks.ts';
import { taskNumber } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { ask, needing } from './own-privileges.ts';
import type { SupervisedCall } from './supervised-call.ts';

/**
 * A filter needs the capability, about which nothing is recorded, of who has not set no_new_privs.
 * @param program number of the argument: struct sock_fprog { u16 length; ... }
 */
function filters(context: WorkerContext, program: number): void {
  const { call, memory, view } = context;
  if (memory.read(call.tid, call.low(program), call.high(program), 2) < 2) return; // EFAULT
  const length = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 2).getUint16(0, true);
  if (length === 0 || length > BPF_MAXINSNS) return; // EINVAL
  if (/^NoNewPrivs:\t1$/m.test(view.readStatus(call.tid) ?? '')) return;
  ask(
    context,
    capabilityThere(context, CAP.SYS_ADMIN).map((check) =>
      check.hook === 'capable' ? { ...check, about: { ...check.about, silent: true }, refusal: 'EACCES' } : check,
    ),
  );
}

/** (operation, flags, program) */
const seccomp: Handler = (context) => filters(context, 2);

/** capable(): in the initial user namespace. */
function needsResource(context: WorkerContext): void {
  if (context.view.isInOurUserNamespace(context.call.tid)) ask(context, capabilityCheck(context, CAP.SYS_RESOURCE));
}

/** (PR_SET_MM, what, address, length, 0) */
function setsMemory(context: WorkerContext): void {
  const { call } = context;
  const what = call.low(1);
  if (what === PR_SET_MM_MAP || what === PR_SET_MM_MAP_SIZE) return;
  if (call.isNull(4) && (call.isNull(3) || what === PR_SET_MM_AUXV)) needsResource(context); // else EINVAL
}

/** (PR_SCHED_CORE, what, thread, whose, place for the result): sched_core_share_pid() */
function sharesCore(context: WorkerContext): void {
  const { call, mediator, view } = context;
  const [command, number, whose] = [call.low(1) >>> 0, call.int(2), call.low(3) >>> 0];
  if (mediator?.families.has('tasks') !== true || whose > PIDTYPE_PGID || command >= PR_SCHED_CORE_MAX) return;
  if (command !== PR_SCHED_CORE_GET && !call.isNull(4)) return; // EINVAL
  if (view.readFile(AT_FDCWD, '/sys/devices/system/cpu/smt/active')?.startsWith('1') !== true) return; // ENODEV
  const target = taskNumber(context, number);
  if (target === undefined) return; // ESRCH, EINVAL
  const looks = ptraceChecks(view, call.tid, target, PTRACE_MODE_READ, 'real');
  refuse(
    context,
    looks.map((check): AccessCheck => ({ ...check, refusal: 'EPERM' })),
  );
}

const OF_OPTION: Readonly<Record<number, Handler>> = {
  [PR_CAPBSET_DROP]: needing(CAP.SETPCAP),
  [PR_SET_SECCOMP]: (context) => {
    if (context.call.low(1) === SECCOMP_MODE_FILTER) filters(context, 2);
  },
  [PR_SET_MM]: setsMemory,
  [PR_SET_IO_FLUSHER]: needsResource,
  [PR_GET_IO_FLUSHER]: needsResource,
};

/** (option, ...) */
const prctl: Handler = (context) => {
  const option = context.call.int(0);
  if (option === PR_SCHED_CORE) sharesCore(context);
  else OF_OPTION[option]?.(context);
};

const when = 'mediate-capabilities' as const;

export const calls: readonly SupervisedCall[] = [
  ...Object.keys(OF_OPTION).map((option) => ({
    name: 'prctl' as const,
    when,
    rule: [{ argument: 0, is: Number(option) }],
    handle: prctl,
  })),
  { name: 'prctl', when: 'mediate-tasks', rule: [{ argument: 0, is: PR_SCHED_CORE }], handle: prctl },
  { name: 'seccomp', when, rule: [{ argument: 0, is: SECCOMP_SET_MODE_FILTER }], handle: seccomp },
];
