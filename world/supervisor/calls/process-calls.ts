/**
 * exit_group(2), where there is no proc connector: the tracker learns of it before it happens.
 */
import type { Handler } from '../context.ts';
import { always } from './supervised-call.ts';

const exit_group: Handler = ({ ask, call }) => {
  ask({ kind: 'process-call', call: 'exit_group', tid: call.tid, code: call.int(0) });
};

export const calls = always('process-exits', { exit_group });
