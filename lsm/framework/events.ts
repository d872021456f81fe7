/**
 * Events: the only ways in which the emulated security stack changes.
 *
 * State changes through (a) a mutating vfs operation on one of the stack's filesystems, (b) a process event, (c) a forwarded system
 * call. Each is a plain serialisable value that carries all its inputs (caller, time, file label), so a world is a
 * deterministic function of its boot configuration and its event log.
 */
import type { Tgid, Tid } from '../../linux/ids.ts';
import type { Caller, UserNamespace } from '../../vfs/tree/caller.ts';
import type { OpenFile } from './access/file-access.ts';
import type { IpcType } from './access/ipc-access.ts';
import type { KeyNote } from './access/key-access.ts';
import type { FileFacts } from './files/file-facts.ts';
import type { FileReadEvent } from './files/file-reads.ts';
import type { FileUse, UseContext } from './files/file-use.ts';
import type { OpenDescriptor } from './files/open-descriptor.ts';
import type { KeyEvent } from './keys/key-event.ts';
import type { LabelsByModule } from './labels/carried.ts';

export interface TaskId {
  readonly tid: Tid;
  readonly tgid: Tgid;
}

/** A socket and, where it is a UNIX socket, the one it is connected to, by inode number. */
export interface SocketPair {
  readonly socket: number;
  /** 0 = it is not connected, or not accepted yet. */
  readonly peer: number;
  /** What the socket is bound to, as in struct sockaddr_un (latin-1). One that was accepted has that of the listening socket. */
  readonly address?: string;
}

/** (b) Process events. Thread ids are those of the daemon's pid namespace. */
export type ProcessEvent =
  /** A task that the stack has not seen before enters the world from outside (the first process; `mount` users). */
  | { readonly kind: 'enter'; readonly task: TaskId }
  /**
   * clone/fork/vfork. `sharesMm`: vfork or CLONE_VM, in force until the child's exec. A new thread when `child.tgid ===
   * tgid of parent`.
   */
  | { readonly kind: 'fork'; readonly parent: Tid; readonly child: TaskId; readonly sharesMm?: boolean }
  /**
   * execve succeeded; `tid` is the thread group leader that the kernel made of the calling thread. `formerTid` is that thread's id before,
   * when it was another thread: its state survives, not the old leader's.
   */
  | { readonly kind: 'exec'; readonly tid: Tgid; readonly formerTid?: Tid; readonly file?: ExecFile }
  | { readonly kind: 'exit'; readonly tid: Tid }
  /** It was found in another user namespace than before; those that it forks are where it is. Absent = the initial one. */
  | {
      readonly kind: 'user-namespace';
      readonly task: TaskId;
      readonly userNamespace?: UserNamespace | undefined;
    }
  /** Another stack, which knows the task better, has these labels for it. */
  | { readonly kind: 'labels'; readonly task: TaskId; readonly labels: LabelsByModule }
  /** The labels of a process may be about to change; these are its sockets. Once noted, a socket keeps its label. */
  | { readonly kind: 'sockets'; readonly tid: Tid; readonly sockets: readonly SocketPair[] }
  /** The same: what it has open. Once noted, a descriptor was opened by who the process was then. */
  | { readonly kind: 'descriptors'; readonly tid: Tid; readonly open: readonly OpenDescriptor[] }
  /** What a call of this thread about keys makes or finds. */
  | { readonly kind: 'key-note'; readonly tid: Tid; readonly note: KeyNote }
  | MakerEvent
  | IpcEvent;

/**
 * The thread makes, or takes over, what has no label of its own: an interface of user space, a filesystem that shows others,
 * credentials that an io_uring keeps.
 */
export interface MakerEvent {
  readonly kind: 'maker-note';
  readonly tid: Tid;
  /** Its name, or what stands for a name that is not known yet. */
  readonly object: string;
  /** It is one more of this name, and has the next number. */
  readonly numbered?: true;
  /** What stood for it until now; absent = this thread has it now. */
  readonly from?: string;
  /** Whom the thread counts for, where users share something. */
  readonly user?: string;
}

/** Changes of the System V IPC objects of a namespace since the last look, seen at a call of this thread. */
export interface IpcEvent {
  readonly kind: 'ipc';
  readonly tid: Tid;
  /** Inode number of the namespace. */
  readonly namespace: number;
  readonly type: IpcType;
  /** In the order in which they were made. `uid`: of the creator; `process`: its number, where the kernel keeps that. */
  readonly made: readonly {
    readonly id: number;
    readonly key: number;
    readonly uid: number;
    readonly process?: Tgid;
  }[];
  /** Ids of removed objects. */
  readonly gone: readonly number[];
  /** The call is about to make one. `alone`: no other call may be making one at the same time. */
  readonly making?: { readonly key: number; readonly uid: number; readonly alone: boolean };
}

/**
 * A program that is executed (struct linux_binprm): its FileFacts, and the call. Of a file that could not be
 * inspected only the path is known.
 * @beta
 */
export interface ExecFile extends Partial<FileFacts> {
  readonly path: string;
  /** Absent = only that it happened is known. */
  readonly call?: ExecCall;
}

/** The execve(2) by which a program is executed. */
export interface ExecCall {
  /** Argument of execve(2): its last component becomes the comm of the task; logged for programs without a path. */
  readonly filename: string;
  /** The program was unlinked; its `path` is its former path. */
  readonly deleted: boolean;
  /** It is not in the mounts of the caller; its `path` is from the root of those it is in. */
  readonly disconnected: boolean;
  /** Its mount ignores set-user-ID bits. */
  readonly nosuid: boolean;
  /** Of a script: its interpreter, the interpreter of that if it is a script, too, and so on. */
  readonly interpreters: readonly FileFacts[];
  readonly noNewPrivs: boolean;
  /** The fsuid of the caller. */
  readonly fsuid: number;
  /** Thread that traces the caller; absent = none. */
  readonly tracer?: Tid;
  /** Path of the symbolic link that it was called by; absent = it was not, or no module asks. */
  readonly linkPath?: string;
  /** Arguments (latin-1), as far as they were read. */
  readonly argv?: readonly string[];
  /** What is open and stays so; absent where no module is asked about it. */
  readonly inherited?: readonly OpenFile[];
  /** How the program, or the last of `interpreters`, is mapped: PROT_* of each segment; absent where no module is asked about it. */
  readonly mapped?: readonly number[];
  /** What it names in PT_INTERP; absent where it names none, or no module is asked about it. */
  readonly loader?: LoaderFacts;
}

/** The dynamic loader of a program: opened by who executes that, and mapped after it. */
export interface LoaderFacts {
  readonly file: FileFacts;
  /** As ExecCall has it. */
  readonly mapped: readonly number[];
}

/** (c) System calls that are not file operations. */
export interface SyscallEvent {
  readonly kind: 'lsm_set_self_attr';
  readonly attr: number;
  /** The bytes at ctx in base64, so that the event stays serialisable; absent = not readable. */
  readonly ctx?: string;
  readonly size: number;
  readonly flags: number;
  readonly caller: Caller;
}

/** lsm_unshare(2). */
export interface UnshareEvent {
  readonly kind: 'lsm_unshare';
  /** As in {@link SyscallEvent}. */
  readonly ctx?: string;
  readonly size: number;
  readonly flags: number;
  readonly caller: Caller;
}

/** prctl(2) with an option that modules may have; `argument` as a C int. */
export interface PrctlEvent {
  readonly kind: 'prctl';
  readonly option: number;
  readonly argument: number;
  readonly caller: Caller;
}

/** A key of type `encrypted` was found that a module has asked for. */
export interface EncryptedKeyEvent {
  readonly kind: 'encrypted-key';
  readonly description: string;
  /** What it decrypts to, in base64. */
  readonly payload: string;
}

/** Events of filesystems whose instance depends on the mounting task. */
export type MountEvent =
  | {
      readonly kind: 'mount';
      readonly type: string;
      readonly task: TaskId;
      readonly userNamespace?: UserNamespace | undefined;
    }
  /** The last mount of the instance with this number has ended. */
  | { readonly kind: 'released'; readonly type: string; readonly instance: number };

/** An ordinary file is used, in each of these ways one after the other; the first that is refused is the last. */
export interface FileUseEvent {
  readonly kind: 'file-use';
  readonly context: UseContext;
  readonly uses: readonly FileUse[];
}

/** What becomes of the TPM outside of the kernel. */
export type TpmEvent =
  /** It does not answer any more. */
  | { readonly kind: 'tpm-lost' }
  /** Others than the kernel have changed registers; all that they hold now, by bank and number, in hexadecimal. */
  | { readonly kind: 'tpm-registers'; readonly registers: Readonly<Record<string, readonly string[]>> };

/** The machine is brought back to the state that `Stack.remember` noted: modules that can, and the host's audit. */
export interface ResetEvent {
  readonly kind: 'reset';
}

export type StackEvent =
  | ProcessEvent
  | ResetEvent
  | SyscallEvent
  | UnshareEvent
  | PrctlEvent
  | EncryptedKeyEvent
  | MountEvent
  | FileUseEvent
  | FileReadEvent
  | KeyEvent
  | TpmEvent;
