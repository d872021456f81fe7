/**
 * The stack's say on ordinary files: security attributes, labels of new files, execution, label options of mounts.
 *
 * Model: the security_inode_*, security_bprm_* and security_sb_* calls of the kernel. Nothing is stored here: attributes are kept where the
 * file is, by whoever forwards the system call, under the names that `storedName` tells.
 */

import { type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { ExecFile, TaskId } from '../events.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';
import type { FilesystemFacts, InodeFacts, MountLabels, NewInode, NewSecurity } from './inode.ts';

export interface FileSecurityHost {
  readonly hooks: HookList;
  taskOf(caller: TaskId): Task;
}

export class FileSecurity {
  readonly #host: FileSecurityHost;

  constructor(host: FileSecurityHost) {
    this.#host = host;
  }

  /** Attributes that every file has for this caller at the moment, stored or not. */
  listXattr(caller: TaskId): readonly string[] {
    return this.#host.hooks.collect('inodeListsecurity', this.#host.taskOf(caller)).flat();
  }

  /** What an attribute that this caller knows by `name` is called where it is stored. */
  storedName(name: string, caller: Caller): string {
    const stored = this.#host.hooks.first('inodeStoredName', this.#host.taskOf(caller), name, caller);
    return failed(stored) ? name : stored;
  }

  /** Names that this caller sees of these, under which attributes of a file are stored. */
  visibleNames(stored: readonly string[], caller: Caller): readonly string[] {
    const task = this.#host.taskOf(caller);
    const seen = stored.map((name) => {
      const visible = this.#host.hooks.first('inodeVisibleName', task, name, caller);
      return failed(visible) ? name : visible;
    });
    return [...new Set(seen.filter((name) => name !== ''))];
  }

  /** EOPNOTSUPP = no module gives this attribute; what is stored counts. */
  getXattr(inode: InodeFacts, name: string, caller: Caller): Result<Uint8Array> {
    return this.#host.hooks.first('inodeGetsecurity', this.#host.taskOf(caller), inode, name, caller);
  }

  /** May the attribute be set? Storing it is the caller's part. */
  setXattr(inode: InodeFacts, name: string, value: Uint8Array, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('inodeSetxattr', this.#host.taskOf(caller), inode, name, value, caller);
  }

  /** May it be set where the filesystem cannot store it? Asked after {@link setXattr}. */
  setSecurity(inode: InodeFacts, name: string, value: Uint8Array, caller: TaskId): Errno | undefined {
    return this.#host.hooks.deny('inodeSetsecurity', this.#host.taskOf(caller), inode, name, value);
  }

  removeXattr(inode: InodeFacts, name: string, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('inodeRemovexattr', this.#host.taskOf(caller), inode, name, caller);
  }

  /**
   * What must be stored with a file that is about to be created, by stored names, where it is not what the file would
   * be taken for anyway.
   */
  initSecurity(directory: InodeFacts, made: NewInode, caller: TaskId): NewSecurity {
    const answers = this.#host.hooks.collect('inodeInitSecurity', this.#host.taskOf(caller), directory, made);
    const xattrs = answers.flatMap((answer) => answer.xattrs);
    const general = answers.every(({ apart }) => apart !== undefined);
    return general ? { xattrs, apart: answers.flatMap(({ apart = [] }) => apart) } : { xattrs };
  }

  /** Before execve(2): EACCES or EPERM when it must fail. */
  mayExec(file: ExecFile, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('bprmCredsForExec', this.#host.taskOf(caller), file, caller);
  }

  /** May this label option be given to a mount that has those `before`? */
  mountOption(before: MountLabels, name: string, value: string, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('fsContextParseParam', this.#host.taskOf(caller), before, name, value);
  }

  /** Are these label options good for a new superblock of this type? Each of them was taken. */
  mayMount(type: string, labels: MountLabels, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('sbSetMntOpts', this.#host.taskOf(caller), type, labels, caller);
  }

  /** Are these label options those that the filesystem was mounted with? */
  mayRemount(filesystem: FilesystemFacts, labels: MountLabels, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('sbRemount', this.#host.taskOf(caller), filesystem, labels);
  }

  /** What mount tables show of this filesystem, to this reader: `seclabel`, `context=...`. */
  showOptions(filesystem: FilesystemFacts, caller: TaskId): readonly string[] {
    return this.#host.hooks.collect('sbShowOptions', this.#host.taskOf(caller), filesystem).flat();
  }
}
