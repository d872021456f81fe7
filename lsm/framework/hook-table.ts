/**
 * The hooks of modules: a row each, with the way it is called (hook-kinds.ts), its arguments, its answer and, where that is an error, its
 * default. What modules implement (`Hooks`) and how each hook may be called (hooks.ts) are derived from the rows.
 * Names and defaults follow include/linux/lsm_hook_defs.h. First the hooks that are called wherever modules run, then those of mediated
 * system calls; what these ask is derived in access/access.ts.
 */
import { E, type Errno, type Result } from '../../linux/errno.ts';
import type { Caller, UserNamespace } from '../../vfs/tree/caller.ts';
import type { GuardedFile, PathChange } from '../../vfs/tree/guarded.ts';
import type { AccessScope } from './access/access-scope.ts';
import { MEDIATED_HOOKS } from './access/hook-rows.ts';
import type { CriticalData } from './critical-data.ts';
import type { ExecFile } from './events.ts';
import type { FileUse, UseContext, UseNeeds, UseSettled } from './files/file-use.ts';
import type { FilesystemFacts, InodeFacts, MountLabels, NewInode, NewSecurity } from './files/inode.ts';
import type { FileMetadata, IntegrityStatus, KeptXattr, MadeChange, MetadataChange } from './files/metadata.ts';
import type { OpenDescriptor } from './files/open-descriptor.ts';
import { answering, collected, notified, refusing, selected, selectedOr, sleeping } from './hook-kinds.ts';
import type { AddedKey } from './keys/key-event.ts';
import type { Labelled, LabelRule } from './labels/label-rule.ts';
import type { Secid } from './labels/secid.ts';
import type { AttrName, ReadableAttr } from './module-facts.ts';
import type { Task } from './task.ts';

/** `caller`: who asks, with the capabilities that count and the names that audit records show. */
export const HOOKS = {
  /** Value of an attr file as the kernel would copy it out (SELinux: with NUL). */
  getprocattr: selectedOr<[reader: Task, target: Task, name: ReadableAttr, caller: Caller], Result<Uint8Array>>(
    E.EINVAL,
  ),
  /** Bytes consumed. */
  setprocattr: selectedOr<[task: Task, name: AttrName, value: Uint8Array, caller: Caller], Result<number>>(E.EINVAL),
  /** lsm_get_self_attr(2): the context without lsm_ctx header. Modules that answer with the default are skipped. */
  getselfattr: selectedOr<[task: Task, attr: number], Result<Uint8Array>>(E.EOPNOTSUPP),
  setselfattr: selectedOr<[task: Task, attr: number, value: Uint8Array, caller: Caller], Errno | undefined>(
    E.EOPNOTSUPP,
  ),
  /** lsm_unshare(2): on success the task is in a new namespace of the module. `value` is the context without lsm_ctx header. */
  unshare: selectedOr<[task: Task, value: Uint8Array, caller: Caller], Errno | undefined>(E.EOPNOTSUPP),
  /** May the task choose its default module? */
  taskSetDefault: refusing<[task: Task, caller: Caller]>(),
  /** The module's own number for the task's label. Equal numbers, equal labels. */
  taskGetsecid: selected<[task: Task], Secid>(),
  /** The label that a number of `taskGetsecid` stands for, without a terminator. EINVAL for any other number. */
  secidToSecctx: selected<[secid: Secid], Result<string>>(),

  /** May `tracer` inspect `target`? `mode` is PTRACE_MODE_READ 1 or PTRACE_MODE_ATTACH 2. */
  ptraceAccessCheck: refusing<[tracer: Task, target: Task, mode: number, caller: Caller]>(),
  /** May the task have its parent, with these credentials, trace it? */
  ptraceTraceme: refusing<[parent: Task, task: Task, parentCaller: Caller]>(),
  /** Which capabilities of a task capget(2) shows. `undefined` = all that it has. */
  capgetShown: collected<[target: Task], bigint | undefined>(),
  /** prctl(2). The default: not an option of this module's. */
  taskPrctl: answering<[task: Task, option: number, argument: number, caller: Caller], number>(E.ENOSYS),
  /** May this program be executed? Called before execve(2); the credentials change only at `bprmCommittedCreds`. */
  bprmCredsForExec: refusing<[task: Task, file: ExecFile, caller: Caller]>(),
  /** The same, after all modules have allowed it there. The program comes with its interpreters, for which a kernel calls it again. */
  bprmCheckSecurity: sleeping<[task: Task, file: ExecFile, caller: Caller]>(),
  /** Will the task, and its sockets, have the same label after it? Those of modules with `socketGetpeersec` that lack the hook may not. */
  bprmKeepsLabel: collected<[task: Task, file: ExecFile], boolean>(),
  /** Must a program that may be executed not trust its environment (AT_SECURE)? Without a record, which `bprmCredsForExec` makes. */
  bprmSecureexec: collected<[task: Task, file: ExecFile], boolean>(),
  /** What of the task decides about programs, unchanged while its label is. Equal numbers, equal decisions. `undefined` = more. */
  execSubject: collected<[task: Task], number | undefined>(),
  /** Before execve(2) is let go on, without a record: which inherited descriptors will be closed? */
  bprmClosedFiles: collected<[task: Task, file: ExecFile], readonly OpenDescriptor[]>(),
  /** exec succeeded: which of the inherited descriptors may the program not have? Called before the next. */
  bprmCommittingCreds: collected<[task: Task, file: ExecFile], readonly OpenDescriptor[]>(),
  /** exec succeeded: compute the new credentials. */
  bprmCommittedCreds: notified<[task: Task, file: ExecFile | undefined]>(),
  /** The task runs no more: what its credentials hold is let go. A kernel waits until it was reaped, which nobody tells us. */
  credFree: notified<[task: Task]>(),
  taskFree: notified<[task: Task]>(),
  /** May the caller do this (SYSLOG_ACTION) with the kernel's log? */
  syslog: refusing<[task: Task, action: number, caller: Caller]>(),
  /** keyctl(2) KEYCTL_GET_SECURITY of a key that a task in this state has made: its label as copied out to `reader`. */
  keyGetsecurity: answering<[maker: Task, reader: Task], Uint8Array>(E.EOPNOTSUPP),
  /** A key is in a keyring of this name now. */
  keyPostCreateOrUpdate: notified<[task: Task, key: AddedKey, caller: Caller]>(),
  /** Data of another module, or of the kernel, may have changed (ima_measure_critical_data()). `caller`: who changed it. */
  criticalData: notified<[data: CriticalData, caller: Caller]>(),
  /** Is there such a part of labels? An error where audit may not have the rule. */
  auditRuleInit: collected<[rule: LabelRule], Result<boolean>>(),
  /** Does the label have it? */
  auditRuleMatch: collected<[rule: LabelRule, labelled: Labelled], boolean>(),

  /**
   * SO_PEERSEC of a stream socket whose peer is this task, or was when they connected: the label as copied out to
   * `reader`. `undefined` = the socket is not connected.
   */
  socketGetpeersec: answering<[peer: Task | undefined, reader: Task], Uint8Array>(E.ENOPROTOOPT),

  /** What of the task the mediated hooks decide by, as a text; an error when that cannot be said. A module with such hooks has this one. */
  accessSubject: collected<[task: Task, caller: Caller], Result<string>>(),
  /** What of files the mediated hooks decide by, for all tasks with the same subject. Without it by everything. */
  accessScope: collected<[task: Task, caller: Caller], AccessScope>(),
  /**
   * What of a task the mediated hooks decide by when it is the object, also of its entries in /proc, unchanged while its label is.
   * `undefined` = more.
   */
  accessObject: collected<[task: Task], string | undefined>(),
  /** path_mkdir and its relatives, for files of emulated filesystems; `path` from the root. */
  pathChange: refusing<[task: Task, file: GuardedFile, change: PathChange, caller: Caller]>(),
  /** What must be known of an ordinary file to decide about this use; `undefined` = nothing is to be decided. Changes nothing. */
  useNeeds: collected<[task: Task, use: FileUse, context: UseContext], UseNeeds | undefined>(),
  /** Need this use not be decided again? A module that has `fileUse` has this one, or each use is decided. */
  useSettled: collected<[task: Task, use: FileUse, context: UseContext], UseSettled>(),
  /** An ordinary file is used: may it be? */
  fileUse: refusing<[task: Task, use: FileUse, context: UseContext]>(),
  /** Owner or mode of a file are about to be changed. Attributes are asked about by `inodeSetxattr` and `inodeRemovexattr`. */
  metadataSetattr: refusing<[task: Task, file: FileMetadata, change: MetadataChange, caller: Caller]>(),
  /** The metadata of a file were changed: what is to be stored with it. Attributes by stored names. */
  metadataChanged: collected<[file: FileMetadata, made: MadeChange], readonly KeptXattr[]>(),
  /** Were they last changed by somebody who may? Attributes as the user namespace sees them, but none of the host's own of this module. */
  metadataVerify: collected<[file: FileMetadata, userNamespace: UserNamespace | undefined], IntegrityStatus>(),
  /** They are: what is to be stored in place of what has proved it. */
  metadataVerified: collected<[file: FileMetadata, userNamespace: UserNamespace | undefined], KeptXattr | undefined>(),
  /** Value of a security attribute of an ordinary file, with the check whether it may be read. The default: what is stored. */
  inodeGetsecurity: answering<[task: Task, inode: InodeFacts, name: string, caller: Caller], Uint8Array>(E.EOPNOTSUPP),
  /** Label of a file as audit records show it, without a check: security_inode_getlsmprop(). The default: it has none yet. */
  inodeGetsecctx: answering<[task: Task, inode: InodeFacts], string>(E.EOPNOTSUPP),
  inodeSetxattr: refusing<[task: Task, inode: InodeFacts, name: string, value: Uint8Array, caller: Caller]>(),
  /** What the attribute is called where it is stored, for this task. The default: the same. */
  inodeStoredName: answering<[task: Task, name: string, caller: Caller], string>(E.EOPNOTSUPP),
  /** What this caller knows an attribute by that is stored under this name; empty = it does not see it. The default: the same. */
  inodeVisibleName: answering<[task: Task, stored: string, caller: Caller], string>(E.EOPNOTSUPP),
  /** What is stored for a value of an attribute, or label option, that may be set. The default: the same. */
  inodeStoredValue: answering<[task: Task, name: string, value: Uint8Array, caller: Caller], Uint8Array>(E.EOPNOTSUPP),
  /** The filesystem cannot store the attribute, so the module is to remember it. */
  inodeSetsecurity: refusing<[task: Task, inode: InodeFacts, name: string, value: Uint8Array]>(),
  inodeRemovexattr: refusing<[task: Task, inode: InodeFacts, name: string, caller: Caller]>(),
  /** Attributes that every file has, whether stored or not. */
  inodeListsecurity: collected<[task: Task], readonly string[]>(),
  /** Attributes to be stored with a new file, by their stored names, as far as they are not what it would be taken for without them. */
  inodeInitSecurity: collected<[task: Task, directory: InodeFacts, made: NewInode], NewSecurity>(),

  /** A label option of a superblock to come; `before` were taken. */
  fsContextParseParam: refusing<[task: Task, before: MountLabels, name: string, value: string]>(),
  /** Label options of a new superblock, each of which was taken. */
  sbSetMntOpts: refusing<[task: Task, type: string, labels: MountLabels, caller: Caller]>(),
  /** Options of a superblock that mount tables show. */
  sbShowOptions: collected<[task: Task, filesystem: FilesystemFacts], readonly string[]>(),
  /** Label options of a remount, each of which was taken. */
  sbRemount: refusing<[task: Task, filesystem: FilesystemFacts, labels: MountLabels]>(),

  ...MEDIATED_HOOKS,
};

type HookTable = typeof HOOKS;

/** What a module implements. One that is absent is not called. */
export type Hooks = { readonly [Name in keyof HookTable]?: NonNullable<HookTable[Name]['hook']> };

/** Hooks of a kind. */
export type HookOf<Kind extends HookTable[keyof HookTable]['kind']> = {
  [Name in keyof HookTable]: HookTable[Name]['kind'] extends Kind ? Name : never;
}[keyof HookTable];

export type HookArguments<Name extends keyof Hooks> = Parameters<NonNullable<Hooks[Name]>>;
export type HookAnswer<Name extends keyof Hooks> = ReturnType<NonNullable<Hooks[Name]>>;
