/**
 * The modules' decisions about ptrace(2) requests that make a tracer, and about prctl(2) options that modules define.
 *
 * The host's kernel decides as well. Callers in another pid namespace are left to it alone, because their process ids are not ours.
 */
import { existsSync } from 'node:fs';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import {
  PR_SET_PTRACER,
  PTRACE_ATTACH,
  PTRACE_MODE_ATTACH,
  PTRACE_O_MASK,
  PTRACE_SEIZE,
  PTRACE_TRACEME,
} from '../../../linux/process.ts';
import { HOST_SIDES } from '../../../lsm/known-modules.ts';
import { ptraceChecks } from '../access/ptrace-checks.ts';
import { taskIdentity } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { Notification } from '../notification.ts';
import type { SupervisedCall } from './supervised-call.ts';

const { ENOSYS, EPERM, ESRCH } = ERRNO;

/** request, pid */
const ptrace: Handler = (context) => {
  const { ask, call, view } = context;
  if (!sharesNumbers(context)) return;
  const [request, target] = [call.int(0), tidOf(call.int(1))];
  const attaches = request !== PTRACE_TRACEME;
  if (request === PTRACE_SEIZE && !isSeize(call)) return; // EIO
  // What the kernel refuses by itself, cap_ptrace_access_check() included, no module hears of. It is refused here: when the
  // kernel looks, the task may be there, or be dumpable.
  if (attaches && ptraceChecks(view, call.tid, target, PTRACE_MODE_ATTACH, 'real').length === 0) {
    call.fail(taskIdentity(view, target) === undefined ? ESRCH : EPERM);
    return;
  }
  const answer = ask({ kind: 'ptrace', tid: call.tid, request, target });
  if (answer !== undefined && answer.errno !== 0) call.fail(answer.errno);
};

/** Without an address, and with no options but the kernel's. */
function isSeize(call: Notification): boolean {
  return call.isNull(2) && call.high(3) === 0 && (call.low(3) & ~PTRACE_O_MASK) === 0;
}

/** option, argument. A host that has the option gets the call, too. */
const prctl: Handler = (context) => {
  const { ask, call } = context;
  if (!sharesNumbers(context)) return;
  const answer = ask({ kind: 'prctl', tid: call.tid, option: call.int(0), argument: call.int(1) });
  if (answer === undefined || answer.errno === ENOSYS) return;
  if (answer.value === undefined) call.fail(answer.errno);
  else if (!HOST_SIDES.some(({ prctlSign }) => prctlSign !== undefined && existsSync(prctlSign)))
    call.succeed(answer.value);
};

/** Has the caller the same process ids as we have? */
export function sharesNumbers({ call, view }: Pick<WorkerContext, 'call' | 'view'>): boolean {
  const namespace = (tid: Tid | string): string | undefined => view.readlinkAt(AT_FDCWD, `/proc/${tid}/ns/pid`);
  return namespace(call.tid) === namespace('self');
}

export const calls: readonly SupervisedCall[] = [
  { name: 'prctl', when: 'ptracer', rule: [{ argument: 0, is: PR_SET_PTRACER }], handle: prctl },
  ...[PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE].map(
    (request): SupervisedCall => ({
      name: 'ptrace',
      when: 'ptrace',
      rule: [{ argument: 0, is: request }],
      handle: ptrace,
    }),
  ),
];
