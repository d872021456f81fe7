/**
 * Default labels of files by path, from file_contexts. Each thread has its own; what was opened is shared (host/files/selabel.ts), so all
 * have the same answers.
 */
import { type FileContexts, fileContexts, type OpenedFileContexts } from '../host/files/selabel.ts';
import type { InodeClass } from '../lsm/framework/files/inode.ts';

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

/** Limit of remembered answers, beyond which all are forgotten, and of paths that are remembered: callers choose them. */
const LIMIT = 8192;
const LONGEST = 512;

export class PathLabels {
  readonly #contexts: FileContexts;
  readonly #known = new Map<InodeClass, Map<string, string | undefined>>();
  #size = 0;

  constructor(opened: OpenedFileContexts, contexts = fileContexts(opened)) {
    this.#contexts = contexts;
  }

  of(path: string, objectClass: InodeClass): string | undefined {
    const known = this.#known.get(objectClass);
    const context = known?.get(path);
    if (context !== undefined || known?.has(path) === true) return context;
    return this.#lookUp(path, objectClass);
  }

  #lookUp(path: string, objectClass: InodeClass): string | undefined {
    if (this.#size >= LIMIT) {
      this.#known.clear();
      this.#size = 0;
    }
    const context = this.#contexts.lookup(path, MODE[objectClass]);
    if (path.length > LONGEST) return context;
    const ofClass = this.#known.get(objectClass) ?? new Map<string, string | undefined>();
    this.#known.set(objectClass, ofClass.set(path, context));
    this.#size++;
    return context;
  }
}
