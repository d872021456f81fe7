/**
 * What workers ask the daemon's main thread, and how it answers from the backend.
 */
import { closeSync } from 'node:fs';
import { bytesOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { ExecFile, IpcEvent, TaskId } from '../../../lsm/framework/events.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type {
  FilesystemFacts,
  InodeClass,
  InodeFacts,
  MountLabels,
  SecurityXattr,
} from '../../../lsm/framework/files/inode.ts';
import type {
  GetSelfAttrInput,
  ListModulesInput,
  SetSelfAttrInput,
  SyscallAnswer,
  UnshareInput,
} from '../../../lsm/framework/syscalls.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { SyslogRequest } from '../../kernel-files/kmsg/syslog.ts';
import type { ProcessCall } from '../../tracking/tracker.ts';
import { type AccessQuestion, answerAccess } from '../access/question.ts';
import type { UnlistedFile } from '../caller/file-inspector.ts';
import { dropAttribute, keepAttribute, keptValue, listedNames } from '../labels/kept-attributes.ts';
import type { LateAnswers, WaitingRead } from '../pending/late-answers.ts';
import { ANSWERED_LATER, type FileMadeQuestion, type FileUseQuestion } from '../uses/question.ts';
import type { AuditBackend, PeerQuestion, SupervisorBackend } from './backend.ts';

/** A thread is about to execute a file. */
export interface ExecQuestion {
  readonly kind: 'exec';
  readonly tid: number;
  /** With all of its attributes: profiles of AppArmor attach by any. */
  readonly file: FileFacts | UnlistedFile;
  /** Of the file, with what is said below. */
  readonly path: string;
  /** As the caller named it. */
  readonly filename: string;
  readonly deleted: boolean;
  readonly disconnected: boolean;
  readonly nosuid: boolean;
  readonly linkPath?: string;
  readonly argv?: readonly string[];
  /** Of a script, what is opened to run it. */
  readonly interpreters: readonly FileFacts[];
  readonly noNewPrivs: boolean;
  /** 0 = nobody. */
  readonly tracer: number;
}

interface XattrQuestion extends FileFacts {
  readonly tid: number;
  readonly name: string;
  /** What is stored with files under this name is the host's: what the daemon keeps stands for it. */
  readonly ofHost?: boolean;
}

export type FileQuestion =
  | ExecQuestion
  | (XattrQuestion & { readonly kind: 'get-xattr' | 'remove-xattr' })
  | (XattrQuestion & { readonly kind: 'set-xattr'; readonly value: Uint8Array })
  /** `file`: together with what is kept of it. */
  | { readonly kind: 'list-xattrs'; readonly tid: number; readonly file?: FileFacts }
  /** Which of these names of stored attributes the caller sees. */
  | { readonly kind: 'visible-xattrs'; readonly tid: number; readonly names: readonly string[] }
  | {
      readonly kind: 'mount-option';
      readonly tid: number;
      readonly before: MountLabels;
      readonly name: string;
      readonly value: string;
    }
  /** A superblock of this type is about to be made. */
  | { readonly kind: 'may-mount'; readonly tid: number; readonly type: string; readonly labels: MountLabels }
  | {
      readonly kind: 'may-remount';
      readonly tid: number;
      readonly device: string;
      readonly filesystem: FilesystemFacts;
      readonly labels: MountLabels;
    };

/** A file of this class and name is about to be made in the directory; the answer has what to store with it. */
interface NewLabelQuestion extends XattrQuestion {
  readonly kind: 'new-label';
  readonly class: InodeClass;
  readonly byKernel?: boolean;
}

export type Question =
  | FileQuestion
  | FileUseQuestion
  | AccessQuestion
  | FileMadeQuestion
  | NewLabelQuestion
  /** It was mounted, by somebody who may be gone. */
  | {
      readonly kind: 'mount-labels';
      readonly device: string;
      readonly labels: MountLabels;
      readonly attached: boolean;
    }
  | { readonly kind: 'mount-attached'; readonly device: string }
  /** An attribute was set that is not stored with the file; latin-1. */
  | (FileFacts & {
      readonly kind: 'keep-xattr';
      readonly name: string;
      readonly value: string;
      /** Who sets what the filesystem cannot store; absent = it is the label of a new file, or kept instead of stored. */
      readonly setter?: { readonly tid: number; readonly name: string };
      /** XATTR_CREATE or XATTR_REPLACE. */
      readonly flags?: number;
    })
  /** A file of this number is a new one. */
  | { readonly kind: 'forget-xattrs'; readonly inode: InodeFacts; readonly device: string }
  | IpcEvent
  | { readonly kind: 'mount'; readonly tid: number; readonly type: string }
  | { readonly kind: 'list-modules'; readonly tid: number; readonly input: ListModulesInput }
  | { readonly kind: 'get-self-attr'; readonly tid: number; readonly input: GetSelfAttrInput }
  | { readonly kind: 'set-self-attr'; readonly tid: number; readonly input: SetSelfAttrInput }
  | { readonly kind: 'unshare'; readonly tid: number; readonly input: UnshareInput }
  | { readonly kind: 'prctl'; readonly tid: number; readonly option: number; readonly argument: number }
  | { readonly kind: 'ptrace'; readonly tid: number; readonly request: number; readonly target: number }
  | (PeerQuestion & { readonly kind: 'peer'; readonly tid: number })
  /** `code`: the argument of exit_group(2). */
  | { readonly kind: 'process-call'; readonly tid: number; readonly call: ProcessCall; readonly code?: number }
  | { readonly kind: 'syslog'; readonly tid: number; readonly request: SyslogRequest }
  /** A read that waits; `late` answers it. */
  | (WaitingRead & { readonly kind: 'syslog-wait' })
  /** Descriptor of the tree of stand-ins (daemon/stand-ins.ts), which stays the daemon's. */
  | { readonly kind: 'stand-ins' }
  /** A descriptor that was made for the asker, who has it now. */
  | { readonly kind: 'taken'; readonly fd: number }
  | AuditQuestion
  | { readonly kind: 'audit-owns'; readonly socket: number }
  | { readonly kind: 'log'; readonly text: string };

type AuditQuestion =
  | { readonly kind: 'audit-socket'; readonly tid: number; readonly nonBlocking: boolean }
  | ({ readonly kind: 'audit-bind' } & Parameters<AuditBackend['bind']>[0])
  | ({ readonly kind: 'audit-send' } & Parameters<AuditBackend['send']>[0]);

export interface Answer {
  /** Positive errno; 0 = success. */
  readonly errno: number;
  /** Return value of the system call, or a descriptor. */
  readonly value: number;
  /** New value of a `*size` argument. */
  readonly size?: number;
  readonly data?: Uint8Array;
  /** Attribute that the value is to be stored under, where it is not the one that was named. */
  readonly name?: string;
  /** What is to be stored with a new file; `apart` as of NewSecurity. */
  readonly xattrs?: readonly SecurityXattr[];
  readonly apart?: readonly string[];
}

/** Never throws or rejects: a bug in the stack becomes EIO and a line in the log. */
export function answerQuestion(
  backend: SupervisorBackend,
  late: LateAnswers,
  question: Question,
): Answer | Promise<Answer> {
  const broken = (error: unknown): Answer => {
    backend.log(`supervisor: ${question.kind}: ${error instanceof Error ? error.stack : String(error)}`);
    return plain(E.EIO);
  };
  try {
    const result = answer(backend, late, question);
    return result instanceof Promise ? result.catch(broken) : result;
  } catch (error) {
    return broken(error);
  }
}

function answer(backend: SupervisorBackend, late: LateAnswers, question: Question): Answer | Promise<Answer> {
  if (question.kind === 'log') {
    backend.log(`supervisor: ${question.text}`);
    return plain(0);
  }
  if (question.kind === 'syslog-wait') {
    late.add(question);
    return plain(0);
  }
  if (question.kind === 'taken') {
    closeSync(question.fd);
    return plain(0);
  }
  if (question.kind === 'audit-owns') return plain(backend.audit.owns(question.socket) ? 1 : 0);
  if (question.kind === 'stand-ins') return backend.standIns().then(plain);
  backend.drain();
  if (question.kind === 'process-call') {
    backend.processCall(question.call, question.tid, question.code);
    return plain(0);
  }
  if (question.kind === 'list-modules') return stored(backend.syscalls.listModules(question.input));
  if (question.kind === 'mount-labels') {
    backend.superblocks.mounted(question.device, question.labels, question.attached);
    return plain(0);
  }
  if (question.kind === 'mount-attached') {
    backend.superblocks.attached(question.device);
    return plain(0);
  }
  if (question.kind === 'keep-xattr') {
    const { setter } = question;
    const by = setter && backend.task(setter.tid);
    const refused = by && backend.files.setSecurity(question.inode, setter.name, bytesOf(question.value), by);
    return refusal(refused ?? keepAttribute(backend, question));
  }
  if (question.kind === 'forget-xattrs') {
    backend.superblocks.forget(question.inode, question.device);
    return plain(0);
  }
  if (question.kind === 'file-made') {
    backend.fileMade(question);
    return plain(0);
  }
  if (question.kind === 'ipc') {
    backend.ipc(question);
    return plain(0);
  }
  if (question.kind === 'new-label') return newLabel(backend, question);
  const caller = backend.identify(question.tid);
  if (caller === undefined) return plain(E.ESRCH);
  if (question.kind === 'access') return answerAccess(backend, question, caller);
  if (question.kind === 'file-use') return useOfFile(backend, late, question, caller);
  switch (question.kind) {
    case 'mount':
      return backend.detachedMount(question.type, caller).then(plain);
    case 'get-self-attr':
      return stored(backend.syscalls.getSelfAttr(question.input, caller));
    case 'set-self-attr':
      return plain(backend.setSelfAttr(question.input, caller));
    case 'unshare':
      return plain(backend.unshare(question.input, caller));
    case 'syslog': {
      const answer = backend.syslog(question.request, caller);
      if (failed(answer)) return plain(answer);
      return { errno: 0, value: answer.value, ...(answer.data !== undefined && { data: bytesOf(answer.data) }) };
    }
    case 'audit-socket':
      return plain(backend.audit.open(caller, question.nonBlocking));
    case 'audit-bind':
      return refusal(backend.audit.bind(question, caller));
    case 'audit-send':
      return refusal(backend.audit.send(question, caller));
    case 'prctl':
      return plain(backend.prctl(question.option, question.argument, caller));
    case 'ptrace':
      return plain(backend.ptrace(question.request, question.target, caller) ?? 0);
    case 'peer': {
      const label = backend.peer(question, caller);
      return failed(label) ? plain(label) : { errno: 0, value: 0, data: label };
    }
    default:
      return answerFile(backend, question, caller);
  }
}

/** The caller is answered by us once its files have been read. */
function useOfFile(backend: SupervisorBackend, late: LateAnswers, question: FileUseQuestion, caller: Caller): Answer {
  const verdict = backend.fileUse(question, caller);
  if (typeof verdict === 'number') return { errno: verdict, value: 0 };
  void verdict.catch(() => 0).then((errno) => late.finish(question.id, errno));
  return plain(ANSWERED_LATER);
}

function answerFile(backend: SupervisorBackend, question: FileQuestion, caller: Caller): Answer {
  const { files, superblocks } = backend;
  switch (question.kind) {
    case 'list-xattrs':
      return { errno: 0, value: 0, data: Buffer.from(listedNames(backend, question, caller).join('\0')) };
    case 'visible-xattrs':
      return { errno: 0, value: 0, data: Buffer.from(files.visibleNames(question.names, caller).join('\0')) };
    case 'mount-option':
      return refusal(files.mountOption(question.before, question.name, question.value, caller));
    case 'may-mount':
      superblocks.forgetUnmounted();
      return refusal(files.mayMount(question.type, question.labels, caller));
    case 'may-remount': {
      const filesystem = { ...question.filesystem, labels: superblocks.options(question.device) };
      return refusal(files.mayRemount(filesystem, question.labels, caller));
    }
  }
  if (question.kind === 'exec') return refusal(backend.execution(program(backend, question, caller), caller));
  const { inode } = completed(backend, question, caller);
  switch (question.kind) {
    case 'get-xattr': {
      const given = files.getXattr(inode, question.name, caller);
      const value =
        given === E.EOPNOTSUPP && question.ofHost === true ? keptValue(backend, question, inode, caller) : given;
      return failed(value) ? plain(value) : { errno: 0, value: 0, data: value };
    }
    case 'set-xattr': {
      const { name, value } = question;
      return { ...refusal(files.setXattr(inode, name, value, caller)), name: files.storedName(name, caller) };
    }
    case 'remove-xattr': {
      const refused = files.removeXattr(inode, question.name, caller);
      const dropped = question.ofHost === true ? dropAttribute(backend, question, caller) : undefined;
      return { ...refusal(refused ?? dropped), name: files.storedName(question.name, caller) };
    }
  }
}

function program(backend: SupervisorBackend, question: ExecQuestion, caller: Caller): ExecFile {
  const { kind: _kind, tid: _tid, file, tracer, ...rest } = question;
  const { inode } = 'device' in file ? completed(backend, file, caller) : file;
  const interpreters = question.interpreters.map((interpreter) => completed(backend, interpreter, caller));
  return { ...rest, interpreters, inode, fsuid: caller.uid, ...(tracer > 0 && { tracer }) };
}

/** The file with what is known of it here. */
function completed(backend: SupervisorBackend, file: FileFacts, caller: TaskId): FileFacts {
  const { inode, path, device, mode } = file;
  return { path, device, mode, inode: taken(backend, backend.superblocks.complete(inode, device), path, caller) };
}

/** Asked for every file that is made, so nothing is read of the thread but which one it is. */
function newLabel(backend: SupervisorBackend, question: NewLabelQuestion): Answer {
  const { path, name, byKernel = false } = question;
  const task = backend.task(question.tid);
  if (task === undefined) return plain(E.ESRCH);
  const directory = completed(backend, question, task).inode;
  const made = taken(backend, { class: question.class, name, byKernel }, `${path.replace(/\/$/, '')}/${name}`, task);
  return { errno: 0, value: 0, ...backend.files.initSecurity(directory, made, task) };
}

/** With what file_contexts say of its path. */
function taken<T extends { readonly class: InodeClass }>(
  backend: SupervisorBackend,
  inode: T,
  path: string,
  caller: TaskId,
): T {
  const defaultContext = backend.defaultContext(path, inode.class, caller);
  return defaultContext === undefined ? inode : { ...inode, defaultContext };
}

function refusal(errno: Errno | undefined): Answer {
  return plain(errno ?? 0);
}

function plain(result: Result<number>): Answer {
  return failed(result) ? { errno: result.number, value: 0 } : { errno: 0, value: result };
}

function stored({ result, size, data }: SyscallAnswer): Answer {
  return { ...plain(result), ...(size !== undefined && { size }), ...(data && { data }) };
}
