/**
 * What each event changes (events.ts). Observers are told of an event before it takes effect, and after those by which its tasks enter the
 * stack, so that a log of all of them rebuilds the same one.
 */
import { E, type Result } from '../../linux/errno.ts';
import { type Tid, tidOf } from '../../linux/ids.ts';
import { MAP_PRIVATE } from '../../linux/mman.ts';
import type { IpcObjects } from './access/ipc-objects.ts';
import type { KeyMakers } from './access/key-makers.ts';
import type { NamedMakers } from './access/named-makers.ts';
import type { ExecFile, LoaderFacts, StackEvent, TaskId } from './events.ts';
import type { ProcessFacts } from './facts.ts';
import type { FileReads } from './files/file-reads.ts';
import type { FileUses } from './files/file-uses.ts';
import { hasKnownFilesystem } from './files/inode.ts';
import { PROGRAM } from './files/open-descriptor.ts';
import { notedAtExec, type OpenFiles } from './files/open-files.ts';
import type { Filesystems } from './filesystems.ts';
import type { HookArguments } from './hook-table.ts';
import type { HookList } from './hooks.ts';
import type { EncryptedKeys } from './keys/encrypted-keys.ts';
import type { KeyCalls } from './keys/key-calls.ts';
import { takeLabels } from './labels/label-carrier.ts';
import type { Peers } from './labels/peers.ts';
import type { LsmSyscalls } from './syscalls.ts';
import type { Task, TaskTable } from './task.ts';
import type { TaskUserNamespaces } from './task-user-namespaces.ts';
import type { Tpm } from './tpm/tpm.ts';

/** What events change. */
export interface EventTargets {
  readonly facts: ProcessFacts;
  readonly modules: Parameters<typeof takeLabels>[0];
  readonly tasks: TaskTable;
  readonly hooks: HookList;
  readonly filesystems: Filesystems;
  readonly peers: Peers;
  readonly ipc: IpcObjects;
  readonly namedMakers: NamedMakers;
  readonly keyMakers: KeyMakers;
  readonly uses: FileUses;
  readonly reads: FileReads;
  readonly openFiles: OpenFiles;
  readonly keys: KeyCalls;
  readonly encryptedKeys: EncryptedKeys;
  readonly userNamespaces: TaskUserNamespaces;
  readonly syscalls: LsmSyscalls;
  readonly tpm?: Tpm;
  /** What was remembered. */
  bringBack(): void;
  find(tid: Tid): Task | undefined;
  taskOf(caller: TaskId): Task;
}

/** begin_new_exec() of fs/exec.c, then elf_load() of fs/binfmt_elf.c. */
function executed(stack: EventTargets, task: Task, file: ExecFile | undefined): void {
  const { inherited = [], mapped } = file?.call ?? {};
  if (inherited.length > 0) stack.openFiles.note(task, notedAtExec(file));
  if (mapped !== undefined) stack.openFiles.executes(task);
  const descriptors =
    inherited.length === 0 || file === undefined ? [] : stack.hooks.collect('bprmCommittingCreds', task, file);
  stack.hooks.notify('bprmCommittedCreds', task, file);
  const caller = mapped === undefined ? undefined : stack.facts.caller(task.tid);
  const refused =
    caller !== undefined &&
    file !== undefined &&
    mappedBy(file).some((about) => stack.hooks.deny('mmapFile', task, about, caller) !== undefined);
  stack.openFiles.executed(task, { descriptors: descriptors.flat(), program: refused });
}

/** Segments of the program (of a script, of its interpreter), then of its loader, as far as the call tells of them. */
function mappedBy({ path, device, mode, inode, call }: ExecFile): HookArguments<'mmapFile'>[1][] {
  const own =
    device === undefined || mode === undefined || inode === undefined ? undefined : { path, device, mode, inode };
  const program = call?.interpreters.at(-1) ?? own;
  const parts = [program && { file: program, mapped: call?.mapped ?? [] }, call?.loader];
  return parts.flatMap((part) => (part && hasKnownFilesystem(part.file.inode) ? segmentsOf(part) : []));
}

const segmentsOf = ({ file, mapped }: LoaderFacts): HookArguments<'mmapFile'>[1][] =>
  mapped.map((protection, index) => ({
    ...{ file, flags: 0, descriptor: PROGRAM, mapFlags: MAP_PRIVATE, protection },
    ...(index > 0 && { again: true as const }),
  }));

/** @returns 0 for a process event, its return value for a system call. */
export function applyEvent(
  stack: EventTargets,
  event: StackEvent,
  announce: (event: StackEvent) => void,
): Result<number> {
  switch (event.kind) {
    case 'enter':
      announce(event);
      stack.tasks.enter(event.task);
      return 0;
    case 'fork': {
      const parent = stack.find(event.parent);
      announce(event);
      // The parent is not in the table any more: the child is entered like a process from outside.
      if (parent === undefined) stack.tasks.enter(event.child);
      else stack.keyMakers.forked(parent, stack.tasks.fork(parent, event.child, event.sharesMm));
      return 0;
    }
    case 'exec': {
      const task = stack.find(event.formerTid ?? event.tid) ?? stack.taskOf({ tid: event.tid, tgid: event.tid });
      announce(event);
      stack.tasks.exec(task);
      stack.keyMakers.executed(task);
      executed(stack, task, event.file);
      return 0;
    }
    case 'exit': {
      const task = stack.find(event.tid);
      if (task !== undefined) stack.userNamespaces.beforeExit(task);
      announce(event);
      stack.tasks.exit(event.tid);
      return 0;
    }
    case 'user-namespace': {
      const task = stack.taskOf(event.task);
      announce(event);
      stack.userNamespaces.set(task, event.userNamespace);
      return 0;
    }
    case 'labels': {
      const task = stack.taskOf(event.task);
      announce(event);
      takeLabels(stack.modules, task, event.labels);
      return 0;
    }
    case 'mount':
      return stack.filesystems.mountAgain(event);
    case 'released':
      announce(event);
      stack.filesystems.release(event.type, event.instance);
      return 0;
    case 'maker-note': {
      const maker = stack.find(event.tid);
      announce(event);
      if (event.from !== undefined) stack.namedMakers.found(event.from, event.object);
      else if (maker !== undefined && event.numbered === true)
        stack.namedMakers.noteNext(maker, event.object, event.user);
      else if (maker !== undefined) stack.namedMakers.note(maker, event.object, event.user);
      return 0;
    }
    case 'sockets':
    case 'descriptors':
    case 'key-note':
    case 'ipc': {
      const maker = stack.find(event.tid);
      announce(event);
      if (maker === undefined) return 0;
      if (event.kind === 'ipc') stack.ipc.note(maker, event);
      else if (event.kind === 'key-note')
        stack.keyMakers.note(maker, event.note, (process) => stack.find(tidOf(process)));
      else if (event.kind === 'sockets') stack.peers.note(maker, event.sockets);
      else stack.openFiles.note(maker, event.open);
      return 0;
    }
    case 'file-use':
      stack.taskOf(event.context.caller);
      announce(event);
      return stack.uses.decide(event);
    case 'file-read':
      announce(event);
      stack.reads.answer(event);
      return 0;
    case 'encrypted-key':
      announce(event);
      stack.encryptedKeys.set(event.description, event.payload);
      return 0;
    case 'tpm-lost':
      announce(event);
      // What the driver of a TPM that is a process says when that is gone (tpm_vtpm_proxy).
      stack.tpm?.fail(E.EPIPE);
      return 0;
    case 'tpm-registers':
      announce(event);
      stack.tpm?.changed(event.registers);
      return 0;
    case 'reset':
      announce(event);
      stack.bringBack();
      return 0;
    case 'key':
      stack.taskOf(event.caller);
      announce(event);
      return stack.keys.apply(event);
    case 'prctl': {
      const task = stack.taskOf(event.caller);
      announce(event);
      return stack.hooks.first('taskPrctl', task, event.option, event.argument, event.caller);
    }
    case 'lsm_set_self_attr':
      stack.taskOf(event.caller);
      announce(event);
      return stack.syscalls.applySetSelfAttr(event);
    case 'lsm_unshare':
      stack.taskOf(event.caller);
      announce(event);
      return stack.syscalls.applyUnshare(event);
  }
}
