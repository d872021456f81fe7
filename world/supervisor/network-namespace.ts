/** Visiting the network namespace of another thread: a new sysfs shows the one that its maker is in. */
import { NR } from '../sys/libc.ts';
import { rawSyscall } from '../sys/raw-syscall.ts';
import type { CallerView } from './caller-view.ts';

const CLONE_NEWNET = 0x40000000;

/** @returns what `act` returns, or a negative errno when the namespace cannot be entered. */
export function inNetworkNamespaceOf(view: CallerView, tid: number, act: () => number): number {
  const home = view.open('/proc/thread-self/ns/net', 0);
  if (home < 0) return home;
  const theirs = view.open(`/proc/${tid}/ns/net`, 0);
  try {
    if (theirs < 0) return theirs;
    const entered = rawSyscall(NR.setns, theirs, CLONE_NEWNET);
    if (entered < 0) return entered;
    let result: number;
    try {
      result = act();
    } catch (error) {
      comeBack(home);
      throw error;
    }
    comeBack(home);
    return result;
  } finally {
    view.close(home);
    if (theirs >= 0) view.close(theirs);
  }
}

function comeBack(namespace: number): void {
  const back = rawSyscall(NR.setns, namespace, CLONE_NEWNET);
  if (back < 0) throw new Error(`cannot return to our network namespace: errno ${-back}`);
}
