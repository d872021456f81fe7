/**
 * Reads files of the host for modules (lsm/framework/files/file-reads.ts), by a thread of its own that starts with the first one: the main
 * thread names no file that a user has chosen. One at a time; every wait has an end.
 */
import { ERRNO } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { LookUp } from '../../../lsm/framework/audit/paths.ts';
import type { FileRead, FileReadEvent } from '../../../lsm/framework/files/file-reads.ts';
import { SupervisorThread } from '../../supervisor/thread.ts';
import type { FileReaderSettings } from '../../supervisor/uses/file-reader.ts';
import type { FileUseDesk } from './file-uses.ts';

/** Milliseconds after which a thread that has not answered is given up. */
const PATIENCE_MS = 10_000;

export interface HostReaderInit {
  readonly settings: FileReaderSettings;
  readonly fileUses: Pick<FileUseDesk, 'decide'>;
  /** Applies the event that answers a read. */
  answer(event: FileReadEvent): void;
}

export class HostReader {
  readonly #init: HostReaderInit;
  #thread: SupervisorThread | undefined;
  /** Ends with the read before. */
  #last: Promise<void> = Promise.resolve();

  constructor(init: HostReaderInit) {
    this.#init = init;
  }

  read(read: FileRead): void {
    this.#last = this.#last
      .then(() => this.#read(read))
      .catch(() => ({ errno: ERRNO.EIO }))
      .then((answer) => this.#init.answer({ kind: 'file-read', serial: read.serial, ...answer }));
  }

  /** What paths lead to, in the view of a thread that waits. Never rejects; none where that could not be found out. */
  look(tid: Tid, paths: readonly string[]): Promise<readonly LookUp[]> {
    const { settings } = this.#init;
    const looks = this.#last
      .then(() => this.#withPatience((this.#thread ?? this.#begin()).look({ kind: 'look', settings, tid, paths })))
      .catch((): readonly LookUp[] => []);
    this.#last = looks.then(() => undefined);
    return looks;
  }

  close(): void {
    void this.#thread?.worker.terminate();
    this.#thread = undefined;
  }

  async #read({ path, hook, caller }: FileRead): Promise<Pick<FileReadEvent, 'content' | 'errno'>> {
    const thread = this.#thread ?? this.#begin();
    const { settings, fileUses } = this.#init;
    const report = await this.#withPatience(thread.read({ kind: 'read', settings, tid: caller.tid, path, hook }));
    try {
      const { errno, content, uses } = report;
      const verdict = await fileUses.decide({ tid: caller.tid, id: 0n, thread: report.thread, uses }, caller);
      const refused = verdict.errno;
      if (refused !== 0 || errno !== 0) return { errno: refused || errno };
      return { content: Buffer.from(content).toString('base64') };
    } finally {
      thread.release();
    }
  }

  #begin(): SupervisorThread {
    const thread = new SupervisorThread();
    this.#thread = thread;
    void thread.ended.then(() => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }

  async #withPatience<T>(report: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.close();
        reject(new Error('no answer'));
      }, PATIENCE_MS);
    });
    return Promise.race([report, late]).finally(() => clearTimeout(timer));
  }
}
