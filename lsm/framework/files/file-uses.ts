/**
 * The modules' decisions about uses of the content of ordinary files (file-use.ts).
 */
import type { Result } from '../../../linux/errno.ts';
import type { FileUseEvent, TaskId } from '../events.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';
import type { FileStores } from './file-stores.ts';
import type { FileUse, UseContext, UseNeeds, UseSettled } from './file-use.ts';
import type { FileWatch } from './file-watch.ts';

export interface FileUsesHost {
  readonly hooks: HookList;
  taskOf(caller: TaskId): Task;
}

export class FileUses {
  readonly watch: FileWatch;
  /** Attributes to be stored after a decision; to be emptied after each. */
  readonly stores: FileStores;
  readonly #host: FileUsesHost;

  constructor(host: FileUsesHost, watch: FileWatch, stores: FileStores) {
    this.#host = host;
    this.watch = watch;
    this.stores = stores;
  }

  /** Facts that are needed to decide about this use; `undefined` = no module decides about it. */
  needs(use: FileUse, context: UseContext): UseNeeds | undefined {
    const task = this.#host.taskOf(context.caller);
    return joinNeeds(this.#host.hooks.collect('useNeeds', task, use, context));
  }

  /** Need this use not be decided again? To be asked after it was. */
  settled(use: FileUse, context: UseContext): UseSettled {
    const { hooks } = this.#host;
    const answers = hooks.collect('useSettled', this.#host.taskOf(context.caller), use, context);
    if (answers.length < hooks.count('fileUse') || answers.includes('no')) return 'no';
    return answers.includes('unwritten') ? 'unwritten' : 'always';
  }

  /** The errno of the first use that is refused. */
  decide({ uses, context }: FileUseEvent): Result<number> {
    const task = this.#host.taskOf(context.caller);
    this.stores.begin();
    for (const use of uses) {
      const refused = this.#host.hooks.deny('fileUse', task, this.#present(use), context);
      if (refused !== undefined) return refused;
    }
    return 0;
  }

  /** With what an earlier use of the same call has given the file. */
  #present(use: FileUse): FileUse {
    const { file } = use;
    const given = this.stores.given(file.content.key);
    if (given === undefined) return use;
    return { ...use, file: { ...file, inode: { ...file.inode, xattrs: { ...file.inode.xattrs, ...given } } } };
  }
}

/** What all of them want to know, together; `undefined` = nobody wants anything. */
export function joinNeeds(needs: readonly (UseNeeds | undefined)[]): UseNeeds | undefined {
  const wanted = needs.filter((need) => need !== undefined);
  if (wanted.length < 2) return wanted[0];
  return {
    digests: [...new Set(wanted.flatMap(({ digests }) => digests))],
    ...(wanted.some(({ appended }) => appended === true) && { appended: true }),
    stores: wanted.some(({ stores }) => stores === true),
  };
}
