/**
 * Enters a namespace of another thread for one function: a new sysfs shows the network namespace of the mounting thread,
 * and IPC ids are looked up in the calling thread's IPC namespace.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { Tid } from '../../../linux/ids.ts';
import { CLONE_NEWIPC, CLONE_NEWNET } from '../../../linux/process.ts';
import type { CallerView } from './caller-view.ts';

/** Names in /proc/<tid>/ns with their CLONE_NEW* numbers. */
const NAMESPACES = { net: CLONE_NEWNET, ipc: CLONE_NEWIPC } as const;

export type VisitedNamespace = keyof typeof NAMESPACES;

/** @returns what `act` returns, or a negative errno when the namespace cannot be entered. */
export function inNamespaceOf(view: CallerView, tid: Tid, kind: VisitedNamespace, act: () => number): number {
  const home = view.open(`/proc/thread-self/ns/${kind}`, 0);
  if (home < 0) return home;
  const theirs = view.open(`/proc/${tid}/ns/${kind}`, 0);
  try {
    if (theirs < 0) return theirs;
    const entered = rawSyscall(NR.setns, theirs, NAMESPACES[kind]);
    if (entered < 0) return entered;
    let result: number;
    try {
      result = act();
    } catch (error) {
      comeBack(home, kind);
      throw error;
    }
    comeBack(home, kind);
    return result;
  } finally {
    view.close(home);
    if (theirs >= 0) view.close(theirs);
  }
}

function comeBack(namespace: number, kind: VisitedNamespace): void {
  const back = rawSyscall(NR.setns, namespace, NAMESPACES[kind]);
  if (back < 0) throw new Error(`cannot return to our ${kind} namespace: errno ${-back}`);
}
