/**
 * Programs that are about to be executed. An exec event tells that a program was started, not which file it came from
 * and with which label; that was seen when execve(2) was called. A process has at most one call under way that can
 * succeed; a failed one is followed by another or by none.
 */
import type { ExecFile, ProcessEvent } from '../../../lsm/framework/events.ts';

export class AnnouncedPrograms {
  /** By process id. */
  readonly #expected = new Map<number, ExecFile>();

  expect(tgid: number, file: ExecFile): void {
    this.#expected.set(tgid, file);
  }

  /** Was that one announced? */
  expects(tgid: number): boolean {
    return this.#expected.has(tgid);
  }

  /** The event with what is known of the file. */
  complete(event: ProcessEvent): ProcessEvent {
    if (event.kind !== 'exec' && event.kind !== 'exit') return event;
    const file = this.#expected.get(event.tid);
    this.#expected.delete(event.tid);
    return event.kind === 'exec' && file !== undefined ? { ...event, file } : event;
  }
}
