/**
 * Who may trace whom by a process's own wish: prctl(PR_SET_PTRACER).
 *
 * Model: the ptracer relations of security/yama/yama_lsm.c, Linux 6.12. A process names one tracer at most, or
 * everybody; the tracer's descendants may trace it, too.
 */
import type { Process } from '../framework/task.ts';

export class Relations {
  /** By the process that may be traced. */
  readonly #tracers = new Map<Process, Process | 'any'>();

  set(tracee: Process, tracer: Process | 'any'): void {
    this.#tracers.set(tracee, tracer);
  }

  delete(tracee: Process): void {
    this.#tracers.delete(tracee);
  }

  get(tracee: Process): Process | 'any' | undefined {
    return this.#tracers.get(tracee);
  }

  /** The process is gone. */
  forget(process: Process): void {
    this.#tracers.delete(process);
    for (const [tracee, tracer] of this.#tracers) if (tracer === process) this.#tracers.delete(tracee);
  }
}
