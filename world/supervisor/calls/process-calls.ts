/**
 * What process tracking has to know before it happens: exit_group(2) where there is no proc connector, and CLONE_PARENT where there is.
 */
import { CLONE_PARENT, CLONE_THREAD } from '../../../linux/process.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const exit_group: Handler = ({ ask, call }) => {
  ask({ kind: 'process-call', call: 'exit_group', tid: call.tid, code: call.int(0) });
};

/** To be called before a task is made with these flags. */
export function tellSibling({ ask, call }: Pick<WorkerContext, 'ask' | 'call'>, flags: number): void {
  const makesSibling = (flags & (CLONE_PARENT | CLONE_THREAD)) === CLONE_PARENT;
  if (makesSibling) ask({ kind: 'process-call', call: 'clone-parent', tid: call.tid });
}

/** (flags, ...) */
const clone: Handler = (context) => tellSibling(context, context.call.low(0));

export const calls: readonly SupervisedCall[] = [
  ...always('process-exits', { exit_group }),
  { name: 'clone', when: 'siblings', rule: [{ argument: 0, has: CLONE_PARENT }], handle: clone },
];
