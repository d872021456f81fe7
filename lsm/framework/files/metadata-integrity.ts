/** The modules' say on the metadata of ordinary files (metadata.ts). */
import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { TaskId } from '../events.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';
import type { FileWatch } from './file-watch.ts';
import type { FileMetadata, KeptXattr, MadeChange, MetadataChange } from './metadata.ts';

export interface MetadataHost {
  readonly hooks: HookList;
  taskOf(caller: TaskId): Task;
}

export class MetadataIntegrity {
  /** Does a module want to be asked? */
  readonly watch: FileWatch;
  readonly #host: MetadataHost;

  constructor(host: MetadataHost, watch: FileWatch) {
    this.#host = host;
    this.watch = watch;
  }

  /** May owner or mode be changed? */
  mayChange(file: FileMetadata, change: MetadataChange, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('metadataSetattr', this.#host.taskOf(caller), file, change, caller);
  }

  /** After a change: what is to be stored. @param file as it is now. */
  changed(file: FileMetadata, made: MadeChange): readonly KeptXattr[] {
    return this.#host.hooks.collect('metadataChanged', file, made).flat();
  }
}
