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
import { defaultBuild, KERNEL_BUILDS } from '../builds.ts';
import { bootStack } from '../framework/boot.ts';
import type { BootConfig } from '../framework/config.ts';
import type { ExecFile } from '../framework/events.ts';
import type { FileRead } from '../framework/files/file-reads.ts';
import { createProc } from '../framework/proc/proc.ts';
import type { Stack } from '../framework/stack.ts';
import { MOUNT_POINTS } from '../known-modules.ts';
import { MODULES } from '../modules.ts';
import { type AccessDecision, askAccess } from './access.ts';
import { loadBootPolicy } from './boot-policy.ts';
import { INIT_PID, Processes, type ProcessIdentity } from './processes.ts';
import { RootFilesystem, type RootType } from './root.ts';

/** Default: profile `talk`, build `debian` (`full` for a module that it lacks), permissive, its default modules, no policy. */
export interface WorldOptions extends Partial<Omit<BootConfig, 'refuse'>> {
  /** A binary SELinux policy to boot with, whatever `lsmfs run --policy` takes: the bytes of a policy.34, say. */
  readonly policy?: Uint8Array;
  /**
   * Which names in `lsm` and `security` are refused. Default `unimplemented`: all that this world would not have.
   * `none` ignores them as a kernel does.
   */
  readonly refuse?: BootConfig['refuse'] | 'none';
  /** What the root filesystem is taken for. Default `ext4`. */
  readonly rootType?: RootType;
}

export interface AuditRecord {
  readonly type: number;
  readonly body: string;
}

export class World {
  readonly stack: Stack;
  /**
   * The module node:fs of this world, as root with all capabilities: `vi.mock('node:fs', () => world.fs)`. Of what it does to
   * ordinary files no module is asked, so it prepares and inspects them: attributes are read and set as they are stored.
   * In `/proc/self` it is {@link init}.
   */
  readonly fs: NodeFs;
  /** What the kernel would have logged. */
  readonly kernelLog: readonly string[];
  readonly audit: readonly AuditRecord[];
  readonly #processes = new Processes();
  readonly #mounts: MountTable;
  readonly #facade: FileSystemFacade;
  readonly #root: RootFilesystem;
  #init: WorldTask | undefined;

  /** @throws BootError for a module that it cannot have, PolicyError for a policy that cannot be loaded. */
  constructor(options: WorldOptions) {
    const kernelLog: string[] = [];
    const audit: AuditRecord[] = [];
    this.kernelLog = kernelLog;
    this.audit = audit;
    const build = KERNEL_BUILDS[defaultBuild(options)];
    const defaults = { profile: 'talk', build, enforcing: false, parameters: {} } as const;
    const { policy, refuse = 'unimplemented', rootType = 'ext4', ...config } = options;
    this.stack = bootStack(
      { ...defaults, ...config, ...(refuse !== 'none' && { refuse }) },
      {
        facts: this.#processes,
        log: {
          print: (text) => void kernelLog.push(text),
          audit: (type, body) => void audit.push({ type, body }),
        },
        kill: (tid) => this.#kill(tid),
      },
      MODULES,
    );
    if (policy !== undefined) loadBootPolicy(this.stack, policy);
    this.#root = new RootFilesystem(this.stack, rootType, (caller) => this.#processes.auditTask(caller));
    const mounts = new MountTable(this.#root.filesystem);
    this.#mounts = mounts;
    this.stack.reads.reader = (read) => this.#read(read);
    mounts.mount(
      '/proc',
      createProc(this.stack, () => this.init.caller),
    );
    for (const type of this.stack.filesystems.types) {
      const filesystem = this.stack.filesystems.mount(type, KERNEL_CALLER);
      const path = MOUNT_POINTS[type];
      if (path !== undefined && !failed(filesystem)) mounts.mount(path, filesystem);
    }
    for (const [place, filesystem] of this.stack.sysfsDirectories) mounts.mount(`/sys/${place}`, filesystem);
    this.#facade = new FileSystemFacade(mounts);
    this.fs = nodeFs(this.#facade);
  }

  /** The first process, pid 1. It is there from when it is first asked for. */
  get init(): WorldTask {
    this.#init ??= this.#enter({}, INIT_PID);
    return this.#init;
  }

  /** The same files, used by a task or by any caller. */
  as(who: WorldTask | Caller): NodeFs {
    return who instanceof WorldTask ? who.fs : nodeFs(this.#facade.as(who));
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

  /** What a module reads for a task: a file of rules. */
  #read(read: FileRead): void {
    const content = this.#root.read(read, this.#mounts);
    const answer = failed(content) ? { errno: content.number } : { content: Buffer.from(content).toString('base64') };
    this.stack.apply({ kind: 'file-read', serial: read.serial, ...answer });
  }

  /** What a module kills is gone at once. */
  #kill(tid: Tid): void {
    this.#processes.remove(tid);
    this.stack.apply({ kind: 'exit', tid });
  }

  /** A process that comes from outside, as the first one of a world does. */
  spawn(identity: ProcessIdentity = {}): WorldTask {
    return this.#enter(identity);
  }

  #enter(identity: ProcessIdentity, pid?: number): WorldTask {
    const task = this.#processes.add(identity, undefined, undefined, pid);
    this.stack.apply({ kind: 'enter', task });
    this.stack.userNamespaces.note({ ...task, userNamespace: identity.userNamespace });
    const parts = { world: this, processes: this.#processes, root: this.#root };
    return new WorldTask(parts, task.tid, new MountNamespace(this.#mounts, this.#facade));
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
  readonly world: World;
  readonly processes: Processes;
  readonly root: RootFilesystem;
}

/** One thread of an imaginary process. */
export class WorldTask {
  readonly #parts: WorldParts;
  readonly #world: World;
  readonly #processes: Processes;
  #tid: Tid;
  #namespace: MountNamespace;
  #files: { readonly caller: Caller; readonly namespace: MountNamespace; readonly fs: NodeFs } | undefined;

  constructor(parts: WorldParts, tid: Tid, namespace: MountNamespace) {
    this.#parts = parts;
    this.#world = parts.world;
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
   * Mounts a filesystem of the world in a mount namespace of its own: what this task would get at this moment, for it
   * and those that it starts from now on. Descriptors from before belong to the `fs` that they come from.
   * @param path by default where distributions mount the type.
   * @throws FileSystemError ENODEV for a type that no module has.
   */
  mount(type: string, path = MOUNT_POINTS[type] ?? ''): void {
    const filesystem = this.#world.stack.filesystems.mount(type, this.caller);
    const mounts = this.#namespace.mounts.copy();
    const problem = failed(filesystem) ? filesystem : mounts.mount(path, filesystem);
    if (problem !== undefined) throw new FileSystemError(problem, 'mount', path);
    this.#namespace = new MountNamespace(mounts);
  }

  /** `sharesMm` as vfork(2) does. */
  fork(options: { readonly sharesMm?: boolean } = {}): WorldTask {
    const child = this.#processes.add(this.#identity(), undefined, this.caller.tgid);
    this.#world.stack.apply({ kind: 'fork', parent: this.#tid, child, ...options });
    return new WorldTask(this.#parts, child.tid, this.#namespace);
  }

  /** A further thread of the same process. */
  thread(): WorldTask {
    const child = this.#processes.add(this.#identity(), this.caller.tgid);
    this.#world.stack.apply({ kind: 'fork', parent: this.#tid, child });
    return new WorldTask(this.#parts, child.tid, this.#namespace);
  }

  /**
   * execve(2). A program that is one of the world's files is looked at: modules may refuse it, and its label counts. Any
   * other succeeds as it is described.
   * @throws FileSystemError EACCES, EPERM.
   */
  exec(described: ExecFile): void {
    const file = this.#parts.root.program(described, this.#namespace.mounts, this.caller);
    if (failed(file)) throw new FileSystemError(file, 'execve', described.path);
    const formerTid = this.#tid;
    const leader = this.#processes.exec(formerTid, file.path);
    const former = formerTid === leader ? {} : { formerTid };
    this.#tid = leader;
    this.#world.stack.apply({ kind: 'exec', tid: leader, ...former, file });
  }

  /** setuid(2) and its like, setns(2). */
  setIdentity(identity: ProcessIdentity): void {
    this.#processes.change(this.#tid, identity);
    this.#world.stack.userNamespaces.note(this.caller);
  }

  /** Ends the thread; a process is reaped at once. */
  exit(): void {
    this.#processes.remove(this.#tid);
    this.#world.stack.apply({ kind: 'exit', tid: this.#tid });
  }

  #identity(): ProcessIdentity {
    const { tid: _tid, tgid: _tgid, ...identity } = this.caller;
    return identity;
  }
}
