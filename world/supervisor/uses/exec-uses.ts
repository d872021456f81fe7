/**
 * How execve(2) uses files: the program, its interpreters, and what is mapped of an ELF program and its loader (fs/exec.c,
 * fs/binfmt_elf.c).
 */
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_NOFOLLOW } from '../../../linux/fcntl.ts';
import { MAY_EXEC } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { PROT_EXEC } from '../../../linux/mman.ts';
import { S_ISGID, S_ISUID, S_IXGRP } from '../../../linux/stat.ts';
import { commOf } from '../../../lsm/framework/audit/lsm-audit.ts';
import type { TaskIds } from '../../../lsm/framework/files/file-use.ts';
import { interpreterOf, MOST_INTERPRETERS } from '../../../lsm/framework/files/script.ts';
import type { InspectedFile } from '../caller/file-inspector.ts';
import { type CallerRights, mayAccess } from './caller-rights.ts';
import { elfProgram } from './elf.ts';
import type { Used, UseLookup, UsePart } from './use-lookup.ts';

/** The program of an execve(2), when a handler has looked at it. */
export interface ExecutedProgram {
  /** As the caller names it. */
  readonly name: string;
  /** O_PATH */
  readonly fd: number;
  /** With all of its attributes. */
  readonly file: InspectedFile;
}

export interface ExecUsesContext {
  readonly lookup: UseLookup;
  readonly caller: CallerRights | undefined;
  /** Content of a file as far as its format is told by it. */
  head(fd: number): string;
  add(used: Used, part: UsePart): void;
}

/** @param path as the caller gives it; `undefined` = empty. @param executed the program, when it is known already. */
export function execUses(
  context: ExecUsesContext,
  dirfd: CallerFd,
  path: string | undefined,
  flags: number,
  executed: ExecutedProgram | undefined,
): void {
  const { lookup, caller } = context;
  const byDescriptor = path === undefined && (flags & AT_EMPTY_PATH) !== 0;
  if (path === undefined && !byDescriptor) return;
  const noFollow = (flags & AT_SYMLINK_NOFOLLOW) === 0 ? 0 : O_NOFOLLOW;
  let program =
    executed !== undefined
      ? lookup.used(executed.fd, executed.file)
      : path === undefined
        ? lookup.descriptor(dirfd)
        : lookup.resolve(dirfd, path, noFollow);
  const ids = caller?.ids;
  const comm = commOf(path ?? '');
  for (let count = 0; program !== undefined && count < MOST_INTERPRETERS; count++) {
    if (!mayAccess(caller, program.file, MAY_EXEC)) return;
    const head = context.head(program.fd);
    context.add(program, { hook: 'open', mask: MAY_EXEC });
    if (program.file.content.writers) return; // ETXTBSY
    context.add(program, { hook: 'exec', mask: MAY_EXEC });
    context.add(program, { hook: 'creds', mask: MAY_EXEC, ...(ids && { ids: afterExec(ids, program) }) });
    const interpreter = interpreterOf(head);
    if (interpreter === undefined) loadUses(context, program, head, comm);
    program = interpreter === undefined ? undefined : lookup.resolve(AT_FDCWD, interpreter, 0);
  }
}

function loadUses({ lookup, add }: ExecUsesContext, program: Used, head: string, comm: string): void {
  const elf = elfProgram(head);
  if (elf === undefined) return;
  const loader = elf.interpreter === undefined ? undefined : lookup.resolve(AT_FDCWD, elf.interpreter, 0);
  if (loader !== undefined) add(loader, { hook: 'open', mask: MAY_EXEC });
  for (const used of elf.segments.some((protection) => (protection & PROT_EXEC) !== 0) ? [program, loader] : [loader]) {
    if (used === undefined) continue;
    // These hooks run when the task has the new program already.
    const part = { mask: MAY_EXEC, program: { comm, exe: program.file.path } };
    add(used, { hook: 'mmap-requested', ...part });
    add(used, { hook: 'mmap', ...part });
  }
}

/** Ids after an execve(2) that succeeds (bprm_fill_uid()); no_new_privs and tracers are left out. */
function afterExec(ids: TaskIds, { file: { mode, inode }, nosuid }: Used): TaskIds {
  const { uid, gid } = inode;
  const euid = !nosuid && (mode & S_ISUID) !== 0 ? uid : ids.euid;
  const egid = !nosuid && (mode & S_ISGID) !== 0 && (mode & S_IXGRP) !== 0 ? gid : ids.egid;
  return { ...ids, euid, suid: euid, fsuid: euid, egid, sgid: egid, fsgid: egid };
}
