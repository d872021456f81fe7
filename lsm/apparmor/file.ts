/**
 * Mediation of files by path, as far as files pass through us: the emulated filesystems.
 *
 * Model: apparmor_file_open() and the apparmor_path_*() hooks of security/apparmor/lsm.c, Linux 6.12. Unconfined tasks are not asked about. Files
 * that are open stay usable when the label changes; the kernel would look again.
 */
import type { Caller } from '../../vfs/caller.ts';
import type { Errno } from '../../vfs/errno.ts';
import { O_APPEND, O_CREAT, O_TRUNC, opensForReading, opensForWriting } from '../../vfs/flags.ts';
import type { PathChange, PathFacts } from '../../vfs/guarded.ts';
import { S_IFDIR, S_IFMT } from '../../vfs/node.ts';
import type { Task } from '../core/task.ts';
import { type FileAccess, fileAccess, MAY } from './policy/index.ts';
import type { ApparmorSecurity } from './security.ts';

/** What a change asks for. */
const CHANGES: Readonly<Record<PathChange, number>> = {
  mkdir: MAY.CREATE,
  rmdir: MAY.DELETE,
  truncate: MAY.WRITE | MAY.SETATTR,
  chmod: MAY.CHMOD,
  chown: MAY.CHOWN,
};

export interface FileMediationHost {
  readonly security: ApparmorSecurity;
  /** Path of a file of apparmorfs within the filesystem that holds policy, which is mounted nowhere; `undefined` for any other file. */
  policyPath(path: string): string | undefined;
  kill(task: Task): void;
}

export class FileMediation {
  readonly #host: FileMediationHost;

  constructor(host: FileMediationHost) {
    this.#host = host;
  }

  open(task: Task, file: PathFacts, flags: number, caller: Caller): Errno | undefined {
    this.#host.security.refresh(task);
    return this.#decide(task, file, { operation: 'open', request: openRequest(flags) }, caller);
  }

  change(task: Task, file: PathFacts, change: PathChange, caller: Caller): Errno | undefined {
    return this.#decide(task, file, { operation: change, request: CHANGES[change] }, caller);
  }

  #decide(task: Task, file: PathFacts, access: FileAccess, caller: Caller): Errno | undefined {
    const { security, policyPath, kill } = this.#host;
    const label = security.labels(task).label.newest();
    if (label.unconfined) return undefined;
    const unmounted = policyPath(file.path);
    const subject = {
      path: unmounted ?? file.path,
      disconnected: unmounted !== undefined,
      directory: (file.mode & S_IFMT) === S_IFDIR,
      ouid: file.uid,
      fsuid: caller.uid,
    };
    const verdict = fileAccess(label, subject, access, security.auditFile(caller));
    if (verdict.kill) kill(task);
    return verdict.error;
  }
}

/** aa_map_file_to_perms() */
function openRequest(flags: number): number {
  const written = (flags & O_APPEND) === 0 ? MAY.WRITE : MAY.APPEND;
  return (
    (opensForReading(flags) ? MAY.READ : 0) |
    (opensForWriting(flags) ? written : 0) |
    ((flags & O_TRUNC) === 0 ? 0 : MAY.WRITE) |
    ((flags & O_CREAT) === 0 ? 0 : MAY.CREATE)
  );
}
