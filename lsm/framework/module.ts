/**
 * The contract between a security module and the framework.
 *
 * A module declares itself (ModuleDefinition), is created at boot if the ordering rules admit it, and from then on is
 * called only through its hooks and its filesystems. Modules never import each other; the framework never names one. Hook
 * names and default values follow include/linux/lsm_hook_defs.h; stop rules are in hooks.ts.
 */

import type { Errno, Result } from '../../linux/errno.ts';
import type { Tid } from '../../linux/ids.ts';
import type { InodeNumbers } from '../../vfs/pseudo/index.ts';
import type { Caller, UserNamespace } from '../../vfs/tree/caller.ts';
import type { Changes } from '../../vfs/tree/changes.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { GuardedFile, PathChange } from '../../vfs/tree/guarded.ts';
import type { Directory, DirectoryEntry } from '../../vfs/tree/node.ts';
import type { AccessHooks } from './access/access.ts';
import type { IpcObject } from './access/ipc-access.ts';
import type { BootConfig } from './config.ts';
import type { ExecFile } from './events.ts';
import type { Digests, KernelLog, ThreadFacts, Zstd } from './facts.ts';
import type { FileUse, UseContext, UsedFile, UseNeeds } from './files/file-use.ts';
import type {
  FilesystemFacts,
  InodeFacts,
  MountLabels,
  MountOptionNames,
  NewInode,
  NewSecurity,
} from './files/inode.ts';
import type { ListTold } from './files/measurement-list.ts';
import type { AttributeChange, FileMetadata, IntegrityStatus, KeptXattr } from './files/metadata.ts';
import type { HostSide } from './host-side.ts';
import type { ModuleInspection } from './inspection/inspection.ts';
import type { RefusalAsked, WhyProblem, WhyRequest, WhyTold } from './inspection/why.ts';
import type { Keyring } from './keys/keyring.ts';
import type { Claim } from './labels/claims.ts';
import type { Secid } from './labels/secid.ts';
import type { Task, TaskBlob } from './task.ts';

/** LSM_ID_* of include/uapi/linux/lsm.h; also what lsm_list_modules(2) returns. */
export type ModuleId = number;

/** The six names of /proc/<pid>/attr, with their LSM_ATTR_* numbers in attr.ts. */
export type AttrName = 'current' | 'prev' | 'exec' | 'fscreate' | 'keycreate' | 'sockcreate';

/** `context`: `current` as it stands in a compound label, without the decoration it has in a file of its own. */
export type ReadableAttr = AttrName | 'context';

/** Constants of a module in the kernel's build; the values are in lsm/known-modules.ts. */
export interface ModuleFacts {
  /** Name in `lsm=`: `selinux`, `yama`, ... */
  readonly name: string;
  readonly id: ModuleId;
  readonly order: 'first' | 'mutable' | 'last';
  /** Of no released kernel: every build has it in profile `talk`, none in the others. */
  readonly proposed?: true;
  /** One of the modules that `security=` chooses between. */
  readonly legacyMajor: boolean;
  /** At most one exclusive module is enabled. */
  readonly exclusive: boolean;
  /** It labels tasks: it can be a task's default module and has a part in compound labels. */
  readonly labelling?: true;
  /** It labels ordinary files. */
  readonly labelsFiles?: true;
  /** Exclusive resources that it claims (claims.ts). */
  readonly claims?: readonly Claim[];
  /** File names in /proc/<pid>/attr/<name>/, if the module has that directory; it exists whenever the module is compiled in. */
  readonly attrDirectory?: readonly AttrName[];
  /** The same in profiles other than `mainline`, for a module that has no such directory in mainline. */
  readonly addedAttrDirectory?: readonly AttrName[];
  /** The filesystem type that a kernel has registered exactly if it runs the module. */
  readonly filesystem?: ModuleFilesystem;
  /** Audit record types of its own, with libaudit's names (msg_typetab). */
  readonly auditRecords?: readonly (readonly [type: number, name: string])[];
  /** It explains its decisions. */
  readonly explains?: {
    /** Names of the words that a question begins with at least. */
    readonly words: readonly string[];
    /** Each task has a policy that is its own, or its namespace's. */
    readonly perTask?: true;
    /** The attribute with a file's label: for the second and third word, a label and a class, the path of a file may stand. */
    readonly fileLabel?: string;
    /** The first word is the path of a file, about which the question has what rules may compare (`WhyRequest.file`). */
    readonly fileFacts?: true;
  };
  readonly host?: HostSide;
}

/** Constants of a module's filesystem type. */
export interface ModuleFilesystem {
  readonly type: string;
  /** Where distributions mount it. */
  readonly mountPoint: string;
  /** Types that /proc/filesystems has just before it, the nearest first; it comes after the first that there is. */
  readonly registeredAfter: readonly string[];
  /** It has device nodes that are to work. */
  readonly devices?: true;
  /** Writing to one of its files may change the label of who writes. */
  readonly relabelsWriter?: true;
}

export interface ModuleDefinition extends ModuleFacts {
  /** Its own enable switch (`selinux=0`); absent = always enabled. */
  enabled?(config: BootConfig): boolean;
  /** Absent = known but not implemented here: it takes part in ordering and does nothing. */
  create?(host: ModuleHost): Module;
  /** /sys/module/<name> of a kernel that has the module compiled in but does not run it. Absent = there is no such directory. */
  inactiveParameters?(numbers: InodeNumbers, time: bigint): Directory;
  /** As `explain` of {@link Module}, by a file with a policy. @param name the file's, for people. */
  explainFile?(image: Uint8Array, name: string, request: WhyRequest): WhyTold | WhyProblem;
  /** Takes a measurement list in binary form apart. @param verify also computes its digests, and the registers that attest it. */
  readMeasurementList?(list: Uint8Array, verify: boolean, digests: Digests): ListTold | WhyProblem;
  /**
   * What to ask about a refusal, or about an access that only permissive mode let through, that an audit record tells
   * of. `undefined`: the record is none of this module's, or of no refusal; a problem: nobody can be asked about it.
   * @param type of the record, by libaudit's name.
   * @param text without type and stamp; bytes as characters.
   */
  refusal?(type: string, text: string): RefusalAsked | undefined;
}

/** The framework's functions for a module. */
export interface ModuleHost {
  readonly config: BootConfig;
  readonly log: KernelLog;
  readonly zstd?: Zstd;
  readonly digests: Digests;
  /** Reserve per-task state. The core allocates, copies at fork and frees it. */
  taskBlob<T>(name: string, blob: { initial(): T; fork(parent: T): T }): TaskBlob<T>;
  /** Inode numbers of securityfs. */
  readonly securityfsNumbers: InodeNumbers;
  /** Inode numbers of /proc/sys. */
  readonly sysctlNumbers: InodeNumbers;
  /** Inode numbers of /sys/module. */
  readonly parameterNumbers: InodeNumbers;
  /** Change announcements of securityfs, for modules that have nodes there. */
  readonly securityfsChanges: Changes;
  /** Seconds since the epoch. While a log is replayed, it is boot time. */
  now(): number;
  /** The task behind a caller (created as an outsider when unknown). */
  taskOf(caller: Caller): Task;
  /** The task with this thread id; if only the host knows it, it is entered into the table. */
  findTask(tid: Tid): Task | undefined;
  /**
   * Who made the socket with this inode number that the task with this thread id has open: a task in the state it had
   * then, which is in no table.
   */
  socketMaker(socket: number, tid: Tid): Task | undefined;
  /** Who made the System V IPC object: a task in the state it had then; `undefined` = not known. */
  ipcMaker(object: IpcObject): Task | undefined;
  /** What is known of a thread at present. */
  threadFacts(tid: Tid): ThreadFacts | undefined;
  /** The tracer of this task, if any. */
  tracerOf(task: Task): Task | undefined;
  /** Every task there is. */
  tasks(): Iterable<Task>;
  /** Is this module the owner of an exclusive resource? Known after boot. */
  owns(claim: Claim): boolean;
  /** Sends SIGKILL; not while a log is replayed. */
  kill(task: Task): void;
  /** To be called when an instance of a filesystem is only held by existing mounts. */
  unused(filesystem: Filesystem): void;
  /** Where the task was seen last; `undefined` = in the initial one. */
  userNamespaceOf(task: Task): UserNamespace | undefined;
  /** The task's label as audit records show it; `undefined` where no module gives tasks any. */
  labelOf(task: Task): string | undefined;
  /** Asks for reports of uses of ordinary files (`fileUse`); without that there are none. */
  watchFiles(): void;
  /** Public keys that signatures are verified with: the keyring with this name, the same for every module. */
  keyring(name: string): Keyring;
  /**
   * Gives a file a security attribute while a use of it is decided (`fileUse`), and what another module keeps beside it.
   * @param value in latin-1. @returns the attributes that the file has then.
   */
  storeXattr(file: UsedFile, name: string, value: string): InodeFacts['xattrs'];
  /** From now on the module is to be asked before and after changes of the metadata of ordinary files: nobody asks before. */
  guardMetadata(): void;
  /** Does any module guard them at present? */
  metadataGuarded(): boolean;
  /** What the module that guards metadata says of a file that is used; `unknown` where there is none. */
  metadataVerdict(file: UsedFile): IntegrityStatus;
  /** The decrypted payload of the key of type `encrypted` with this description, as the caller finds it. */
  encryptedKey(description: string, caller: Caller): Uint8Array | undefined;
}

/** A key that add_key(2) has made. */
export interface AddedKey {
  /** Description of the keyring. */
  readonly ring: string;
  /** `asymmetric`, `user`, ... */
  readonly type: string;
  readonly payload: Uint8Array;
}

/** A socket as modules know it that decide by kinds of sockets: numbers of socket(2). */
export interface SocketKind {
  readonly family: number;
  readonly type: number;
}

/** A filesystem type that can be mounted, with one instance or several. */
export interface FilesystemType {
  /** What a mount by this caller shows; the same instance is the same object. */
  mount(caller: Caller): Result<Filesystem>;
  /** Administrators of user namespaces may mount it (FS_USERNS_MOUNT). */
  readonly inUserNamespaces?: boolean;
  /** The instance with this number (`Filesystem.instance`), if it exists. Absent = there is only one. */
  instance?(number: number): Filesystem | undefined;
  /** The last mount of this instance has ended. */
  released?(filesystem: Filesystem): void;
}

export interface Module {
  readonly hooks: Hooks;
  /** Security attributes of ordinary files that it decides about; one that ends with a dot stands for all that begin like this. */
  readonly xattrs?: readonly string[];
  /** Those of `xattrs` that follow the content of files: writing makes them anew, which is done when somebody looks. */
  readonly contentXattrs?: readonly string[];
  /** Attributes beside `xattrs` whose changes it is asked about while it guards metadata. */
  readonly guardedXattrs?: readonly string[];
  /** It may come to guard metadata: such a world is told of chmod(2) and chown(2). */
  readonly guardsMetadata?: boolean;
  /** Label options of mounts that it takes. Its hooks about them are called for those of others too, which they leave alone. */
  readonly mountOptions?: MountOptionNames;
  /** New files can get labels from boot on; absent = only after something was written to one of its filesystems (a policy). */
  readonly labelsFilesFromBoot?: true;
  /** It looks at `argv` and `linkPath` of programs that are executed, which cost a world time to find out. */
  readonly wantsExecDetails?: true;
  /** Filesystem types the module registers, by name. */
  readonly filesystems?: ReadonlyMap<string, FilesystemType>;
  /** Entries in the root of securityfs. */
  readonly securityfs?: readonly DirectoryEntry[];
  /** Entries in its directory `integrity`, which several modules share. */
  readonly integrity?: readonly DirectoryEntry[];
  /** What user namespaces mount as securityfs; absent = nothing. One module at most has it. */
  readonly ownSecurityfs?: FilesystemType;
  /** Sysctls: path below /proc/sys (`kernel/yama/ptrace_scope`) to file node. */
  readonly sysctls?: ReadonlyMap<string, DirectoryEntry['node']>;
  /** The directory /sys/module/<name>. */
  readonly parameters?: Directory;
  /**
   * Why something is allowed or denied at present, to this task; absent = to the first ones. Asking changes nothing: no
   * check, no count, no record.
   */
  readonly explain?: (request: WhyRequest, task?: Task) => WhyTold | WhyProblem;
  /**
   * A measurement list in the binary form that its file has: its own, or that of the namespace with this name (see
   * `inspect`). `undefined` = there is none.
   */
  readonly measurementList?: (namespace?: string) => Uint8Array | undefined;
  /** Its state at present, for people, and how these tasks are spread over its namespaces, if there are any. Looking changes nothing. */
  readonly inspect?: (tasks: readonly Task[]) => ModuleInspection | undefined;
}

/** One that runs. */
export interface BootedModule {
  readonly definition: ModuleDefinition;
  readonly module: Module;
}

/**
 * Hook table. An absent hook is not called; its default value is in hooks.ts. What system calls do to files is asked of
 * those in access.ts.
 */
export interface Hooks extends AccessHooks {
  /**
   * Value of an attr file as the kernel would copy it out (SELinux: with NUL). `caller` is the reader as audit records
   * show it. Default EINVAL.
   */
  getprocattr?(reader: Task, target: Task, name: ReadableAttr, caller: Caller): Result<Uint8Array>;
  /** Bytes consumed. `caller` supplies capabilities. Default EINVAL. */
  setprocattr?(task: Task, name: AttrName, value: Uint8Array, caller: Caller): Result<number>;
  /** lsm_get_self_attr(2): the context without lsm_ctx header. Default EOPNOTSUPP (= skipped). */
  getselfattr?(task: Task, attr: number): Result<Uint8Array>;
  setselfattr?(task: Task, attr: number, value: Uint8Array, caller: Caller): Errno | undefined;
  /**
   * lsm_unshare(2): on success the task is in a new namespace of the module. `value` is the context without lsm_ctx
   * header. Default EOPNOTSUPP.
   */
  unshare?(task: Task, value: Uint8Array, caller: Caller): Errno | undefined;
  /** May the task choose its default module? Default: yes. */
  taskSetDefault?(task: Task, caller: Caller): Errno | undefined;
  /** The module's own number for the task's label. Equal numbers, equal labels. */
  taskGetsecid?(task: Task): Secid;
  /** The label that a number of `taskGetsecid` stands for, without a terminator. EINVAL for any other number. */
  secidToSecctx?(secid: Secid): Result<string>;
  /** May `tracer` inspect `target`? `mode` is PTRACE_MODE_READ 1 or PTRACE_MODE_ATTACH 2. Default: allowed. */
  ptraceAccessCheck?(tracer: Task, target: Task, mode: number, caller: Caller): Errno | undefined;
  /** May the task have its parent, with these credentials, trace it? */
  ptraceTraceme?(parent: Task, task: Task, parentCaller: Caller): Errno | undefined;
  /** prctl(2). Default ENOSYS (= not an option of this module's). */
  taskPrctl?(task: Task, option: number, argument: number, caller: Caller): Result<number>;
  /**
   * SO_PEERSEC of a stream socket whose peer is this task, or was when they connected: the label as copied out to
   * `reader`. `undefined` = the socket is not connected. Default ENOPROTOOPT.
   */
  socketGetpeersec?(peer: Task | undefined, reader: Task): Result<Uint8Array>;
  /** May this program be executed? Called before execve(2); the credentials change only at `bprmCommittedCreds`. */
  bprmCredsForExec?(task: Task, file: ExecFile, caller: Caller): Errno | undefined;
  /** exec succeeded: compute the new credentials. */
  bprmCommittedCreds?(task: Task, file: ExecFile | undefined): void;
  /** The task runs no more: what its credentials hold is let go. A kernel waits until it was reaped, which nobody tells us. */
  credFree?(task: Task): void;
  taskFree?(task: Task): void;
  /** A key is in a keyring of this name now. */
  keyPostCreateOrUpdate?(task: Task, key: AddedKey, caller: Caller): void;
  /** getsockopt(2) for an option about the other end. */
  socketGetsockopt?(task: Task, socket: SocketKind, caller: Caller): Errno | undefined;
  /**
   * What of the task the hooks of access.ts decide by, as a text; an error when that cannot be said. A module that has
   * such hooks has this one, or nobody asks it about ordinary files.
   */
  accessSubject?(task: Task, caller: Caller): Result<string>;
  /** path_mkdir and its relatives, for files of emulated filesystems; `path` from the root. */
  pathChange?(task: Task, file: GuardedFile, change: PathChange, caller: Caller): Errno | undefined;
  /**
   * What must be known of an ordinary file before this use of it can be decided; `undefined` = nothing is to be
   * decided. Changes nothing.
   */
  useNeeds?(task: Task, use: FileUse, context: UseContext): UseNeeds | undefined;
  /** An ordinary file is used: may it be? */
  fileUse?(task: Task, use: FileUse, context: UseContext): Errno | undefined;
  /** Owner or mode of a file are about to be changed. Attributes are asked about by `inodeSetxattr` and `inodeRemovexattr`. */
  metadataSetattr?(task: Task, file: FileMetadata, change: AttributeChange, caller: Caller): Errno | undefined;
  /** The metadata of a file were changed: what is to be stored with it; `undefined` = nothing. */
  metadataChanged?(file: FileMetadata): KeptXattr | undefined;
  /** Are they what they were when they were last changed by somebody who may? */
  metadataVerify?(file: FileMetadata): IntegrityStatus;
  /** Value of a security attribute of an ordinary file, with the check whether it may be read. Default EOPNOTSUPP (= what is stored). */
  inodeGetsecurity?(task: Task, inode: InodeFacts, name: string, caller: Caller): Result<Uint8Array>;
  inodeSetxattr?(task: Task, inode: InodeFacts, name: string, value: Uint8Array, caller: Caller): Errno | undefined;
  /** What the attribute is called where it is stored, for this task. Default EOPNOTSUPP (= the same). */
  inodeStoredName?(task: Task, name: string, caller: Caller): Result<string>;
  /** What this caller knows an attribute by that is stored under this name; empty = it does not see it. Default EOPNOTSUPP (= the same). */
  inodeVisibleName?(task: Task, stored: string, caller: Caller): Result<string>;
  /** The filesystem cannot store the attribute, so the module is to remember it. */
  inodeSetsecurity?(task: Task, inode: InodeFacts, name: string, value: Uint8Array): Errno | undefined;
  inodeRemovexattr?(task: Task, inode: InodeFacts, name: string, caller: Caller): Errno | undefined;
  /** Attributes that every file has, whether stored or not. */
  inodeListsecurity?(task: Task): readonly string[];
  /** Attributes to be stored with a new file, by their stored names, as far as they are not what it would be taken for without them. */
  inodeInitSecurity?(task: Task, directory: InodeFacts, made: NewInode): NewSecurity;
  /** A label option of a superblock to come; `before` were taken. */
  fsContextParseParam?(task: Task, before: MountLabels, name: string, value: string): Errno | undefined;
  /** Label options of a new superblock, each of which was taken. */
  sbSetMntOpts?(task: Task, type: string, labels: MountLabels, caller: Caller): Errno | undefined;
  /** May the caller do this (SYSLOG_ACTION) with the kernel's log? */
  syslog?(task: Task, action: number, caller: Caller): Errno | undefined;
  /** Options of a superblock that mount tables show. */
  sbShowOptions?(task: Task, filesystem: FilesystemFacts): readonly string[];
  /** Label options of a remount, each of which was taken. */
  sbRemount?(task: Task, filesystem: FilesystemFacts, labels: MountLabels): Errno | undefined;
}
