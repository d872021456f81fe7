/**
 * What a task does with open files and with memory: the selinux_file_*() and selinux_mmap_file() hooks of
 * security/selinux/hooks.c, Linux 6.12. Who opened the file is not known: `fd use` is not asked.
 */

import { CAP } from '../../../linux/capability.ts';
import type { Errno } from '../../../linux/errno.ts';
import { F_SETFL, F_SETLEASE, F_SETOWN, F_SETSIG, O_APPEND } from '../../../linux/fcntl.ts';
import { MAY_WRITE } from '../../../linux/fs.ts';
import { FIOCLEX, FIONCLEX, IOCTL_OF_FILE } from '../../../linux/ioctl.ts';
import { MAP_SHARED, MAP_TYPE, PROT_EXEC, PROT_WRITE } from '../../../linux/mman.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessArguments, AccessHooks } from '../../framework/access/access.ts';
import { pathFields } from '../../framework/audit/lsm-audit.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import type { Task } from '../../framework/task.ts';
import { checkEach, type TaskSecurity } from '../namespaces/task-security.ts';
import { checkCapability, type FileAccess, openPermissions } from './file-access.ts';

export interface OpenFileAccessHost {
  readonly securityOf: (task: Task) => TaskSecurity;
  readonly files: FileAccess;
  /** Is memory that was not asked to be executable not so (default_noexec)? */
  readonly protectsData: boolean;
}

const CAPABILITY_IOCTL_SKIP_CLOEXEC = 7;
const { GETATTR, SETATTR, FREE, CONSOLE } = IOCTL_OF_FILE;
const UNASKED: ReadonlySet<number> = new Set([F_SETOWN, F_SETSIG, F_SETLEASE]);

export function openFileHooks({ securityOf, files, protectsData }: OpenFileAccessHost): AccessHooks {
  const check = (task: Task, file: FileFacts, permissions: readonly string[], caller: Caller): Errno | undefined =>
    files.check(task, file, permissions, pathFields(file.path, file.inode), caller);
  const ofProcess = (task: Task, permission: string, caller: Caller): Errno | undefined =>
    checkEach(securityOf(task), ({ namespace: { state }, current }) =>
      state.check(caller, current, current, 'process', permission),
    );

  /** file_map_prot_check() */
  const mapped = (task: Task, file: FileFacts | undefined, protection: number, shared: boolean, caller: Caller) => {
    const executes = (protection & PROT_EXEC) !== 0;
    const writes = (protection & PROT_WRITE) !== 0;
    const refused =
      protectsData && executes && (file === undefined || (!shared && writes))
        ? ofProcess(task, 'execmem', caller)
        : undefined;
    if (refused !== undefined || file === undefined) return refused;
    const permissions = ['read', ...(shared && writes ? ['write'] : []), ...(executes ? ['execute'] : [])];
    return check(task, file, permissions, caller);
  };

  return {
    fileReceive: (task, { file, flags }, caller) => check(task, file, openPermissions(flags), caller),
    filePermission: (task, { file, mask, flags }, caller) => {
      const written = (flags & O_APPEND) === 0 ? 'write' : 'append';
      return check(task, file, [(mask & MAY_WRITE) === 0 ? 'read' : written], caller);
    },
    fileLock: (task, { file }, caller) => check(task, file, ['lock'], caller),
    fileFcntl: (task, { file, command, argument, flags }, caller) => {
      if (command === F_SETFL) {
        const unappends = (flags & O_APPEND) !== 0 && (argument & O_APPEND) === 0;
        return unappends ? check(task, file, ['write'], caller) : undefined;
      }
      return UNASKED.has(command) ? undefined : check(task, file, ['lock'], caller);
    },
    fileIoctl: (task, { file, command }, caller) => {
      if (GETATTR.has(command)) return check(task, file, ['getattr'], caller);
      if (SETATTR.has(command)) return check(task, file, ['setattr'], caller);
      if (FREE.has(command)) return undefined;
      if (CONSOLE.has(command)) return checkCapability(securityOf(task), CAP.SYS_TTY_CONFIG, caller);
      return checkEach(securityOf(task), (entry) => {
        const { state } = entry.namespace;
        const skips = state.loaded?.state.db.capabilities.has(CAPABILITY_IOCTL_SKIP_CLOEXEC) === true;
        if (skips && (command === FIOCLEX || command === FIONCLEX)) return undefined;
        return files.checkCommand(entry, file, command & 0xffff, caller);
      });
    },
    mmapFile: (task, { file, protection, flags }, caller) =>
      (file && check(task, file, ['map'], caller)) ??
      mapped(task, file, protection, (flags & MAP_TYPE) === MAP_SHARED, caller),
    fileMprotect: (task, about, caller) =>
      (protectsData ? madeExecutable(task, about, caller) : undefined) ??
      mapped(task, about.file, about.protection, about.mapping.shared, caller),
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
