/**
 * What a task does with open files and with memory: the selinux_file_*() and selinux_mmap_file() hooks of
 * security/selinux/hooks.c, Linux 6.12.
 */

import { CAP } from '../../../linux/capability.ts';
import type { Errno } from '../../../linux/errno.ts';
import {
  F_GETFL,
  F_GETOWN,
  F_GETOWNER_UIDS,
  F_GETSIG,
  F_SETFL,
  F_SETLEASE,
  F_SETOWN,
  F_SETSIG,
  O_APPEND,
} from '../../../linux/fcntl.ts';
import { MAY_WRITE } from '../../../linux/fs.ts';
import { FIOCLEX, FIONCLEX, IOCTL_OF_FILE } from '../../../linux/ioctl.ts';
import { LSM_MMAP_MIN_ADDR, MAP_SHARED, MAP_TYPE, PROT_EXEC, PROT_WRITE } from '../../../linux/mman.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessArguments, AccessHooks } from '../../framework/access/access.ts';
import type { OpenFile } from '../../framework/access/file-access.ts';
import { type ActingTask, pathFields } from '../../framework/audit/lsm-audit.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import type { OpenDescriptor } from '../../framework/files/open-descriptor.ts';
import type { Task } from '../../framework/task.ts';
import { checkEach, sidIn, type TaskSecurity } from '../namespaces/task-security.ts';
import { checkCapability } from './capability.ts';
import { type FileAccess, openPermissions } from './file-access.ts';

export interface OpenFileAccessHost {
  readonly securityOf: (task: Task) => TaskSecurity;
  readonly files: FileAccess;
  /** Who opened what the task has open. */
  openerOf(task: Task, opened: Pick<OpenFile, 'descriptor' | 'sender'>): Task | undefined;
  /** Is memory that was not asked to be executable not so (default_noexec)? */
  readonly protectsData: boolean;
}

const CAPABILITY_IOCTL_SKIP_CLOEXEC = 7;
const { GETATTR, SETATTR, FREE, CONSOLE } = IOCTL_OF_FILE;
/** Commands that need no more than the use of the descriptor. */
const OF_USE: ReadonlySet<number> = new Set([F_GETFL, F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG, F_GETOWNER_UIDS]);

/** Inherited descriptors that a program with this security may not have: flush_unauthorized_files(). */
export function unauthorizedFiles(
  { securityOf, files, openerOf }: Pick<OpenFileAccessHost, 'securityOf' | 'files' | 'openerOf'>,
  task: Task,
  next: TaskSecurity,
  inherited: readonly OpenFile[],
  caller: ActingTask,
): OpenDescriptor[] {
  return inherited.flatMap((opened) => {
    const { file, flags, descriptor } = opened;
    const refused =
      useOf(next, openerSecurity({ securityOf, openerOf }, task, opened), opened, caller) ??
      files.checkFor(next, file.inode, openPermissions(flags), pathFields(file.path, file.inode), caller);
    return refused === undefined || descriptor === undefined ? [] : [descriptor];
  });
}

function openerSecurity(
  { securityOf, openerOf }: Pick<OpenFileAccessHost, 'securityOf' | 'openerOf'>,
  task: Task,
  opened: OpenFile,
): TaskSecurity | undefined {
  const opener = openerOf(task, opened);
  return opener && securityOf(opener);
}

/** `fd use`, in each namespace that has a say. @param opener `undefined` = not known. */
function useOf(
  user: TaskSecurity,
  opener: TaskSecurity | undefined,
  { file: { path, inode } }: OpenFile,
  caller: ActingTask,
): Errno | undefined {
  if (opener === undefined || user === opener) return undefined;
  return checkEach(user, ({ namespace: { state }, namespace, current }) => {
    const sid = sidIn(opener, namespace);
    const isOther = state.loaded !== undefined && sid !== current;
    return isOther ? state.check(caller, current, sid, 'fd', 'use', pathFields(path, inode)) : undefined;
  });
}

export function openFileHooks({ securityOf, files, openerOf, protectsData }: OpenFileAccessHost): AccessHooks {
  const check = (task: Task, file: FileFacts, permissions: readonly string[], caller: Caller): Errno | undefined =>
    files.check(task, file, permissions, pathFields(file.path, file.inode), caller);
  /** `fd use` of file_has_perm(): may the task use what somebody else has opened? */
  const use = (task: Task, opened: OpenFile, caller: Caller): Errno | undefined =>
    useOf(securityOf(task), openerSecurity({ securityOf, openerOf }, task, opened), opened, caller);
  /** file_has_perm() */
  const checkOpen = (task: Task, opened: OpenFile, permissions: readonly string[], caller: Caller): Errno | undefined =>
    use(task, opened, caller) ?? check(task, opened.file, permissions, caller);
  const ofProcess = (task: Task, permission: string, caller: Caller): Errno | undefined =>
    checkEach(securityOf(task), ({ namespace: { state }, current }) =>
      state.check(caller, current, current, 'process', permission),
    );

  /** file_map_prot_check() */
  const mapped = (task: Task, opened: OpenFile | undefined, protection: number, shared: boolean, caller: Caller) => {
    const executes = (protection & PROT_EXEC) !== 0;
    const writes = (protection & PROT_WRITE) !== 0;
    const refused =
      protectsData && executes && (opened === undefined || (!shared && writes))
        ? ofProcess(task, 'execmem', caller)
        : undefined;
    if (refused !== undefined || opened === undefined) return refused;
    const permissions = ['read', ...(shared && writes ? ['write'] : []), ...(executes ? ['execute'] : [])];
    return checkOpen(task, opened, permissions, caller);
  };

  return {
    fileReceive: (task, opened, caller) => checkOpen(task, opened, openPermissions(opened.flags), caller),
    filePermission: (task, { mask, ...opened }, caller) => {
      const written = (opened.flags & O_APPEND) === 0 ? 'write' : 'append';
      return checkOpen(task, opened, [(mask & MAY_WRITE) === 0 ? 'read' : written], caller);
    },
    fileLock: (task, opened, caller) => checkOpen(task, opened, ['lock'], caller),
    fileFcntl: (task, { command, argument, ...opened }, caller) => {
      if (command === F_SETFL) {
        const unappends = (opened.flags & O_APPEND) !== 0 && (argument & O_APPEND) === 0;
        return checkOpen(task, opened, unappends ? ['write'] : [], caller);
      }
      if (command === F_SETLEASE) return undefined;
      return checkOpen(task, opened, OF_USE.has(command) ? [] : ['lock'], caller);
    },
    fileIoctl: (task, { command, ...opened }, caller) => {
      if (GETATTR.has(command)) return checkOpen(task, opened, ['getattr'], caller);
      if (SETATTR.has(command)) return checkOpen(task, opened, ['setattr'], caller);
      if (FREE.has(command)) return undefined;
      if (CONSOLE.has(command)) return checkCapability(securityOf(task), CAP.SYS_TTY_CONFIG, caller);
      const refused = use(task, opened, caller);
      if (refused !== undefined) return refused;
      return checkEach(securityOf(task), (entry) => {
        const { state } = entry.namespace;
        const skips = state.loaded?.state.db.capabilities.has(CAPABILITY_IOCTL_SKIP_CLOEXEC) === true;
        if (skips && (command === FIOCLEX || command === FIONCLEX)) return undefined;
        return files.checkCommand(entry, opened.file, command & 0xffff, caller);
      });
    },
    kernelLoadModule: (task, { file, flags = 0, descriptor }, caller) =>
      file === undefined
        ? checkEach(securityOf(task), ({ namespace: { state }, current }) =>
            state.check(caller, current, current, 'system', 'module_load'),
          )
        : (use(task, { file, flags, descriptor }, caller) ??
          files.checkAs(task, file, 'system', 'module_load', caller)),
    mmapFile: (task, { file, flags = 0, descriptor, protection, mapFlags }, caller) =>
      (file && check(task, file, ['map'], caller)) ??
      mapped(task, file && { file, flags, descriptor }, protection, (mapFlags & MAP_TYPE) === MAP_SHARED, caller),
    mmapAddr: (task, { address }, caller) =>
      address >= LSM_MMAP_MIN_ADDR
        ? undefined
        : checkEach(securityOf(task), ({ namespace: { state }, current }) =>
            state.check(caller, current, current, 'memprotect', 'mmap_zero'),
          ),
    fileMprotect: (task, about, caller) =>
      (protectsData ? madeExecutable(task, about, caller) : undefined) ??
      mapped(task, about.file && { file: about.file, flags: 0 }, about.protection, about.mapping.shared, caller),
  };

  function madeExecutable(
    task: Task,
    { file, protection, mapping }: AccessArguments['fileMprotect'],
    caller: Caller,
  ): Errno | undefined {
    if ((protection & PROT_EXEC) === 0 || mapping.executable) return undefined;
    if (mapping.use === 'heap') return ofProcess(task, 'execheap', caller);
    if (mapping.use === 'stack') return ofProcess(task, 'execstack', caller);
    return file !== undefined && mapping.copied ? check(task, file, ['execmod'], caller) : undefined;
  }
}
