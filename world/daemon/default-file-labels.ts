/**
 * Default labels of files on filesystems without stored labels: by path, from file_contexts of the host's policy.
 *
 * Model: a distribution with SELinux labels its disk by that file when it is installed. Nothing is written to the user's disk; nothing is
 * opened before the first policy is loaded, because most worlds end before that.
 */

import { type FileContexts, openFileContexts } from '../../host/files/selabel.ts';
import type { InodeClass } from '../../lsm/framework/files/inode.ts';
import type { DefaultLabels } from '../../lsm/framework/host-side.ts';
import { HOST_FILES } from '../doctor/host-files.ts';

const MODE: Readonly<Record<InodeClass, number>> = {
  fifo_file: 0o010000,
  chr_file: 0o020000,
  dir: 0o040000,
  blk_file: 0o060000,
  file: 0o100000,
  lnk_file: 0o120000,
  sock_file: 0o140000,
  anon_inode: 0,
};

/** Limit of remembered answers; beyond it all are forgotten. */
const LIMIT = 8192;

export class DefaultFileLabels {
  readonly #library: DefaultLabels | undefined;
  readonly #file: string | undefined;
  readonly #trouble: (text: string) => void;
  readonly #known = new Map<string, string | undefined>();
  #contexts: FileContexts | undefined;
  #opened = false;

  /**
   * @param labels the module's library for such rules; absent = no file has a default.
   * @param file path of the rules, `none` = no file has a default; absent = those of the host.
   */
  constructor(labels: DefaultLabels | undefined, file: string | undefined, trouble: (text: string) => void) {
    this.#library = labels;
    this.#file = file === 'none' ? undefined : (file ?? labels?.systemRules(HOST_FILES));
    this.#trouble = trouble;
  }

  of(path: string, objectClass: InodeClass): string | undefined {
    const key = `${objectClass} ${path}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const context = this.#open()?.lookup(path, MODE[objectClass]);
    if (this.#known.size === LIMIT) this.#known.clear();
    this.#known.set(key, context);
    return context;
  }

  close(): void {
    this.#contexts?.close();
    this.#contexts = undefined;
  }

  #open(): FileContexts | undefined {
    if (this.#opened || this.#file === undefined || this.#library === undefined) return this.#contexts;
    this.#opened = true;
    this.#contexts = openFileContexts(this.#file, this.#library.library);
    if (this.#contexts === undefined) {
      this.#trouble(
        `${this.#file} cannot be read with ${this.#library.libraryName}: files without a stored label count as unlabeled`,
      );
    }
    return this.#contexts;
  }
}
