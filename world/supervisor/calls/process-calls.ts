/**
 * exit_group(2), where there is no proc connector: the tracker learns of it before it happens.
 */
import type { Handler } from '../context.ts';

export const exit_group: Handler = ({ ask, call }) => {
  ask({ kind: 'process-call', call: 'exit_group', tid: call.tid, code: call.int(0) });
};
