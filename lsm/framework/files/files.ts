/**
 * Hooks on ordinary files: security attributes, labels of new files, execution, label options of mounts.
 *
 * Model: the security_inode_*, security_bprm_* and security_sb_* calls of the kernel. Nothing is stored here: the caller of these functions
 * stores attributes with the file, under the names that `storedName` returns.
 */

import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { ExecFile, TaskId } from '../events.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';
import { type Decision, withoutWaiting } from '../waiting-decision.ts';
import type { ExecSubjects } from './exec-subjects.ts';
import {
  type FilesystemFacts,
  type InodeFacts,
  isPrivate,
  type MountLabels,
  type NewInode,
  type NewSecurity,
} from './inode.ts';
import type { OpenDescriptor } from './open-descriptor.ts';

export interface FileSecurityHost {
  readonly hooks: HookList;
  /** Audit records written so far. */
  recorded(): number;
  taskOf(caller: TaskId): Task;
  readonly execSubjects: Pick<ExecSubjects, 'areAlike'>;
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

  /** The stored name of the attribute that this caller calls `name`. */
  storedName(name: string, caller: Caller): string {
    const stored = this.#host.hooks.first('inodeStoredName', this.#host.taskOf(caller), name, caller);
    return failed(stored) ? name : stored;
  }

  /** This caller's names for stored attributes; attributes that it does not see are left out. */
  visibleNames(stored: readonly string[], caller: Caller): readonly string[] {
    const task = this.#host.taskOf(caller);
    const seen = stored.map((name) => {
      const visible = this.#host.hooks.first('inodeVisibleName', task, name, caller);
      return failed(visible) ? name : visible;
    });
    return [...new Set(seen.filter((name) => name !== ''))];
  }

  /** EOPNOTSUPP = no module has this attribute, or is asked about the inode: the stored value is the answer. */
  getXattr(inode: InodeFacts, name: string, caller: Caller): Result<Uint8Array> {
    if (isPrivate(inode)) return E.EOPNOTSUPP;
    return this.#host.hooks.first('inodeGetsecurity', this.#host.taskOf(caller), inode, name, caller);
  }

  /** The same. `silent`: without an audit record. */
  readXattr(inode: InodeFacts, name: string, caller: Caller): { given: Result<Uint8Array>; silent: boolean } {
    const before = this.#host.recorded();
    const given = this.getXattr(inode, name, caller);
    return { given, silent: this.#host.recorded() === before };
  }

  /** May the attribute be set? Storing it is the caller's part. */
  setXattr(inode: InodeFacts, name: string, value: Uint8Array, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('inodeSetxattr', this.#host.taskOf(caller), inode, name, value, caller);
  }

  /** What is to be stored for this value of an attribute, or of a label option. */
  storedValue(name: string, value: Uint8Array, caller: Caller): Uint8Array {
    const stored = this.#host.hooks.first('inodeStoredValue', this.#host.taskOf(caller), name, value, caller);
    return failed(stored) ? value : stored;
  }

  /** May it be set where the filesystem cannot store it? Asked after {@link setXattr}. */
  setSecurity(inode: InodeFacts, name: string, value: Uint8Array, caller: TaskId): Errno | undefined {
    return this.#host.hooks.deny('inodeSetsecurity', this.#host.taskOf(caller), inode, name, value);
  }

  removeXattr(inode: InodeFacts, name: string, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('inodeRemovexattr', this.#host.taskOf(caller), inode, name, caller);
  }

  /**
   * Attributes to be stored with a new file, by stored names; none where the label is the one that the file gets without
   * a stored attribute.
   */
  initSecurity(directory: InodeFacts, made: NewInode, caller: TaskId): NewSecurity {
    const answers = this.#host.hooks.collect('inodeInitSecurity', this.#host.taskOf(caller), directory, made);
    const xattrs = answers.flatMap((answer) => answer.xattrs);
    const general = answers.every(({ apart }) => apart !== undefined);
    if (!general) return { xattrs };
    const byDefault = answers.some((answer) => answer.byDefault === true);
    return { xattrs, apart: answers.flatMap(({ apart = [] }) => apart), ...(byDefault && { byDefault }) };
  }

  /** Before execve(2): EACCES or EPERM when it must fail, for a caller that cannot wait. */
  mayExec(file: ExecFile, caller: Caller): Errno | undefined {
    return withoutWaiting(this.mayExecOrWait(file, caller));
  }

  /** The same for one that can. */
  mayExecOrWait(file: ExecFile, caller: Caller): Decision {
    const { hooks } = this.#host;
    const task = this.#host.taskOf(caller);
    return (
      hooks.deny('bprmCredsForExec', task, file, caller) ?? hooks.denyOrWait('bprmCheckSecurity', task, file, caller)
    );
  }

  /** May an execve(2) that is allowed change the label that sockets of the task show? */
  execMayRelabel(file: ExecFile, caller: TaskId): boolean {
    const task = this.#host.taskOf(caller);
    return this.#host.hooks.having('socketGetpeersec').some(({ hooks }) => hooks.bprmKeepsLabel?.(task, file) !== true);
  }

  /** May it change what the modules judge the task by, so that they are asked about what it inherits? */
  execMayChangeLabel(file: ExecFile, caller: TaskId): boolean {
    return this.#host.hooks.collect('bprmKeepsLabel', this.#host.taskOf(caller), file).includes(false);
  }

  /** Will a program that may be executed run with AT_SECURE? */
  execIsSecure(file: ExecFile, caller: TaskId): boolean {
    return this.#host.hooks.collect('bprmSecureexec', this.#host.taskOf(caller), file).includes(true);
  }

  /** What the program will not have of what it inherits, with nothing in its place. */
  closedAtExec(file: ExecFile, caller: TaskId): readonly OpenDescriptor[] {
    return this.#host.hooks.collect('bprmClosedFiles', this.#host.taskOf(caller), file).flat();
  }

  /**
   * Is an execve(2) that is allowed the same for every task of the stack: allowed, without a change of anything that
   * modules judge tasks by?
   */
  execIsAlike(file: ExecFile, caller: TaskId): boolean {
    return !this.execMayRelabel(file, caller) && this.#host.execSubjects.areAlike;
  }

  /** Audit records written so far. */
  get recorded(): number {
    return this.#host.recorded();
  }

  /** May this label option be added to the options `before`? */
  mountOption(before: MountLabels, name: string, value: string, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('fsContextParseParam', this.#host.taskOf(caller), before, name, value);
  }

  /** May a superblock of this type be made with these label options, each of which was accepted? */
  mayMount(type: string, labels: MountLabels, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('sbSetMntOpts', this.#host.taskOf(caller), type, labels, caller);
  }

  /** Label options as they are to be kept, after {@link mayMount}. */
  keptOptions(labels: MountLabels, caller: Caller): MountLabels {
    const kept = Object.entries(labels).map(([name, value]) => [
      name,
      textOf(this.storedValue(name, bytesOf(value), caller)),
    ]);
    return Object.fromEntries(kept);
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
