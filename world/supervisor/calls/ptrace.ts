/**
 * ptrace(2) where it makes a tracer, and prctl(2) for options that modules have: may it be?
 *
 * What the host's kernel says counts besides. Processes in pid namespaces of their own are left to it alone: their numbers are not ours.
 */
import { existsSync } from 'node:fs';
import { HOST_SIDES } from '../../../lsm/known-modules.ts';
import { AT_FDCWD } from '../caller/caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';

const ENOSYS = 38;

/** request, pid */
export const ptrace: Handler = (context) => {
  const { ask, call } = context;
  if (!sharesNumbers(context)) return;
  const answer = ask({ kind: 'ptrace', tid: call.tid, request: call.int(0), target: call.int(1) });
  if (answer !== undefined && answer.errno !== 0) call.fail(answer.errno);
};

/** option, argument. A host that has the option itself is told, too. */
export const prctl: Handler = (context) => {
  const { ask, call } = context;
  if (!sharesNumbers(context)) return;
  const answer = ask({ kind: 'prctl', tid: call.tid, option: call.int(0), argument: call.int(1) });
  if (answer === undefined || answer.errno === ENOSYS) return;
  if (answer.errno !== 0) call.fail(answer.errno);
  else if (!HOST_SIDES.some(({ prctlSign }) => prctlSign !== undefined && existsSync(prctlSign)))
    call.succeed(answer.value);
};

function sharesNumbers({ call, view }: WorkerContext): boolean {
  const namespace = (tid: number | string): string | undefined => view.readlinkAt(AT_FDCWD, `/proc/${tid}/ns/pid`);
  return namespace(call.tid) === namespace('self');
}
