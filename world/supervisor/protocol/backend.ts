/**
 * The functions of the daemon's main thread that supervisor threads call by questions.
 *
 * Model: each listener has a worker thread that blocks in an ioctl and answers most system calls by itself. Decisions of
 * the emulated stack are made in the daemon's main thread, where these functions run without blocking: results that
 * take longer are promises. `drain` runs before each of the others, so that they see every fork and exec that happened
 * before the call.
 */

import type { OpenedFileContexts } from '../../../host/files/selabel.ts';
import type { Errno, Result } from '../../../linux/errno.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { AccessVerdict } from '../../../lsm/framework/access/access-decisions.ts';
import type { AccessScope } from '../../../lsm/framework/access/access-scope.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import type { AccessedKey, KeyNote } from '../../../lsm/framework/access/key-access.ts';
import type { AutomatonTables } from '../../../lsm/framework/access/path-automaton.ts';
import type { LookUp } from '../../../lsm/framework/audit/paths.ts';
import type { ExecFile, IpcEvent, MakerEvent, TaskId } from '../../../lsm/framework/events.ts';
import type { FileSecurity } from '../../../lsm/framework/files/files.ts';
import type { InodeClass, InodeFacts, MountLabels } from '../../../lsm/framework/files/inode.ts';
import type { LayeredMount } from '../../../lsm/framework/files/layers.ts';
import type { MetadataIntegrity } from '../../../lsm/framework/files/metadata-integrity.ts';
import type { OpenDescriptor, Refused } from '../../../lsm/framework/files/open-descriptor.ts';
import type { KeyCalls } from '../../../lsm/framework/keys/key-calls.ts';
import type { KeyChange } from '../../../lsm/framework/keys/key-event.ts';
import type { LsmSyscalls, SetSelfAttrInput, UnshareInput } from '../../../lsm/framework/syscalls.ts';
import type { Decision, WaitingDecision } from '../../../lsm/framework/waiting-decision.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { SyslogAnswer, SyslogRequest } from '../../kernel-files/kmsg/syslog.ts';
import type { ModeRefusal } from '../../mode-refusal.ts';
import type { ProcessCall } from '../../tracking/tracker.ts';
import type { FileMadeQuestion, FileUseQuestion, LateVerdict, UseVerdict } from '../uses/reported-use.ts';
import type { AuditedCallsBackend } from './audited-call.ts';
import type { ExecInDoubt } from './exec-in-doubt.ts';

/** A question about the label of a socket's peer. */
export interface PeerQuestion {
  /** SO_PEERSEC, SO_PEERCONTEXT. */
  readonly what: 'label' | 'context';
  /** The caller's socket: domain, type and protocol of socket(2), and its inode number. */
  readonly family: number;
  readonly type: number;
  readonly socket: number;
  /** True when sockets of this kind have peer labels. */
  readonly labelled: boolean;
  /** Mediated: the modules were asked whether the option may be read. */
  readonly asked?: true;
  /**
   * Absent = the socket is not connected. `connector`: process that SO_PEERCRED names; `address` as
   * lsm/framework/labels/peers.ts has it.
   */
  readonly peer?: { readonly connector: Tgid; readonly address?: string };
}

/** A file whose owner and mode have refused a thread. */
export interface RefusedByMode extends Pick<ModeRefusal, 'path' | 'wanted'> {
  readonly tid: Tid;
}

/** What is kept of a superblock that the world mounted. */
export interface MountedSuperblock {
  /** Empty = none were given. */
  readonly labels: MountLabels;
  /** Of a filesystem of this type: attributes that its root has by who mounted it, name to value (latin-1). */
  readonly root?: { readonly type: string; readonly xattrs: Readonly<Record<string, string>> };
  readonly layers?: LayeredMount;
  /** false = detached: mountinfo does not list it yet. */
  readonly attached: boolean;
}

export interface SuperblockMemory {
  /** Adds the daemon's facts: label options of the mount, attributes kept in memory. */
  complete(inode: InodeFacts, device: string): InodeFacts;
  options(device: string): MountLabels;
  /** Of one with layers that was mounted in the world. */
  layers(device: string): LayeredMount | undefined;
  mounted(device: string, made: MountedSuperblock): void;
  attached(device: string): void;
  keep(inode: InodeFacts, device: string, name: string, value: string): void;
  /** Forgets an attribute kept in memory. @returns whether there was one. */
  drop(inode: InodeFacts, device: string, name: string): boolean;
  /** Forgets the attributes kept for a former file with this inode number. */
  forget(inode: InodeFacts, device: string): void;
  /** Devices with files whose attributes are kept in memory. */
  keeping(): readonly string[];
  /** To be called before a superblock is made, which may reuse a device number. */
  forgetUnmounted(): void;
}

/** A call on an audit socket. */
export interface AuditSocketCall {
  readonly tid: Tid;
  /** Inode number of the socket. */
  readonly socket: number;
  readonly args: readonly bigint[];
  /** struct sockaddr_nl, latin-1; absent = the call has none. */
  readonly address?: string;
}

/** What a struct sockaddr_nl names: a socket, and a bit for each multicast group. */
export interface AuditPlace {
  readonly port: number;
  readonly groups: number;
}

/** An audit socket as netlink(7) shows it. */
export interface AuditSocketState extends AuditPlace {
  /** SOCK_RAW or SOCK_DGRAM. */
  readonly type: number;
  /** Who made it, or sent by it last, is in a container that has an audit of its own. */
  readonly contained: boolean;
  /** Of the groups that it knows of; 0 until one was named. */
  readonly groupCount: number;
  readonly peer: AuditPlace;
  /** Options of level SOL_NETLINK that are set. */
  readonly options: readonly number[];
}

/** Whom a signal is sent to, by numbers of our pid namespace. */
export type SignalReceivers =
  /** @member process that it is to be in (tgkill(2)). */
  { readonly task: Tid; readonly process?: Tid | undefined } | { readonly group: number } | 'everybody';

/** The world's ends of audit sockets. */
export interface AuditBackend {
  /** A descriptor of the program's end; the taker closes it. */
  open(caller: Caller, type: number, nonBlocking: boolean): Result<number>;
  /** `undefined` = it is none of ours. */
  state(socket: number): AuditSocketState | undefined;
  bind(call: AuditSocketCall & AuditPlace, caller: Caller): Errno | undefined;
  connect(call: AuditSocketCall & AuditPlace, caller: Caller): Errno | undefined;
  setOption(
    call: AuditSocketCall & { readonly option: number; readonly value: number },
    caller: Caller,
  ): Errno | undefined;
  send(
    call: AuditSocketCall & { readonly data: Uint8Array; readonly groups: number; readonly paths: readonly LookUp[] },
    caller: Caller,
  ): Errno | undefined;
  /** The caller sends one of the signals that SIGNAL_INFO tells of. */
  signalled(to: SignalReceivers, caller: Caller): void;
}

/** Arguments of add_key(2). */
export interface AddedKeyCall {
  readonly type: string;
  /** Empty = there is none. */
  readonly description: string;
  readonly payload: Uint8Array;
  readonly ring: number;
  /** What it is called, where it is one of the host's that the caller may see. */
  readonly ringName?: string;
}

/** What is known of the thread that a question is about. */
export interface KnownStatus {
  /** Text of its /proc/<tid>/status, if that was read for the same call; it need not be read again then. */
  readonly status?: string | undefined;
  /** It is known to be in the daemon's user namespace. */
  readonly inOurUserNamespace?: boolean;
}

export interface AccessBackend {
  decide(checks: readonly AccessCheck[], caller: Caller): AccessVerdict;
  /** By what decisions about the caller are made: questions/access-subject.ts. Absent = not known. */
  subject(caller: Caller):
    | {
        readonly number: number;
        readonly scope: AccessScope;
        readonly noted: readonly string[];
        readonly alike?: true;
      }
    | undefined;
  /** What paths are matched with; `undefined` = it is gone. */
  automaton(number: number): AutomatonTables | undefined;
  /** By what decisions about it are made: questions/access-object.ts. */
  object(target: Tid): { readonly number: number; readonly lasts?: true } | undefined;
}

export interface SupervisorBackend {
  /** Bring the process tracker, and with it the stack, up to date. */
  drain(): void;
  /**
   * The thread with its present credentials; `undefined` when it has ended.
   * @param known what was read of it for the call that it waits in; the rest is read.
   */
  identify(tid: Tid, known?: KnownStatus): Caller | undefined;
  /** The thread without its credentials, which costs much less. */
  task(tid: Tid): TaskId | undefined;
  /**
   * A new descriptor of a detached mount (open_tree(2) or fsmount(2)) of the instance that a mount of `type` by this caller shows.
   * The worker attaches and closes it. ENODEV when the stack has no such type.
   */
  detachedMount(type: string, caller: Caller): Promise<Result<number>>;
  /** lsm_get_self_attr, lsm_list_modules, lsm_set_self_attr. */
  readonly syscalls: Pick<LsmSyscalls, 'listModules' | 'getSelfAttr'>;
  prctl(option: number, argument: number, caller: Caller): Result<number>;
  /** Keys that the emulated kernel keeps: what can be found out. */
  readonly keys: Pick<KeyCalls, 'request' | 'ask'>;
  /** add_key(2): the number of the new key; `undefined` = it is the host's. */
  addKey(key: AddedKeyCall, caller: Caller): Result<number> | undefined;
  controlKey(change: KeyChange, caller: Caller): Result<number>;
  /** The modules' decision about a ptrace(2) `request` that makes a tracer. */
  ptrace(request: number, target: Tid, caller: Caller): Errno | undefined;
  setSelfAttr(input: SetSelfAttrInput, caller: Caller): Result<number>;
  unshare(input: UnshareInput, caller: Caller): Result<number>;
  /** The value of a socket option about the peer, with terminators as modules count them. ENOPROTOOPT or EINVAL when no module answers. */
  peer(question: PeerQuestion, caller: Caller): Result<Uint8Array>;
  /** The owner of a file as the modules of this thread are to see it: the user who stands for root is 0. */
  ownerFor(uid: number, tid: Tid): number;
  /** Whom a caller counts for, where users share something: also the ids that he has in a user namespace of his. */
  userFor(caller: Caller): string;
  /** To be called before a thread calls execve or exit_group, or is decided on; only where process tracking needs it. */
  processCall(call: ProcessCall, tid: Tid, code?: number): void;
  /** Hooks on ordinary files. */
  readonly files: Pick<
    FileSecurity,
    | 'execIsSecure'
    | 'execMayChangeLabel'
    | 'listXattr'
    | 'readXattr'
    | 'recorded'
    | 'setXattr'
    | 'storedValue'
    | 'keptOptions'
    | 'storedName'
    | 'visibleNames'
    | 'setSecurity'
    | 'removeXattr'
    | 'initSecurity'
    | 'mountOption'
    | 'mayMount'
    | 'mayRemount'
  >;
  readonly metadata: Pick<MetadataIntegrity, 'mayChange' | 'changed'>;
  /** State kept in memory with superblocks. */
  readonly superblocks: SuperblockMemory;
  /** Default label of a file by the host's file_contexts; `undefined` = none. */
  defaultContext(path: string, objectClass: InodeClass, caller: TaskId): string | undefined;
  /** Since when modules have labelled new files: ms since the epoch, `Infinity` = they do not yet. */
  labelledSince(): number;
  /** What the default labels of files are looked up in, for another thread; `undefined` = none has one. It stays the same. */
  fileContexts(): OpenedFileContexts | undefined;
  /**
   * The modules' decision about execve(2) of a file. If allowed, the next exec event of the process is about this file.
   * @param waited the decision about the same that it has waited for.
   */
  execution(file: ExecFile, caller: Caller, waited?: WaitingDecision): Decision;
  /**
   * To be told of each execve(2) that {@link execution} has just allowed, before it goes on.
   * @param changes it may change what the modules judge the caller by.
   * @returns the number by which a thread may announce it (program-announcements.ts); `undefined` = it must ask again.
   */
  repeatable(file: ExecFile, caller: Caller, changes: boolean): number | undefined;
  /** Calls of execve(2) because of which nothing is remembered for all, and which may have failed by now: questions/failed-exec.ts. */
  execsInDoubt(): readonly ExecInDoubt[];
  execFailed(exec: ExecInDoubt): void;
  /** Owner and mode of a file have refused a call before a module was asked. */
  modeRefused(file: Omit<RefusedByMode, 'tid'>, caller: Caller): void;
  /** @returns a function that makes the next exec event be about the file that was allowed last, whatever was allowed since. */
  executionAgain(caller: TaskId): () => void;
  /** Mediation of system calls. */
  readonly access: AccessBackend;
  /** What the program inherits whose execution was allowed last. @returns what is to be closed, if it runs. */
  inherits(open: readonly OpenFile[], caller: TaskId): readonly OpenDescriptor[];
  /** What must be taken from the program of a process; once. `pending` = one that was allowed does not run yet. */
  takeRefused(tgid: Tgid): Refused | 'pending' | undefined;
  /** Reports what a task has open, before its label changes. */
  noteDescriptors(noted: { readonly tid: Tid; readonly open: readonly OpenDescriptor[] }): void;
  /** Reports the existing System V IPC objects. */
  ipc(event: IpcEvent): void;
  noteMaker(event: MakerEvent): void;
  /** Reports keys that a call makes or finds. */
  noteKey(noted: { readonly tid: Tid; readonly note: KeyNote }): void;
  /** Which capabilities of a task capget(2) shows; `undefined` = all that it has. */
  shownCapabilities(target: Tid): bigint | undefined;
  /** Its label, with terminators as modules count them; `undefined` = no module of ours knows it. */
  keyLabel(key: AccessedKey, caller: Caller): Result<Uint8Array> | undefined;
  /** The modules' decision about uses of files, or a promise of it, which never rejects. */
  fileUse(question: FileUseQuestion, caller: Caller): UseVerdict | Promise<LateVerdict>;
  /** Reports that a file exists which an earlier question announced. */
  fileMade(question: FileMadeQuestion): void;
  /** syslog(2) */
  syslog(request: SyslogRequest, caller: Caller): Result<SyslogAnswer>;
  /** Calls `wake` once, at the next message. @returns a function that cancels it. */
  whenLogged(wake: () => void): () => void;
  /** Root of the tree of stand-ins: a descriptor that the daemon keeps. */
  standIns(): Promise<number>;
  readonly audit: AuditBackend;
  readonly auditedCalls: AuditedCallsBackend;
  /** Writes an unexpected failure to the daemon's log. */
  log(text: string): void;
}
