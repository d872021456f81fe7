/**
 * Files of the host that a module reads for a task: kernel_read_file_from_path().
 *
 * Model: nothing in a stack reads files. Whoever runs it is asked to read one, with the rights of the task, and tells the content by an
 * event, so that it is in the log. Requests are numbered in the order in which they were made, which a replay repeats.
 */
import { ERRNO, errnoFromNumber, type Result } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { UseHook } from './file-use.ts';

export interface FileRead {
  readonly serial: number;
  /** What it is read for. */
  readonly hook: UseHook;
  /** Absolute, as the task knows it. */
  readonly path: string;
  /** Waits until it is answered. */
  readonly caller: Caller;
}

/** The answer to a {@link FileRead}. */
export interface FileReadEvent {
  readonly kind: 'file-read';
  readonly serial: number;
  /** In base64; absent = it could not be read, or may not: `errno`. */
  readonly content?: string;
  readonly errno?: number;
}

interface FileReadsHost {
  readonly replaying: boolean;
  apply(event: FileReadEvent): void;
}

export class FileReads {
  /** Reads a file, and applies a {@link FileReadEvent}; absent = nobody can, and there is no such file. */
  reader: ((read: FileRead) => void) | undefined;
  readonly #host: FileReadsHost;
  readonly #waiting = new Map<number, (content: Result<Uint8Array>) => void>();
  #serial = 0;

  constructor(host: FileReadsHost) {
    this.#host = host;
  }

  read(hook: UseHook, path: string, caller: Caller, done: (content: Result<Uint8Array>) => void): void {
    const serial = ++this.#serial;
    this.#waiting.set(serial, done);
    if (this.#host.replaying) return; // the log has the answer
    if (this.reader === undefined) this.#host.apply({ kind: 'file-read', serial, errno: ERRNO.EINVAL });
    else this.reader({ serial, hook, path, caller });
  }

  answer({ serial, content, errno = ERRNO.EINVAL }: FileReadEvent): void {
    const done = this.#waiting.get(serial);
    this.#waiting.delete(serial);
    done?.(content === undefined ? errnoFromNumber(errno) : Buffer.from(content, 'base64'));
  }
}
