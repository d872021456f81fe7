/**
 * /proc/<pid>/attr: which module answers, and the checks the kernel makes before it asks.
 *
 * Model: proc_pid_attr_read/write of fs/proc/base.c and security_{get,set}procattr of Linux 6.12. A plain file goes to the first module that has
 * the hook, and its answer is final even when it is "not mine"; a file in a module's subdirectory goes to that module or is EINVAL.
 */

import type { Caller } from '../../vfs/caller.ts';
import { E, type Result } from '../../vfs/errno.ts';
import { PAGE_SIZE } from '../../vfs/flags.ts';
import type { TaskId } from './events.ts';
import type { ProcessFacts } from './facts.ts';
import { HOOK_DEFAULT, type HookList } from './hooks.ts';
import type { AttrName, ModuleId } from './module.ts';
import type { Task, TaskTable } from './task.ts';

/** LSM_ATTR_* of include/uapi/linux/lsm.h. */
export const LSM_ATTR: Readonly<Record<AttrName, number>> = {
  current: 100,
  exec: 101,
  fscreate: 102,
  keycreate: 103,
  prev: 104,
  sockcreate: 105,
};

const PTRACE_MODE_READ = 1;
const CAP_SYS_PTRACE = 19;

/** One attr file: the plain one (module 0) or one in a subdirectory. */
export interface AttrFile {
  readonly target: Task;
  readonly module: ModuleId;
  readonly name: AttrName;
}

/** The parts of a stack that attr files need. */
export interface AttrHost {
  readonly facts: ProcessFacts;
  readonly hooks: HookList;
  readonly tasks: TaskTable;
  find(tid: number): Task | undefined;
  taskOf(caller: TaskId): Task;
}

export class AttrDispatch {
  readonly #host: AttrHost;

  constructor(host: AttrHost) {
    this.#host = host;
  }

  /** The same thread as when the file was found; a reused id is another task. */
  isAlive(target: Task): boolean {
    return this.#host.tasks.findOrZombie(target.tid) === target && this.#host.facts.thread(target.tid) !== undefined;
  }

  /** What an open remembers: the target's address space if the opener may inspect it, as for /proc/<pid>/mem. */
  openedMm(target: Task, opener: Caller): number | undefined {
    const { facts, hooks } = this.#host;
    const task = this.#host.taskOf(opener);
    if (task.process !== target.process) {
      const owner = facts.thread(target.tid);
      const privileged = (opener.capabilities >> BigInt(CAP_SYS_PTRACE)) % 2n === 1n;
      const sameUser = owner !== undefined && owner.uid === opener.uid && (owner.fileUid ?? owner.uid) === opener.uid;
      if (!privileged && !sameUser) return undefined;
      if (hooks.deny('ptraceAccessCheck', task, target, PTRACE_MODE_READ) !== undefined) return undefined;
    }
    return target.process.mm;
  }

  /** The whole value; fetched anew by every read. */
  read(file: AttrFile, reader: Caller): Result<Uint8Array> {
    if (!this.isAlive(file.target)) return E.ESRCH;
    const [module] = this.#host.hooks.having('getprocattr', file.module);
    if (module === undefined) return HOOK_DEFAULT.getprocattr;
    return module.hooks.getprocattr(this.#host.taskOf(reader), file.target, file.name, reader);
  }

  /** The kernel's checks in its order, then the module's verdict. @returns bytes taken. */
  write(
    file: AttrFile,
    openedMm: number | undefined,
    data: Uint8Array,
    position: number,
    caller: Caller,
  ): Result<number> {
    const writer = this.#host.taskOf(caller);
    if (writer.process.mm !== openedMm) return E.EPERM;
    if (!this.isAlive(file.target)) return E.ESRCH;
    if (writer !== file.target) return E.EACCES;
    if (position !== 0) return E.EINVAL;
    const [module] = this.#host.hooks.having('setprocattr', file.module);
    if (module === undefined) return HOOK_DEFAULT.setprocattr;
    return module.hooks.setprocattr(writer, file.name, data.slice(0, PAGE_SIZE), caller);
  }
}
