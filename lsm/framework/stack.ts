/**
 * A booted stack: the running set of modules with their tasks, filesystems and system calls.
 *
 * The stack changes only through `apply` (process and system call events) and through mutating operations on its filesystems; both
 * are recorded outside, so that a log of them rebuilds the same stack.
 */

import { type Errno, failed, type Result } from '../../linux/errno.ts';
import { type Tid, tgidOf } from '../../linux/ids.ts';
import { PTRACE_MODE_ATTACH } from '../../linux/process.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { Node } from '../../vfs/tree/node.ts';
import { AccessDecisions } from './access/access-decisions.ts';
import type { OpenFile } from './access/file-access.ts';
import { IpcObjects } from './access/ipc-objects.ts';
import { KeyMakers } from './access/key-makers.ts';
import { NamedMakers } from './access/named-makers.ts';
import { Announcements } from './announcements.ts';
import { applyEvent } from './apply-event.ts';
import type { Audit } from './audit/audit.ts';
import { auditEntries } from './audit/nodes/of-stack.ts';
import { AuditRequests } from './audit/requests.ts';
import type { BootConfig } from './config.ts';
import { type Declared, declaredBy } from './declared.ts';
import type { StackEvent, TaskId } from './events.ts';
import { type KernelLog, type ProcessFacts, taskFacts } from './facts.ts';
import { ExecSubjects } from './files/exec-subjects.ts';
import { FileReads } from './files/file-reads.ts';
import { FileUses } from './files/file-uses.ts';
import { FileSecurity } from './files/files.ts';
import { MetadataIntegrity } from './files/metadata-integrity.ts';
import { OpenFiles } from './files/open-files.ts';
import { PathSecurity } from './files/path-security.ts';
import { Filesystems } from './filesystems.ts';
import { HookList } from './hooks.ts';
import { EncryptedKeys } from './keys/encrypted-keys.ts';
import { KeyCalls } from './keys/key-calls.ts';
import { type Claim, claimOwners } from './labels/claims.ts';
import { DefaultModule } from './labels/default-module.ts';
import { Peers } from './labels/peers.ts';
import { SecidTable } from './labels/secids.ts';
import type { BootedModule, Module, ModuleDefinition } from './module.ts';
import type { ModuleId } from './module-facts.ts';
import { AttrDispatch } from './proc/attr.ts';
import { type AttrTrees, createAttrTrees } from './proc/attr-tree.ts';
import { mountPoints } from './proc/places.ts';
import type { StackParts } from './stack-parts.ts';
import { createStackTrees } from './stack-trees.ts';
import { LsmSyscalls } from './syscalls.ts';
import type { Task, TaskTable } from './task.ts';
import { TaskUserNamespaces } from './task-user-namespaces.ts';
import type { Tpm } from './tpm/tpm.ts';

export class Stack {
  readonly config: BootConfig;
  readonly log: KernelLog;
  readonly audit: Audit;
  readonly auditRequests: AuditRequests;
  /** The modules compiled in, active or not, in link order. */
  readonly compiledIn: readonly ModuleDefinition[];
  /** Names in registration order, as in /sys/kernel/security/lsm. */
  readonly active: readonly string[];
  readonly moduleIds: readonly ModuleId[];
  readonly tasks: TaskTable;
  readonly hooks: HookList;
  readonly securityfs: Filesystem;
  readonly attrTree: Filesystem;
  /** The attr tree as another caller than the one that asks sees it. */
  readonly attrRootFor: AttrTrees['rootFor'];
  readonly syscalls: LsmSyscalls;
  /** Path below /proc/sys (`kernel/yama/ptrace_scope`) to node. */
  readonly sysctls: ReadonlyMap<string, Node>;
  /** The same as a tree whose root stands for /proc/sys. */
  readonly sysctlTree: Filesystem;
  /** Directories of sysfs, by their paths below /sys: `module/NAME`, `class/tpm`. */
  readonly sysfsDirectories: ReadonlyMap<string, Filesystem>;
  /** Absent: the machine has none. */
  readonly tpm?: Tpm;
  /** Modules that explain their decisions. */
  readonly explanations: ReadonlyMap<string, NonNullable<Module['explain']>>;
  readonly attr: AttrDispatch;
  readonly defaultModule: DefaultModule;
  /** Labels at the other end of a socket. */
  readonly peers: Peers;
  readonly ipc = new IpcObjects();
  readonly namedMakers = new NamedMakers();
  readonly keyMakers = new KeyMakers();
  /** Types and instances of filesystems, but for /proc. */
  readonly filesystems: Filesystems;
  /** Calls about keys. */
  readonly keys: KeyCalls;
  readonly secids: SecidTable;
  /** Owners of exclusive resources. */
  readonly claims: ReadonlyMap<Claim, string>;
  readonly modules: readonly BootedModule[];
  /** Where filesystems are mounted, by type. */
  readonly places: Readonly<Record<string, string>>;
  /** What the modules declare about ordinary files and programs. */
  readonly declared: Declared;
  /** Ordinary files. */
  readonly files: FileSecurity;
  /** What system calls do to them. */
  readonly access: AccessDecisions;
  /** Uses of them in which modules look at the content. */
  readonly uses: FileUses;
  /** Those whose content modules ask for. */
  readonly reads: FileReads;
  /** Owner, mode and attributes of ordinary files. */
  readonly metadata: MetadataIntegrity;
  /** Who opened what tasks have open. */
  readonly openFiles: OpenFiles;
  /** Payloads of keys of type `encrypted`. */
  readonly encryptedKeys: EncryptedKeys;
  /** Where each task is. */
  readonly userNamespaces: TaskUserNamespaces;
  readonly #outside: ProcessFacts;
  readonly #announcements = new Announcements();
  readonly #remembered = new Map<string, () => void>();

  constructor(parts: StackParts) {
    const { config, facts, log, modules, tasks } = parts;
    this.config = config;
    this.compiledIn = parts.compiledIn;
    this.#outside = facts;
    this.log = log;
    this.audit = parts.audit;
    this.auditRequests = new AuditRequests(this.audit);
    this.tasks = tasks;
    this.modules = modules;
    this.active = modules.map(({ definition }) => definition.name);
    this.moduleIds = modules.map(({ definition }) => definition.id);
    this.hooks = new HookList(
      modules.map(({ definition, module }) => ({ name: definition.name, id: definition.id, hooks: module.hooks })),
    );
    const labelling = modules.map(({ definition }) => definition).filter((definition) => definition.labelling === true);
    const candidates = config.profile === 'mainline' ? [] : labelling;
    this.defaultModule = new DefaultModule(parts.defaultModules, this.hooks, candidates);
    this.secids = new SecidTable(this.hooks);
    this.claims = claimOwners(labelling);
    this.peers = new Peers(this);
    this.declared = declaredBy(modules);
    this.userNamespaces = new TaskUserNamespaces(this, parts.userNamespaces);
    this.places = mountPoints(parts.compiledIn);
    const paths = new PathSecurity(this);
    const trees = createStackTrees({
      parts,
      active: this.active,
      defaultModule: candidates[0]?.name,
      entries: auditEntries(this, parts),
      paths,
    });
    this.securityfs = trees.securityfs;
    this.sysctls = trees.sysctls;
    this.sysctlTree = trees.sysctlTree;
    this.sysfsDirectories = trees.sysfsDirectories;
    this.filesystems = new Filesystems({
      host: this,
      paths,
      securityfs: trees.securityfsType,
      announce: (event) => this.#announcements.announce(event),
    });
    if (parts.tpm !== undefined) this.tpm = parts.tpm;
    this.explanations = new Map(
      modules.flatMap(({ definition, module: { explain } }) => (explain ? [[definition.name, explain]] : [])),
    );
    this.attr = new AttrDispatch(this);
    const attr = createAttrTrees({
      host: this,
      dispatch: this.attr,
      paths,
      profile: config.profile,
      compiledIn: parts.compiledIn,
      own: modules.flatMap(({ module }) => module.attrFiles ?? []),
      time: config.bootTime ?? 0n,
    });
    this.attrTree = attr.tree;
    this.attrRootFor = attr.rootFor;
    this.syscalls = new LsmSyscalls(this);
    const deciding = {
      hooks: this.hooks,
      recorded: () => parts.recorded(),
      taskOf: (caller: TaskId) => this.taskOf(caller),
      tasks: () => this.tasks.all(),
      execSubjects: new ExecSubjects({ hooks: this.hooks, tasks: this.tasks }),
      makerOf: (name: string) => this.namedMakers.maker(name),
      automaton: (number: number) => parts.pathAutomata.of(number),
    };
    this.files = new FileSecurity(deciding);
    this.access = new AccessDecisions(deciding);
    this.uses = new FileUses(this, parts.watch, parts.stores);
    this.reads = new FileReads(this);
    this.metadata = new MetadataIntegrity(this, parts.guard);
    this.openFiles = new OpenFiles(parts.openNotes);
    this.encryptedKeys = this.#encryptedKeys(parts);
    this.keys = new KeyCalls(parts.keyrings, this);
  }

  #encryptedKeys({ config, facts }: StackParts): EncryptedKeys {
    const host = {
      find: (description: string, tid: Tid) => (this.replaying ? undefined : facts.encryptedKey?.(description, tid)),
      apply: (event: StackEvent) => this.apply(event),
    };
    return new EncryptedKeys(host, config.encryptedKeys ?? {});
  }

  /** Facts of processes: from the host or, while a log is replayed, from the task table alone. */
  get facts(): ProcessFacts {
    return this.replaying ? taskFacts(this.tasks) : this.#outside;
  }

  /** Is a log being replayed: nothing may reach the outside. */
  get replaying(): boolean {
    return this.#announcements.replaying;
  }

  /** Runs `replay` without effects outside: facts only from the task table, no subscribers called. */
  whileReplaying(replay: () => void): void {
    this.#announcements.whileReplaying(replay);
  }

  /** The task behind a caller; one that was never seen enters from outside. */
  taskOf(caller: TaskId): Task {
    const known = this.tasks.find(caller.tid);
    const isThere = known?.isOutside === false || caller.tgid === this.tasks.bystander;
    if (known?.process.tgid === caller.tgid && isThere) return known;
    return this.#enter(caller, false);
  }

  #enter(caller: TaskId, isOutside: boolean): Task {
    this.#announcements.announce({ kind: 'enter', task: { tid: caller.tid, tgid: caller.tgid } });
    return this.tasks.enter(caller, isOutside);
  }

  /** May the caller attach to the task with this id as its tracer? */
  mayAttach(target: Tid, caller: Caller): Errno | undefined {
    const task = this.find(target);
    return task && this.hooks.deny('ptraceAccessCheck', this.taskOf(caller), task, PTRACE_MODE_ATTACH, caller);
  }

  /** The modules' decision about PTRACE_TRACEME. */
  mayBeTraced(caller: Caller): Errno | undefined {
    const parent = this.facts.caller(this.facts.thread(caller.tid)?.parent ?? tgidOf(0));
    return parent && this.hooks.deny('ptraceTraceme', this.taskOf(parent), this.taskOf(caller), parent);
  }

  /** To be called before an event that may change the label of a process. */
  noteSockets({ tid }: TaskId): void {
    const sockets = this.facts.sockets?.(tid) ?? [];
    if (sockets.length > 0) this.apply({ kind: 'sockets', tid, sockets });
  }

  /** Finds out where the task is now, for modules that follow it. */
  noteUserNamespace(task: Task): void {
    this.userNamespaces.look(task);
  }

  /** Who made a socket that the process of this task has open, by inode number: a task in the state it had then. */
  socketMaker(socket: number, tid: Tid): Task | undefined {
    const holder = this.find(tid);
    return holder && this.peers.maker(socket, () => this.facts.socketAddress?.(socket, tid), holder);
  }

  /** Who opened it: a task in the state it had then; `undefined` = not known. */
  openerOf(task: Task, { descriptor, sender }: Pick<OpenFile, 'descriptor' | 'sender'>): Task | undefined {
    if (sender === undefined) return this.openFiles.opener(task, descriptor);
    const { socket, process, descriptor: sent } = sender;
    if (socket === undefined) {
      const holder = this.find(process);
      return holder && this.openFiles.opener(holder, sent);
    }
    return this.peers.other({ socket, peer: this.facts.socketPeer?.(socket, task.tid) ?? 0, connector: process });
  }

  /** Be told of every event that was applied, including the entries that `taskOf` made. @returns a function that ends the subscription. */
  observe(listener: (event: StackEvent) => void): () => void {
    return this.#announcements.observe(listener);
  }

  /** A process event gives 0; a system call its return value. */
  apply(event: StackEvent): Result<number> {
    return applyEvent(this, event, (announced) => this.#announcements.announce(announced));
  }

  /** Notes the state that a `reset` brings back: to be called when the boot is over. */
  remember(): void {
    for (const { definition, module } of this.modules) {
      if (module.remember !== undefined) this.#remembered.set(definition.name, module.remember());
    }
    this.#remembered.set('audit', this.audit.host.remember());
  }

  /** Names of the modules that a `reset` brings back, and `audit`. */
  get remembers(): readonly string[] {
    return [...this.#remembered.keys()];
  }

  /** For the event `reset` alone. */
  bringBack(): void {
    for (const restore of this.#remembered.values()) restore();
  }

  /** The task's label as audit records show it: that of the first module that gives it one. */
  labelOf(task: Task): string | undefined {
    const [module] = this.hooks.having('taskGetsecid');
    const text = module && this.secids.text(module.hooks.taskGetsecid(task), module);
    return text === undefined || failed(text) ? undefined : text;
  }

  /** The task with this id, dead or alive; entered from outside when only the facts know it. */
  find(tid: Tid): Task | undefined {
    const known = this.tasks.findOrZombie(tid);
    if (known !== undefined) return known;
    const facts = this.facts.thread(tid);
    return facts && this.#enter({ tid, tgid: facts.tgid }, true);
  }
}
