/**
 * A whole world in memory: a booted stack, imaginary processes, ordinary files and everything mounted where a distribution mounts it,
 * behind a node:fs-shaped interface. For unit tests of programs that read or write these files, and for ours.
 */

import { failed } from '../../linux/errno.ts';
import type { Tid } from '../../linux/ids.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import { FileSystemFacade } from '../../vfs/user/facade.ts';
import { FileSystemError } from '../../vfs/user/facade-error.ts';
import { MountTable } from '../../vfs/user/mounts.ts';
import { type NodeFs, nodeFs } from '../../vfs/user/node-fs/index.ts';
import type { ExecFile } from '../framework/events.ts';
import type { Measurement } from '../framework/files/measurement-list.ts';
import { inspectStack } from '../framework/inspection/inspect-stack.ts';
import type { StackInspection } from '../framework/inspection/inspection.ts';
import { SharedImages } from '../framework/shared-images.ts';
import type { Stack } from '../framework/stack.ts';
import { MOUNT_POINTS } from '../known-modules.ts';
import { type AccessDecision, askAccess } from './access.ts';
import { Booted, type BootParts } from './booted.ts';
import { explainRecords, type Why } from './explain.ts';
import { readMeasurements } from './measurements.ts';
import type { WorldOptions } from './options.ts';
import { INIT_PID, type Processes, type ProcessIdentity } from './processes.ts';
import { type AuditRecord, auditRecord } from './records.ts';
import type { RootFilesystem } from './root.ts';
import { saveFiles } from './saved-files.ts';

/** Policies that are in memory already: worlds with the same one share what was parsed. */
const SHARED = new SharedImages();

/**
 * A world. With `using` it ends with the block.
 * @public
 */
export class World {
  /**
   * The module node:fs of this world, as root with all capabilities: `vi.mock('node:fs', () => world.fs)`. Of what it does to
   * ordinary files no module is asked, so it prepares and inspects them: attributes are read and set as they are stored.
   * In `/proc/self` it is {@link init}.
   */
  readonly fs: NodeFs;
  /** What the kernel would have logged. */
  readonly kernelLog: readonly string[];
  readonly audit: readonly AuditRecord[];
  readonly #options: WorldOptions;
  readonly #parts: BootParts;
  readonly #mounts: MountTable;
  readonly #facade: FileSystemFacade;
  #booted: Booted;
  #init: WorldTask | undefined;
  #bringBack: (() => void) | undefined;

  /**
   * @throws BootError for a module that it cannot have, PolicyError for a policy that cannot be loaded.
   * @internal
   */
  constructor(options: WorldOptions) {
    const kernelLog: string[] = [];
    const audit: AuditRecord[] = [];
    this.kernelLog = kernelLog;
    this.audit = audit;
    this.#options = options;
    this.#parts = {
      shared: SHARED,
      log: {
        print: (text) => void kernelLog.push(text),
        audit: (type, body) => void audit.push(auditRecord(type, body)),
      },
      init: () => this.init.caller,
    };
    this.#booted = new Booted(options, this.#parts);
    this.#mounts = this.#booted.mounts;
    this.#facade = new FileSystemFacade(this.#mounts);
    this.fs = nodeFs(this.#facade);
  }

  /**
   * The emulated security stack itself.
   * @internal
   */
  get stack(): Stack {
    return this.#booted.stack;
  }

  /** The first process, pid 1. It is there from when it is first asked for. */
  get init(): WorldTask {
    this.#init ??= this.#enter({}, INIT_PID);
    return this.#init;
  }

  /** The same files, used by a task or by any caller. */
  as(who: WorldTask | Caller): NodeFs {
    return who instanceof WorldTask ? who.fs : this.fs.as(who);
  }

  /**
   * What the policy allows a process of context `source` on an object of class `objectClass` (`file`, `process`) with
   * context `target`. Asks and decides as the kernel; enforcing or not makes no difference. Before a policy there are
   * no classes to ask about.
   * @throws FileSystemError ENOENT for an unknown class, EINVAL for an invalid context.
   */
  access(source: string, target: string, objectClass: string): AccessDecision {
    return askAccess(this.fs, source, target, objectClass);
  }

  /**
   * Why something was refused, and what would allow it, as `lsmfs why --last` tells: the newest refusal, or that of a record.
   * @throws WhyError where nothing was refused, or the module cannot tell.
   */
  why(record?: AuditRecord): Why {
    return explainRecords(this.stack, record === undefined ? this.audit : [record]);
  }

  /** IMA's measurements, in order, taken apart. */
  get measurements(): readonly Measurement[] {
    return readMeasurements(this.fs);
  }

  /** Labels, namespaces and settings of all modules and tasks, as plain data, as `lsmfs tree --json` has them. */
  inspect(): StackInspection {
    return inspectStack(this.stack);
  }

  /** A process that comes from outside, as the first one of a world does. */
  spawn(identity: ProcessIdentity = {}): WorldTask {
    return this.#enter(identity);
  }

  /** {@link reset} comes back to this moment from now on. */
  snapshot(): void {
    this.stack.remember();
    const [files, logged, recorded] = [saveFiles(this.fs), this.kernelLog.length, this.audit.length];
    this.#bringBack = () => {
      this.stack.apply({ kind: 'reset' });
      files();
      (this.kernelLog as string[]).length = logged;
      (this.audit as AuditRecord[]).length = recorded;
    };
  }

  /**
   * As it was made: a new boot, without its processes and files; `fs` stays the same object. After {@link snapshot} as it
   * was then: files, policies, modes, settings, log and records; processes go on with their labels, and namespaces, IMA's
   * measurements and TOMOYO's policy stay.
   */
  reset(): void {
    this.#facade.closeAll();
    if (this.#bringBack !== undefined) {
      this.#bringBack();
      return;
    }
    this.#clear();
    this.#booted = new Booted(this.#options, this.#parts);
    this.#mounts.become(this.#booted.mounts);
  }

  #clear(): void {
    this.#init = undefined;
    (this.kernelLog as string[]).length = 0;
    (this.audit as AuditRecord[]).length = 0;
  }

  /** Ends descriptors and watchers; its files are gone. */
  dispose(): void {
    this.#facade.closeAll();
    this.#clear();
    this.#mounts.become(new MountTable());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
  }

  #enter(identity: ProcessIdentity, pid?: number): WorldTask {
    const { processes, root, stack } = this.#booted;
    const task = processes.add(identity, undefined, undefined, pid);
    stack.apply({ kind: 'enter', task });
    stack.userNamespaces.note({ ...task, userNamespace: identity.userNamespace });
    return new WorldTask({ stack, processes, root }, task.tid, new MountNamespace(this.#mounts, this.#facade));
  }
}

/** What tasks see, until one of them mounts something for itself. */
class MountNamespace {
  readonly mounts: MountTable;
  readonly fs: FileSystemFacade;

  constructor(mounts: MountTable, fs = new FileSystemFacade(mounts)) {
    this.mounts = mounts;
    this.fs = fs;
  }
}

interface WorldParts {
  readonly stack: Stack;
  readonly processes: Processes;
  readonly root: RootFilesystem;
}

/**
 * One thread of an imaginary process.
 * @public
 */
export class WorldTask {
  readonly #parts: WorldParts;
  readonly #processes: Processes;
  #tid: Tid;
  #namespace: MountNamespace;
  #files: { readonly caller: Caller; readonly namespace: MountNamespace; readonly fs: NodeFs } | undefined;

  /** @internal */
  constructor(parts: WorldParts, tid: Tid, namespace: MountNamespace) {
    this.#parts = parts;
    this.#processes = parts.processes;
    this.#tid = tid;
    this.#namespace = namespace;
  }

  get tid(): Tid {
    return this.#tid;
  }

  get caller(): Caller {
    return this.#processes.caller(this.#tid) ?? { ...KERNEL_CALLER, capabilities: 0n };
  }

  /** The world's files as this task sees them. */
  get fs(): NodeFs {
    const { caller } = this;
    const namespace = this.#namespace;
    if (this.#files?.caller !== caller || this.#files.namespace !== namespace)
      this.#files = { caller, namespace, fs: nodeFs(namespace.fs.as(caller)) };
    return this.#files.fs;
  }

  /**
   * Mounts a filesystem of the world in a mount namespace of its own, as this task would get it now. The task and those that it
   * starts from now on have it. Descriptors from before belong to the `fs` that they come from.
   * @param path by default where distributions mount the type.
   * @throws FileSystemError ENODEV for a type that no module has.
   */
  mount(type: string, path = MOUNT_POINTS[type] ?? ''): void {
    const filesystem = this.#parts.stack.filesystems.mount(type, this.caller);
    const mounts = this.#namespace.mounts.copy();
    const problem = failed(filesystem) ? filesystem : mounts.mount(path, filesystem);
    if (problem !== undefined) throw new FileSystemError(problem, 'mount', path);
    this.#namespace = new MountNamespace(mounts);
  }

  /** `sharesMm` as vfork(2) does. */
  fork(options: { readonly sharesMm?: boolean } = {}): WorldTask {
    const child = this.#processes.add(this.#identity(), undefined, this.caller.tgid);
    this.#parts.stack.apply({ kind: 'fork', parent: this.#tid, child, ...options });
    return new WorldTask(this.#parts, child.tid, this.#namespace);
  }

  /** A further thread of the same process. */
  thread(): WorldTask {
    const child = this.#processes.add(this.#identity(), this.caller.tgid);
    this.#parts.stack.apply({ kind: 'fork', parent: this.#tid, child });
    return new WorldTask(this.#parts, child.tid, this.#namespace);
  }

  /**
   * execve(2). The modules judge a program that is one of the world's files by its label, and may refuse it. Any other
   * succeeds as it is described.
   * @throws FileSystemError EACCES, EPERM.
   */
  exec(described: ExecFile): void {
    const file = this.#parts.root.program(described, this.#namespace.mounts, this.caller);
    if (failed(file)) throw new FileSystemError(file, 'execve', described.path);
    const formerTid = this.#tid;
    const leader = this.#processes.exec(formerTid, file.path);
    const former = formerTid === leader ? {} : { formerTid };
    this.#tid = leader;
    this.#parts.stack.apply({ kind: 'exec', tid: leader, ...former, file });
  }

  /** setuid(2) and its like, setns(2). */
  setIdentity(identity: ProcessIdentity): void {
    this.#processes.change(this.#tid, identity);
    this.#parts.stack.userNamespaces.note(this.caller);
  }

  /** Ends the thread; a process is reaped at once. */
  exit(): void {
    this.#processes.remove(this.#tid);
    this.#parts.stack.apply({ kind: 'exit', tid: this.#tid });
  }

  #identity(): ProcessIdentity {
    const { tid: _tid, tgid: _tgid, ...identity } = this.caller;
    return identity;
  }
}
