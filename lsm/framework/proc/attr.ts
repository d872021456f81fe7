/**
 * /proc/<pid>/attr: which module answers, and the checks the kernel makes before it asks.
 *
 * Model: proc_pid_attr_read/write of fs/proc/base.c and security_{get,set}procattr of Linux 6.12. A plain file goes to the caller's default
 * module, or where there is no such thing to the first that has the hook, and its answer is final even when it is "not mine"; a file in a
 * module's subdirectory goes to that module or is EINVAL.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { opensForWriting } from '../../../linux/fcntl.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import {
  LSM_ATTR_CURRENT,
  LSM_ATTR_EXEC,
  LSM_ATTR_FSCREATE,
  LSM_ATTR_KEYCREATE,
  LSM_ATTR_PREV,
  LSM_ATTR_SOCKCREATE,
} from '../../../linux/lsm.ts';
import { PTRACE_MODE_READ } from '../../../linux/process.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { TaskId } from '../events.ts';
import type { ProcessFacts, ThreadFacts } from '../facts.ts';
import { HOOKS } from '../hook-table.ts';
import type { HookList } from '../hooks.ts';
import type { DefaultModule } from '../labels/default-module.ts';
import type { AttrName, ModuleId } from '../module-facts.ts';
import type { Task, TaskTable } from '../task.ts';

/** Numbers for lsm_get_self_attr(2) and its like. */
export const LSM_ATTR: Readonly<Record<AttrName, number>> = {
  current: LSM_ATTR_CURRENT,
  exec: LSM_ATTR_EXEC,
  fscreate: LSM_ATTR_FSCREATE,
  keycreate: LSM_ATTR_KEYCREATE,
  prev: LSM_ATTR_PREV,
  sockcreate: LSM_ATTR_SOCKCREATE,
};

/**
 * Kinds of attr files: an attribute of a module; the task's default module; the compound label of all modules (read
 * only).
 */
export type AttrSubject = AttrName | 'default-module' | 'context';

/** Real, effective, saved. */
const COUNTED_IDS = 3;

/**
 * Is it a dumpable process with the opener's ids, so that the opener needs no capability? A kernel asks for it also where the process has
 * capabilities that the opener lacks; those of the host's processes may be ones that nobody in a world can have.
 */
function isAlike({ uid, gid }: Caller, owner: ThreadFacts): boolean {
  const { uids = [owner.uid], gids = [owner.gid], fileUid = owner.uid } = owner;
  const same = (ids: readonly number[], id: number): boolean => ids.slice(0, COUNTED_IDS).every((one) => one === id);
  return same(uids, uid) && same(gids, gid) && fileUid === uid;
}

/** What sockets are labelled by. */
const LABELS_SOCKETS: ReadonlySet<AttrSubject> = new Set(['current', 'sockcreate']);

/** One attr file: a plain one (module 0) or one in a subdirectory. */
export interface AttrFile {
  readonly target: Task;
  readonly module: ModuleId;
  readonly subject: AttrSubject;
}

/** The parts of a stack that attr files need. */
export interface AttrHost {
  readonly facts: ProcessFacts;
  readonly hooks: HookList;
  readonly tasks: TaskTable;
  readonly defaultModule: DefaultModule;
  find(tid: Tid): Task | undefined;
  taskOf(caller: TaskId): Task;
  /** Finds out where the task is now, for modules that ask. */
  noteUserNamespace(task: Task): void;
  /** The labels of this process are about to change. */
  noteSockets(caller: TaskId): void;
}

export class AttrDispatch {
  readonly #host: AttrHost;

  constructor(host: AttrHost) {
    this.#host = host;
  }

  /** The same thread as when the file was found; a reused id is another task. Who asks is there. */
  isAlive(target: Task, asker?: TaskId): boolean {
    if (this.#host.tasks.findOrZombie(target.tid) !== target) return false;
    return asker?.tid === target.tid || this.#host.facts.thread(target.tid) !== undefined;
  }

  /** @returns what an open remembers. */
  opened({ target, subject }: AttrFile, flags: number, opener: Caller): number | undefined {
    const mayChangeLabel = LABELS_SOCKETS.has(subject) && opensForWriting(flags) && opener.tgid === target.process.tgid;
    if (mayChangeLabel) this.#host.noteSockets(opener);
    return this.#mm(target, opener);
  }

  /** The target's address space if the opener may inspect it, as for /proc/<pid>/mem. */
  #mm(target: Task, opener: Caller): number | undefined {
    const task = this.#host.taskOf(opener);
    if (task.process !== target.process && !this.#mayInspect(task, target, opener)) return undefined;
    return target.process.mm;
  }

  /** __ptrace_may_access(): the capability, where ids or dumpability ask for it, then the modules. */
  #mayInspect(task: Task, target: Task, opener: Caller): boolean {
    const { facts, hooks } = this.#host;
    const owner = facts.thread(target.tid);
    if (owner === undefined || !isAlike(opener, owner)) {
      if (!hasCapability(opener.capabilities, CAP.SYS_PTRACE)) return false;
      if (hooks.deny('capable', task, { capability: CAP.SYS_PTRACE }, opener) !== undefined) return false;
    }
    return hooks.deny('ptraceAccessCheck', task, target, PTRACE_MODE_READ, opener) === undefined;
  }

  /** The whole value; fetched anew by every read. */
  read(file: AttrFile, reader: Caller): Result<Uint8Array> {
    if (!this.isAlive(file.target, reader)) return E.ESRCH;
    const { defaultModule, hooks } = this.#host;
    const task = this.#host.taskOf(reader);
    if (file.subject === 'default-module') return defaultModule.read(task, file.target);
    if (file.subject === 'context') return this.#compound(task, file.target, reader);
    const [module] = hooks.having('getprocattr', file.module || defaultModule.of(task));
    if (module === undefined) return HOOKS.getprocattr.default;
    return module.hooks.getprocattr(task, file.target, file.subject, reader);
  }

  /** `module NUL label NUL` of each labelling module in order. One that has no label is left out, one that refuses ends it. */
  #compound(reader: Task, target: Task, caller: Caller): Result<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (const { id, name } of this.#host.defaultModule.candidates) {
      const [module] = this.#host.hooks.having('getprocattr', id);
      const label = module?.hooks.getprocattr(reader, target, 'context', caller) ?? E.EINVAL;
      if (label === E.EINVAL) continue;
      if (failed(label)) return label;
      parts.push(compoundPart(name, label));
    }
    return parts.length === 0 ? E.EINVAL : Buffer.concat(parts);
  }

  /** The kernel's checks in its order, then the module's hook. @returns bytes accepted. */
  write(
    file: AttrFile,
    openedMm: number | undefined,
    data: Uint8Array,
    position: number,
    caller: Caller,
  ): Result<number> {
    const writer = this.#host.taskOf(caller);
    if (writer.process.mm !== openedMm) return E.EPERM;
    if (!this.isAlive(file.target, caller)) return E.ESRCH;
    if (writer !== file.target) return E.EACCES;
    if (position !== 0) return E.EINVAL;
    const value = data.slice(0, PAGE_SIZE);
    const { defaultModule, hooks } = this.#host;
    if (file.subject === 'context') return E.EINVAL;
    if (file.subject === 'default-module') return defaultModule.write(writer, value, caller);
    const [module] = hooks.having('setprocattr', file.module || defaultModule.of(writer));
    if (module === undefined) return HOOKS.setprocattr.default;
    return module.hooks.setprocattr(writer, file.subject, value, caller);
  }
}

/** A label's own terminator does not count. */
export function compoundPart(module: string, label: Uint8Array): Uint8Array {
  const end = label.at(-1) === 0 ? label.length - 1 : label.length;
  return Buffer.concat([bytesOf(`${module}\0`), label.subarray(0, end), Uint8Array.of(0)]);
}
