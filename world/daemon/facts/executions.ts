/**
 * Programs whose execve(2) was notified. An exec event says that a program was started, but not from which file and with
 * which label; these facts were read at the call. At most one execve(2) of a process can succeed at a time; after a
 * failed one the next call replaces the entry.
 */
import type { Tgid } from '../../../linux/ids.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import type { ExecFile, ProcessEvent } from '../../../lsm/framework/events.ts';

export class AnnouncedPrograms {
  /** By process id. */
  readonly #expected = new Map<number, ExecFile>();

  expect(tgid: Tgid, file: ExecFile): void {
    this.#expected.set(tgid, file);
  }

  /** What the program inherits that is expected. */
  inherits(tgid: Tgid, inherited: readonly OpenFile[]): void {
    const file = this.#expected.get(tgid);
    if (file?.call !== undefined) this.#expected.set(tgid, { ...file, call: { ...file.call, inherited } });
  }

  /** Was an execve(2) of this process announced? */
  expects(tgid: Tgid): boolean {
    return this.#expected.has(tgid);
  }

  /** Adds the facts of the file to an exec event. */
  complete(event: ProcessEvent): ProcessEvent {
    if (event.kind !== 'exec' && event.kind !== 'exit') return event;
    const file = this.#expected.get(event.tid);
    this.#expected.delete(event.tid);
    return event.kind === 'exec' && file !== undefined ? { ...event, file } : event;
  }
}
