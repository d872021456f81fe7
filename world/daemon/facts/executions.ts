/**
 * Programs whose execve(2) was notified. An exec event says that a program was started, but not from which file and with
 * which label; these facts were read at the call. At most one execve(2) of a process can succeed at a time; after a
 * failed one the next call replaces the entry. A call that is held may be followed by others of its process before it
 * continues: it is announced again then.
 */
import type { Tgid } from '../../../linux/ids.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import type { ExecFile, ProcessEvent } from '../../../lsm/framework/events.ts';

interface Announced {
  file: ExecFile;
}

export class AnnouncedPrograms {
  /** By process id. */
  readonly #expected = new Map<number, Announced>();

  expect(tgid: Tgid, file: ExecFile): void {
    this.#expected.set(tgid, { file });
  }

  /** @returns a function that announces again what is announced now, with what it inherits. */
  again(tgid: Tgid): () => void {
    const announced = this.#expected.get(tgid);
    return () => {
      if (announced !== undefined) this.#expected.set(tgid, announced);
    };
  }

  /** What the program inherits that is expected. */
  inherits(tgid: Tgid, inherited: readonly OpenFile[]): void {
    const announced = this.#expected.get(tgid);
    if (announced?.file.call === undefined) return;
    announced.file = { ...announced.file, call: { ...announced.file.call, inherited } };
  }

  /** Was an execve(2) of this process announced? */
  expects(tgid: Tgid): boolean {
    return this.#expected.has(tgid);
  }

  /** Adds the facts of the file to an exec event. */
  complete(event: ProcessEvent): ProcessEvent {
    if (event.kind !== 'exec' && event.kind !== 'exit') return event;
    const file = this.#expected.get(event.tid)?.file;
    this.#expected.delete(event.tid);
    return event.kind === 'exec' && file !== undefined ? { ...event, file } : event;
  }
}
