/**
 * Default labels of files by their paths, as the main thread adds them to what it is asked about (default-context.ts), without asking it
 * for each.
 */
import type { InodeClass } from '../../../lsm/framework/files/inode.ts';
import { PathLabels } from '../../path-labels.ts';
import type { Ask } from '../protocol/questions/index.ts';

/** There is no default label. */
export const NONE = '';

export class DefaultLabels {
  readonly #ask: Ask;
  #known: PathLabels | 'none' | undefined;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** {@link NONE}; `undefined` = it is not known. */
  of(path: string, objectClass: InodeClass): string | undefined {
    this.#known ??= this.#find();
    if (this.#known === undefined) return undefined;
    return this.#known === 'none' ? NONE : (this.#known.of(path, objectClass) ?? NONE);
  }

  #find(): PathLabels | 'none' | undefined {
    const answer = this.#ask({ kind: 'file-contexts' });
    if (answer?.value === undefined) return undefined;
    const { opened } = answer.value;
    return opened === undefined ? 'none' : new PathLabels(opened);
  }
}
