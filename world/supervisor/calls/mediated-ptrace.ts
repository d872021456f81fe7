/**
 * What looking into other tasks asks the modules: __ptrace_may_access() of kernel/ptrace.c, Linux 6.12, for ptrace(2)
 * and the calls that read or change the memory or descriptors of others. The kernel's own reasons to refuse come first,
 * and are left to it.
 */
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { type CallerFd, type Tgid, type Tid, tgidOf, tidOf } from '../../../linux/ids.ts';
import {
  ADVICE_TO_OTHERS,
  MPOL_MF_MOVE,
  MPOL_MF_MOVE_ALL,
  PTRACE_ATTACH,
  PTRACE_MODE_ATTACH,
  PTRACE_MODE_READ,
  PTRACE_SEIZE,
  PTRACE_TRACEME,
} from '../../../linux/process.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { capabilityCheck, refuse } from '../access/calls.ts';
import { ptraceChecks } from '../access/ptrace-checks.ts';
import { openedBy } from '../access/received-files.ts';
import { taskNumber, taskStat } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { sharesNumbers } from './ptrace.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const { EPERM } = ERRNO;

/** (request, pid). Only the requests that make a tracer are notified. */
const ptrace: Handler = (context) => {
  const { call, view } = context;
  if (call.int(0) !== PTRACE_TRACEME) {
    const target = taskNumber(context, call.int(1));
    const checks = target === undefined ? [] : ptraceChecks(view, call.tid, target, PTRACE_MODE_ATTACH, 'real');
    refuse(context, sharesNumbers(context) ? checks.map(attaching) : checks);
    return;
  }
  const parent = taskStat(view, call.tid)?.parent ?? 0;
  if (parent > 0) refuse(context, [{ hook: 'ptraceTracemeAccess', about: { parent: tidOf(parent) } }]);
};
const attaching = (check: AccessCheck): AccessCheck =>
  check.hook === 'ptraceAccess' ? { ...check, about: { ...check.about, attaches: true } } : check;

/** (pid, ...) */
const process_vm_readv: Handler = (context) =>
  ask(context, taskNumber(context, context.call.int(0)), PTRACE_MODE_ATTACH, EPERM, true);
const process_vm_writev = process_vm_readv;
const get_robust_list: Handler = (context) =>
  ask(context, taskNumber(context, context.call.int(0)), PTRACE_MODE_READ, EPERM);

/** (pid, pid, ...): both of them. */
const kcmp: Handler = (context) => {
  const { call } = context;
  const [one, other] = [call.int(0), call.int(1)].map((number) =>
    number === 0 ? undefined : taskNumber(context, number),
  );
  if (one === undefined || other === undefined) return; // ESRCH; 0 is nobody's number here
  for (const target of [one, other]) if (!call.answered) ask(context, target, PTRACE_MODE_READ, EPERM);
};

/** (pid, count, pages*, nodes*, status*, flags). Whom 0 stands for is not asked about. */
const move_pages: Handler = (context) => {
  const { call } = context;
  const flags = call.int(5);
  if ((flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) !== 0) return; // EINVAL
  const needed = (flags & MPOL_MF_MOVE_ALL) === 0 ? [] : capabilityCheck(context, CAP.SYS_NICE);
  if ((flags & MPOL_MF_MOVE_ALL) !== 0 && needed.length === 0) return; // EPERM
  refuse(context, needed);
  if (call.int(0) !== 0) movesMemory(context, taskNumber(context, call.int(0)));
};

/** (pid, count, old*, new*) */
const migrate_pages: Handler = (context) => movesMemory(context, taskNumber(context, context.call.int(0)));

function movesMemory(context: WorkerContext, target: Tid | undefined): void {
  if (target === undefined || context.call.answered) return;
  ask(context, target, PTRACE_MODE_READ, EPERM);
  if (!context.call.answered) refuse(context, [{ hook: 'taskMovememory', about: { target } }]);
}

/** (pidfd, parts*, count, advice, flags) */
const process_madvise: Handler = (context) => {
  const { call, view } = context;
  const isValid = call.int(4) === 0 && ADVICE_TO_OTHERS.has(call.int(3));
  const target = isValid ? processOf(context, call.fd(0)) : undefined;
  if (target === undefined) return;
  refuse(context, ptraceChecks(view, call.tid, target, PTRACE_MODE_READ, 'effective', true).map(toErrno));
  if (!call.answered && view.status(call.tid)?.tgid !== target) refuse(context, capabilityCheck(context, CAP.SYS_NICE));
};
/** mm_access() */
const toErrno = (check: AccessCheck): AccessCheck => ({ ...check, refusal: 'EACCES' });

/** The process that a pidfd of the caller is of; `undefined` = it is none, or of one that the caller cannot see. */
export function processOf({ call, view }: WorkerContext, descriptor: CallerFd): Tgid | undefined {
  const info = view.readFile(AT_FDCWD, `/proc/${call.tid}/fdinfo/${descriptor}`);
  const number = Number(info === undefined ? undefined : /^Pid:\t(-?\d+)$/m.exec(info)?.[1]);
  return number > 0 ? tgidOf(number) : undefined;
}

/** (pidfd, descriptor, flags) */
const pidfd_getfd: Handler = (context) => {
  const { call } = context;
  const target = processOf(context, call.fd(0));
  if (target === undefined || call.int(2) !== 0) return;
  ask(context, target, PTRACE_MODE_ATTACH, EPERM);
  if (!call.answered) receive(context, target, call.fd(1));
};

/** receive_fd() */
function receive(context: WorkerContext, holder: Tid, descriptor: CallerFd): void {
  const opened = openedBy(context, holder, descriptor, { process: tgidOf(holder) });
  if (opened !== undefined) refuse(context, [{ hook: 'fileReceive', about: opened }]);
}

/** @param errno what the call makes of a refusal; absent = the module's own. */
function ask(
  { call, mediator, view }: WorkerContext,
  target: Tid | undefined,
  mode: number,
  errno?: number,
  memory = false,
): void {
  if (target === undefined) return;
  const refused = mediator?.decide(call.tid, ptraceChecks(view, call.tid, target, mode, 'real', memory)) ?? 0;
  if (refused !== 0) call.fail(errno ?? refused);
}

const onTask = (name: SyscallName, rule: readonly ArgumentTest[], handle: Handler): SupervisedCall => ({
  name,
  when: 'mediate-tasks',
  rule,
  handle,
});
/** The number of a task that is not 0, which stands for the caller. */
const ofAnother: readonly ArgumentTest[] = [{ argument: 0, has: 0xffffffff }];

export const calls: readonly SupervisedCall[] = [
  onTask('ptrace', [{ argument: 0, is: PTRACE_TRACEME }], ptrace),
  onTask('ptrace', [{ argument: 0, is: PTRACE_ATTACH }], ptrace),
  onTask('ptrace', [{ argument: 0, is: PTRACE_SEIZE }], ptrace),
  onTask('process_vm_readv', ofAnother, process_vm_readv),
  onTask('process_vm_writev', ofAnother, process_vm_writev),
  onTask('get_robust_list', ofAnother, get_robust_list),
  onTask('move_pages', ofAnother, move_pages),
  onTask('move_pages', [{ argument: 5, has: MPOL_MF_MOVE_ALL }], move_pages),
  ...always('mediate-tasks', { pidfd_getfd, kcmp, migrate_pages, process_madvise }),
];
