/**
 * Cache of what modules say a security attribute of a file is: programs ask again and again (`ls -Z`, restorecon).
 *
 * Model: the answer depends on the task, the credentials that it has now, and the facts of the file, which are read for
 * each call: what is stored with the file, by whomever, is among them. Changes of anything else move the epoch. Not
 * cached are attributes of files that have the label of a task, which an exec changes, answers that left a record in
 * the log, and those for tasks of other user namespaces, whose capabilities depend on whose the namespace is.
 */

import type { Tid } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { NO_STAMP, type TaskStamps } from '../caller/task-stamps.ts';
import type { Epoch } from '../protocol/epoch.ts';

const REMEMBERED = 1024;

/** The key of an answer, and the epoch before the question. */
export interface XattrCircumstances {
  readonly key: string;
  readonly epoch: number;
}

interface Known {
  readonly epoch: number;
  readonly value: Uint8Array;
}

export class XattrAnswers {
  readonly #view: Pick<CallerView, 'credentials' | 'isInOurUserNamespace'>;
  readonly #tasks: Pick<TaskStamps, 'of'>;
  readonly #epoch: Pick<Epoch, 'now'>;
  readonly #known = new Map<string, Known>();

  constructor(
    view: Pick<CallerView, 'credentials' | 'isInOurUserNamespace'>,
    tasks: Pick<TaskStamps, 'of'>,
    epoch: Pick<Epoch, 'now'>,
  ) {
    this.#view = view;
    this.#tasks = tasks;
    this.#epoch = epoch;
  }

  /** To be made before the question is asked. `undefined` = the answer cannot be cached. @param tid waits for the answer. */
  circumstances(tid: Tid, file: FileFacts, name: string): XattrCircumstances | undefined {
    const epoch = this.#epoch.now;
    if (file.inode.process !== undefined || !this.#view.isInOurUserNamespace(tid)) return undefined;
    const credentials = this.#view.credentials(tid);
    const stamp = credentials === undefined ? NO_STAMP : this.#tasks.of(tid);
    if (credentials === undefined || stamp === NO_STAMP) return undefined;
    const { fsuid, fsgid, groups, capabilities } = credentials;
    return { key: JSON.stringify([stamp, fsuid, fsgid, groups, String(capabilities), name, file]), epoch };
  }

  find({ key, epoch }: XattrCircumstances): Uint8Array | undefined {
    const known = this.#known.get(key);
    return known?.epoch === epoch ? known.value : undefined;
  }

  remember({ key, epoch }: XattrCircumstances, value: Uint8Array): void {
    if (this.#known.size === REMEMBERED) this.#known.clear();
    this.#known.set(key, { epoch, value });
  }
}
