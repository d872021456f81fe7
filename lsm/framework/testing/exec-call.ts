/** Calls of execve(2) for tests. */
import type { ExecCall } from '../events.ts';

/** By root, of a program that is a file like any other. */
export function execCall(more: Partial<ExecCall> = {}): ExecCall {
  return {
    ...{ filename: '/x', deleted: false, disconnected: false, nosuid: false },
    ...{ interpreters: [], noNewPrivs: false, fsuid: 0 },
    ...more,
  };
}
