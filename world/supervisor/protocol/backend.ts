/**
 * What the supervisor needs from the daemon.
 *
 * Model: each listener has a worker thread that sits in a blocking ioctl and answers most system calls by itself. What needs the emulated
 * stack is asked of the daemon's main thread, where these functions run without waiting for anything, least of all for
 * the worker: what takes longer is a promise. `drain` runs before each of the others, so that they see every fork and
 * exec that happened before the call.
 */

import type { Errno, Result } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { AccessVerdict } from '../../../lsm/framework/access/access-decisions.ts';
import type { LookUp } from '../../../lsm/framework/audit/paths.ts';
import type { ExecFile, IpcEvent, TaskId } from '../../../lsm/framework/events.ts';
import type { FileSecurity } from '../../../lsm/framework/files/files.ts';
import type { InodeClass, InodeFacts, MountLabels } from '../../../lsm/framework/files/inode.ts';
import type { LsmSyscalls, SetSelfAttrInput, UnshareInput } from '../../../lsm/framework/syscalls.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { SyslogAnswer, SyslogRequest } from '../../kernel-files/kmsg/syslog.ts';
import type { ProcessCall } from '../../tracking/tracker.ts';
import type { FileMadeQuestion, FileUseQuestion } from '../uses/reported-use.ts';

/** Which label of the other end of a socket. */
export interface PeerQuestion {
  /** SO_PEERSEC, SO_PEERCONTEXT. */
  readonly what: 'label' | 'context';
  /** The socket that was asked: numbers of socket(2), and its inode number. */
  readonly family: number;
  readonly type: number;
  readonly socket: number;
  /** Sockets of this kind have labels for their peers. */
  readonly labelled: boolean;
  /**
   * Absent = the socket is not connected. `connector`: process that SO_PEERCRED names; `address` as
   * lsm/framework/labels/peers.ts has it.
   */
  readonly peer?: { readonly connector: number; readonly address?: string };
}

export interface SuperblockMemory {
  /** The file with what is known of it here: label options of its mount, attributes that are not stored with it. */
  complete(inode: InodeFacts, device: string): InodeFacts;
  options(device: string): MountLabels;
  /** A filesystem was mounted with these; not `attached`: no list of mounts has it yet. */
  mounted(device: string, labels: MountLabels, attached: boolean): void;
  attached(device: string): void;
  keep(inode: InodeFacts, device: string, name: string, value: string): void;
  /** @returns whether it was kept. */
  drop(inode: InodeFacts, device: string, name: string): boolean;
  /** What was kept of a file that had this number. */
  forget(inode: InodeFacts, device: string): void;
  /** A superblock is about to be made; it may get the number of one that is gone. */
  forgetUnmounted(): void;
}

/** A call on an audit socket. */
export interface AuditSocketCall {
  readonly tid: Tid;
  /** Inode number of the socket. */
  readonly socket: number;
  readonly args: readonly bigint[];
  /** struct sockaddr_nl, latin-1. */
  readonly address: string;
}

/** Audit sockets. They are kept by the daemon. */
export interface AuditBackend {
  /** A descriptor of the end that is handed out; the taker closes it. */
  open(caller: Caller, nonBlocking: boolean): Result<number>;
  owns(socket: number): boolean;
  bind(call: AuditSocketCall & { readonly port: number; readonly groups: number }, caller: Caller): Errno | undefined;
  send(
    call: AuditSocketCall & { readonly data: Uint8Array; readonly groups: number; readonly paths: readonly LookUp[] },
    caller: Caller,
  ): Errno | undefined;
}

export interface AccessBackend {
  decide(checks: readonly AccessCheck[], caller: Caller): AccessVerdict;
  /** The number of what decides of a task, as long as the world exists. */
  subjectNumber(subject: string): number;
}

export interface SupervisorBackend {
  /** Bring the process tracker, and with it the stack, up to date. */
  drain(): void;
  /** Who this thread is at this moment; `undefined` when it is gone. */
  identify(tid: Tid): Caller | undefined;
  /** The same without its credentials, which costs much less. */
  task(tid: Tid): TaskId | undefined;
  /**
   * A new descriptor of a detached mount (open_tree(2) or fsmount(2)) of the instance that a mount of `type` by this caller shows.
   * The worker attaches and closes it. ENODEV when the stack has no such type.
   */
  detachedMount(type: string, caller: Caller): Promise<Result<number>>;
  /** lsm_get_self_attr, lsm_list_modules, lsm_set_self_attr. */
  readonly syscalls: Pick<LsmSyscalls, 'listModules' | 'getSelfAttr'>;
  prctl(option: number, argument: number, caller: Caller): Result<number>;
  /** `request` of ptrace(2): may it make a tracer? */
  ptrace(request: number, target: number, caller: Caller): Errno | undefined;
  setSelfAttr(input: SetSelfAttrInput, caller: Caller): Result<number>;
  unshare(input: UnshareInput, caller: Caller): Result<number>;
  /** The value of a socket option about the peer, with terminators as modules count them. ENOPROTOOPT or EINVAL when no module answers. */
  peer(question: PeerQuestion, caller: Caller): Result<Uint8Array>;
  /** Whom the modules of a thread know as the owner of a file. */
  ownerFor(uid: number, tid: number): number;
  /** A thread is about to execve, exit or do something else that depends on who it is; only sent where process tracking needs it. */
  processCall(call: ProcessCall, tid: Tid, code?: number): void;
  /** The modules' say on ordinary files. */
  readonly files: Pick<
    FileSecurity,
    | 'listXattr'
    | 'getXattr'
    | 'setXattr'
    | 'storedName'
    | 'visibleNames'
    | 'setSecurity'
    | 'removeXattr'
    | 'initSecurity'
    | 'mountOption'
    | 'mayMount'
    | 'mayRemount'
  >;
  /** What is kept in memory with superblocks. */
  readonly superblocks: SuperblockMemory;
  /** What the host's file_contexts say of a file; `undefined` = nothing. */
  defaultContext(path: string, objectClass: InodeClass, caller: TaskId): string | undefined;
  /** A thread is about to execute a file: may it? If so, the exec event to come is about this file. */
  execution(file: ExecFile, caller: Caller): Errno | undefined;
  /** What system calls are about to do. */
  readonly access: AccessBackend;
  /** What System V IPC objects there are. */
  ipc(event: IpcEvent): void;
  /** Files are about to be used: a positive errno or 0, or a promise of it, which never rejects. */
  fileUse(question: FileUseQuestion, caller: Caller): number | Promise<number>;
  /** A file was made that a question before was about. */
  fileMade(question: FileMadeQuestion): void;
  /** syslog(2) */
  syslog(request: SyslogRequest, caller: Caller): Result<SyslogAnswer>;
  /** `wake` is called once, when something was logged. @returns a function that ends the wait. */
  whenLogged(wake: () => void): () => void;
  /** Root of the tree of stand-ins: a descriptor that stays the daemon's. */
  standIns(): Promise<number>;
  readonly audit: AuditBackend;
  /** Something unexpected, for the daemon's log. */
  log(text: string): void;
}
