/**
 * What the framework does for modules.
 */
import type { Result } from '../../linux/errno.ts';
import type { Tid } from '../../linux/ids.ts';
import type { InodeNumbers } from '../../vfs/pseudo/index.ts';
import type { Caller, UserNamespace } from '../../vfs/tree/caller.ts';
import type { Changes } from '../../vfs/tree/changes.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { OpenFile } from './access/file-access.ts';
import type { IpcObject } from './access/ipc-access.ts';
import type { KeyMakers } from './access/key-makers.ts';
import type { PathAutomata } from './access/path-automaton.ts';
import type { LoginSession } from './audit/subject.ts';
import type { BootConfig } from './config.ts';
import type { CriticalData } from './critical-data.ts';
import type { Digests, KernelLog, ThreadFacts, Zstd } from './facts.ts';
import type { UsedFile, UseHook } from './files/file-use.ts';
import type { InodeFacts } from './files/inode.ts';
import type { MetadataVerdict } from './files/metadata.ts';
import type { MakeOwnEntries } from './filesystem-type.ts';
import type { Keyring, Keyrings } from './keys/keyring.ts';
import type { Claim } from './labels/claims.ts';
import type { Labelled, LabelRule } from './labels/label-rule.ts';
import type { SharedImages } from './shared-images.ts';
import type { Task, TaskBlob } from './task.ts';
import type { Tpm } from './tpm/tpm.ts';

/** The framework's functions for a module. */
export interface ModuleHost {
  readonly config: BootConfig;
  readonly log: KernelLog;
  readonly zstd?: Zstd;
  /** Where modules look before they parse an image, and leave what they parsed. */
  readonly shared?: SharedImages;
  readonly digests: Digests;
  /** Absent: the machine has none. */
  readonly tpm?: Tpm;
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
  /** Numbers for access scopes. */
  readonly pathAutomata: Pick<PathAutomata, 'numberOf'>;
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
  /** The same of a pipe, an io_uring, a userfaultfd, or memory of memfd_create(2). */
  namelessMaker(ino: number, tid: Tid): Task | undefined;
  /**
   * Who opened what the task has open: a task in the state it had then; the task itself where nothing else is known. Of
   * what it is about to get, `undefined` where that is not known.
   */
  openerOf(task: Task, opened: Pick<OpenFile, 'descriptor' | 'sender'>): Task | undefined;
  /** Who made the System V IPC object: a task in the state it had then; `undefined` = not known. */
  ipcMaker(object: IpcObject): Task | undefined;
  /** Who made, or opened last, what a mediated hook names, a network interface say: as above. */
  namedMaker(name: string): Task | undefined;
  /** Keys with their makers: as above. */
  readonly keyMakers: () => Pick<KeyMakers, 'find' | 'search'>;
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
  /** What all modules have in the securityfs of a user namespace beside what its maker has. */
  readonly ownEntries: MakeOwnEntries;
  /**
   * Where the task was seen last; `undefined` = in the initial one.
   * @param caller the task itself: where it says it is now counts, unless nobody can say, or being held would end what rules say of it.
   */
  userNamespaceOf(task: Task, caller?: Pick<Caller, 'userNamespace'>): UserNamespace | undefined;
  /** The task's label as audit records show it; `undefined` where no module gives tasks any. */
  labelOf(task: Task): string | undefined;
  /** The login that the task belongs to; (u32)-1 twice for none. */
  loginOf(task: Task): LoginSession;
  /** Has data measured that may have changed. */
  measureCriticalData(data: CriticalData, caller: Caller): void;
  /** Does a module know such a part of labels? */
  labelRuleKnown(rule: LabelRule): boolean;
  /** Does a module say that the label has it? */
  labelRuleMatches(rule: LabelRule, labelled: Labelled): boolean;
  /** Asks for reports of uses of ordinary files (`fileUse`); without that there are none. */
  watchFiles(): void;
  /** Has a file read for a task, with its rights, and decided about by this hook. `done` is called later, or at once. */
  readFile(hook: UseHook, path: string, caller: Caller, done: (content: Result<Uint8Array>) => void): void;
  /** Public keys that signatures are verified with: the keyring with this name, the same for every module. */
  keyring(name: string): Keyring;
  /** The kernel's own keyrings, what is refused for good, and what was there when the kernel booted. */
  readonly kernelKeys: Pick<Keyrings, 'kernelRing' | 'isBlacklisted' | 'isRevoked' | 'atBoot'>;
  /**
   * Gives a file a security attribute while a use of it is decided (`fileUse`), and what another module keeps beside it.
   * @param value in latin-1. @returns the attributes that the file has then.
   */
  storeXattr(file: UsedFile, name: string, value: string): InodeFacts['xattrs'];
  /** What an attribute is called where it is stored, for this caller. */
  storedName(name: string, caller: Caller): string;
  /** From now on the module is to be asked before and after changes of the metadata of ordinary files: nobody asks before. */
  guardMetadata(): void;
  /** Does any module guard them at present? */
  metadataGuarded(): boolean;
  /**
   * What the module that guards metadata says of a file that is used; `unknown` where there is none.
   * @param file with the attributes that the namespace sees. @param userNamespace absent: the initial one.
   */
  metadataVerdict(file: UsedFile, userNamespace?: UserNamespace): MetadataVerdict;
  /**
   * The decrypted payload of the key of type `encrypted` with this description, as the caller finds it; those of a user
   * namespace are its own.
   */
  encryptedKey(description: string, caller: Caller): Uint8Array | undefined;
}
