/**
 * Path hooks on files of the emulated filesystems: security_file_open() and the security_path_*() calls.
 *
 * Paths are those of d_path() at the usual mount points. Operations of the kernel itself are not asked about.
 */

import type { Errno } from '../../../linux/errno.ts';
import { type Caller, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import { type Guard, type GuardedFile, guarded, type PathChange } from '../../../vfs/tree/guarded.ts';
import type { TaskId } from '../events.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';

export interface PathSecurityHost {
  readonly hooks: HookList;
  /** Where filesystems are mounted, by type. */
  readonly places: Readonly<Record<string, string>>;
  taskOf(caller: TaskId): Task;
}

export class PathSecurity {
  readonly #host: PathSecurityHost;
  readonly #guarded = new WeakMap<Filesystem, Filesystem>();

  constructor(host: PathSecurityHost) {
    this.#host = host;
  }

  /** `filesystem` guarded by the path hooks at its mount point; cached. Itself when no module has such hooks or the place is not known. */
  guard(filesystem: Filesystem, place = this.#host.places[filesystem.type]): Filesystem {
    if (place === undefined || !this.#host.hooks.has('pathChange')) return filesystem;
    let known = this.#guarded.get(filesystem);
    if (known === undefined) {
      known = guarded(filesystem, this.#guardOf(place));
      this.#guarded.set(filesystem, known);
    }
    return known;
  }

  #guardOf(place: string): Guard {
    const full = (path: string) => (path === '' ? place : `${place}/${path}`);
    return {
      open: (file, flags, caller) => this.open({ ...file, path: full(file.path) }, flags, caller),
      change: (file, change, caller) => this.#change({ ...file, path: full(file.path) }, change, caller),
    };
  }

  open(file: GuardedFile, flags: number, caller: Caller): Errno | undefined {
    if (caller.tid === KERNEL_CALLER.tid) return undefined;
    return this.#host.hooks.deny('fileOpen', this.#host.taskOf(caller), { file, flags }, caller);
  }

  #change(file: GuardedFile, change: PathChange, caller: Caller): Errno | undefined {
    if (caller.tid === KERNEL_CALLER.tid) return undefined;
    return this.#host.hooks.deny('pathChange', this.#host.taskOf(caller), file, change, caller);
  }
}
