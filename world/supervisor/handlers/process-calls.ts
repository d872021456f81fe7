/**
 * execve(2) and exit_group(2), where there is no proc connector: the tracker learns of them before they happen.
 */
import type { Handler } from '../context.ts';

export const execve: Handler = ({ ask, call }) => {
  ask({ kind: 'process-call', call: 'execve', tid: call.tid });
};

export const exit_group: Handler = ({ ask, call }) => {
  ask({ kind: 'process-call', call: 'exit_group', tid: call.tid });
};
