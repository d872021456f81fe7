/**
 * The module that the shared interfaces of a task mean: plain attr files, SO_PEERSEC and attr/context.
 *
 * Model: the stacking patches that were posted from 2018 to 2022 and never merged, under their three names for the file
 * (attr/display_lsm in Ubuntu's kernels, attr/display, attr/interface_lsm). Each task has one choice among the
 * labelling modules, inherited at fork and kept across exec; without one the first of them counts. `mainline` has no
 * choice: the first module that has the hook is asked.
 */
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { E, type Result } from '../../../linux/errno.ts';
import { LSM_ID_UNDEF } from '../../../linux/lsm.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { HookList } from '../hooks.ts';
import type { ModuleId } from '../module-facts.ts';
import type { Task, TaskBlob } from '../task.ts';

export interface LabellingModule {
  readonly name: string;
  readonly id: ModuleId;
}

export class DefaultModule {
  /** Modules that can be chosen, in registration order; none in `mainline`. */
  readonly candidates: readonly LabellingModule[];
  readonly #blob: TaskBlob<ModuleId>;
  readonly #hooks: HookList;

  constructor(blob: TaskBlob<ModuleId>, hooks: HookList, candidates: readonly LabellingModule[]) {
    this.#blob = blob;
    this.#hooks = hooks;
    this.candidates = candidates;
  }

  /** LSM_ID_UNDEF = whichever has the hook first. */
  of(task: Task): ModuleId {
    return this.#blob.of(task) || (this.candidates[0]?.id ?? LSM_ID_UNDEF);
  }

  nameFor(task: Task): string | undefined {
    const id = this.of(task);
    return this.candidates.find((module) => module.id === id)?.name;
  }

  /** Content of the file: the name without a newline. EINVAL for the file of another task. */
  read(reader: Task, target: Task): Result<Uint8Array> {
    const name = this.nameFor(target);
    return reader !== target || name === undefined ? E.EINVAL : bytesOf(name);
  }

  /** Takes the text up to the first space, newline or NUL. Any module may refuse the change. @returns the whole length. */
  write(task: Task, value: Uint8Array, caller: Caller): Result<number> {
    if (value.length === 0) return E.EINVAL;
    const refused = this.#hooks.deny('taskSetDefault', task, caller);
    if (refused !== undefined) return refused;
    const [name] = textOf(value).split(/[ \n\0]/, 1);
    const chosen = this.candidates.find((module) => module.name === name);
    if (chosen === undefined) return E.EINVAL;
    this.#blob.set(task, chosen.id);
    return value.length;
  }
}
