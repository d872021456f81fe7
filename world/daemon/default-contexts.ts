/**
 * What files are taken to be labelled with where their disk has no labels: what file_contexts of the host's policy say of their paths.
 *
 * Model: a distribution with SELinux labels its disk by that file when it is installed. Nothing is written to the user's disk; nothing is
 * opened before the first policy is loaded, because most worlds end before that.
 */
import type { InodeClass } from '../../lsm/core/inode.ts';
import { type FileContexts, openFileContexts } from '../sys/selabel.ts';

const MODE: Readonly<Record<InodeClass, number>> = {
  fifo_file: 0o010000,
  chr_file: 0o020000,
  dir: 0o040000,
  blk_file: 0o060000,
  file: 0o100000,
  lnk_file: 0o120000,
  sock_file: 0o140000,
};

/** Answers remembered; then all are forgotten. */
const LIMIT = 8192;

export class DefaultContexts {
  readonly #file: string | undefined;
  readonly #trouble: (text: string) => void;
  readonly #known = new Map<string, string | undefined>();
  #contexts: FileContexts | undefined;
  #opened = false;

  /** @param file a file_contexts; absent or `none` = no file has a default. */
  constructor(file: string | undefined, trouble: (text: string) => void) {
    this.#file = file === 'none' ? undefined : file;
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
    if (this.#opened || this.#file === undefined) return this.#contexts;
    this.#opened = true;
    this.#contexts = openFileContexts(this.#file);
    if (this.#contexts === undefined) {
      this.#trouble(`${this.#file} cannot be read with libselinux: files without a stored label count as unlabeled`);
    }
    return this.#contexts;
  }
}
