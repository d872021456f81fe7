/**
 * Finds out of calls of execve(2) whether they have failed: the main thread's answers say of which (protocol/questions/failed-exec.ts).
 *
 * Model: while a thread is in the call /proc/<tid>/syscall says so, as long as it does not run; after it something else is there. Of one
 * that computes all the time it says nothing: such a thread is in doubt until it waits for something. So is one that is traced: its
 * tracer can change the number where the program runs with its new label, before there is an event of it (PTRACE_EVENT_EXEC).
 */
import { NR } from '../../../host/libc.ts';
import { statusField } from '../../../host/procfs/status.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Doubts, ExecInDoubt } from '../protocol/exec-in-doubt.ts';

type View = Pick<CallerView, 'readFile' | 'readStatus'>;

export class FailedExecs {
  readonly #view: View;
  readonly #tell: (failed: ExecInDoubt) => void;

  /** @param tell tells the main thread, without an answer. */
  constructor(view: View, tell: (failed: ExecInDoubt) => void) {
    this.#view = view;
    this.#tell = tell;
  }

  /** To be called with each answer. */
  look({ inDoubt }: Doubts): void {
    if (inDoubt === undefined) return;
    for (const exec of inDoubt) if (isOver(this.#view, exec.tid)) this.#tell(exec);
  }
}

/** Of success and of the thread's end the main thread has events, though of a thread that takes its leader's place only later. */
function isOver(view: View, tid: Tid): boolean {
  const number = Number.parseInt(callOf(view, tid) ?? '', 10);
  if (Number.isNaN(number) || number === NR.execve || number === NR.execveat) return false;
  return statusField(view.readStatus(tid) ?? '', 'TracerPid') === '0';
}

/** `running`, or the number of the system call, which is -1 outside of one, and more; `undefined` = cannot be read. */
function callOf(view: View, tid: Tid): string | undefined {
  return view.readFile(AT_FDCWD, `/proc/${tid}/syscall`);
}
