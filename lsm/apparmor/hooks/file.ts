/**
 * Mediation of files by path, of emulated filesystems and ordinary ones.
 *
 * Model: apparmor_file_open() and the apparmor_path_*() hooks of security/apparmor/lsm.c, Linux 6.12. Unconfined tasks
 * are not asked about.
 */

import type { Errno } from '../../../linux/errno.ts';
import { FMODE_EXEC } from '../../../linux/fs.ts';
import { S_IFDIR, S_IFMT } from '../../../linux/stat.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { GuardedFile, PathChange } from '../../../vfs/tree/guarded.ts';
import type { AccessArguments, AccessHooks } from '../../framework/access/access.ts';
import type { AccessScope } from '../../framework/access/access-scope.ts';
import type { NewName } from '../../framework/access/file-access.ts';
import type { PathAutomata } from '../../framework/access/path-automaton.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import type { Task } from '../../framework/task.ts';
import { type FileRequest, fileAccess, linkAccess } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import { formatLabel, MAY } from '../policy/index.ts';
import type { Profile } from '../policy/namespace.ts';
import type { FileOperation } from '../policy/records.ts';
import { hasPath } from './has-path.ts';
import { openRequest } from './open-request.ts';

/** What a change asks for. */
const CHANGES: Readonly<Record<PathChange, number>> = {
  mkdir: MAY.CREATE,
  rmdir: MAY.DELETE,
  truncate: MAY.WRITE | MAY.SETATTR,
  chmod: MAY.CHMOD,
  chown: MAY.CHOWN,
};

/** MAY_READ | AA_MAY_GETATTR | MAY_WRITE | AA_MAY_SETATTR | AA_MAY_DELETE */
const RENAMED = MAY.READ | MAY.GETATTR | MAY.WRITE | MAY.SETATTR | MAY.DELETE;
const RENAMED_TO = MAY.WRITE | MAY.SETATTR | MAY.CREATE;

export interface FileMediationHost {
  readonly security: ApparmorSecurity;
  readonly automata: Pick<PathAutomata, 'numberOf'>;
  /** Path of a file of apparmorfs within the filesystem that holds policy, which is mounted nowhere; `undefined` for any other file. */
  policyPath(path: string): string | undefined;
  /** An ordinary file is about to be opened. */
  opens(task: Task, file: FileFacts): void;
  kill(task: Task): void;
}

export class FileMediation {
  readonly #host: FileMediationHost;

  constructor(host: FileMediationHost) {
    this.#host = host;
  }

  /** What is asked by path of ordinary files, and of emulated ones `fileOpen`; where these are asked about by themselves, that counts. */
  get hooks(): AccessHooks {
    const { CREATE, DELETE, WRITE, SETATTR, GETATTR, CHMOD, CHOWN } = MAY;
    const made =
      (operation: FileOperation): NonNullable<AccessHooks['pathMknod']> =>
      (task, name, caller) =>
        this.#decide(task, newFile(name, caller), { operation, request: CREATE }, caller);
    const changed =
      (operation: FileOperation, request: number): NonNullable<AccessHooks['pathChmod']> =>
      (task, { file }, caller) =>
        hasPath(file) || isNamespace(file)
          ? this.#decide(task, owned(file), { operation, request }, caller)
          : undefined;
    const unlessServed =
      (hook: NonNullable<AccessHooks['pathChmod']>): NonNullable<AccessHooks['pathChmod']> =>
      (task, about, caller) =>
        about.file.served === true ? undefined : hook(task, about, caller);
    return {
      fileOpen: (task, { file, flags, directory }, caller) => {
        if ((flags & FMODE_EXEC) !== 0) return undefined; // left to the transition
        if (!('inode' in file)) {
          const place = directory?.disconnected && { disconnected: directory.disconnected };
          return this.open(task, { ...file, ...place }, flags, caller);
        }
        if (file.served === true) return undefined;
        if (!hasPath(file) && !isNamespace(file) && file.disconnected !== true) return undefined;
        this.#host.opens(task, file);
        return this.open(task, owned(file), flags, caller);
      },
      inodeGetattr: changed('getattr', GETATTR),
      pathMknod: made('mknod'),
      pathMkdir: (task, about, caller) =>
        about.directory.served === true ? undefined : made('mkdir')(task, about, caller),
      pathSymlink: made('symlink'),
      pathUnlink: changed('unlink', DELETE),
      pathRmdir: unlessServed(changed('rmdir', DELETE)),
      pathTruncate: unlessServed(changed('truncate', WRITE | SETATTR)),
      pathChmod: unlessServed(changed('chmod', CHMOD)),
      pathChown: unlessServed(changed('chown', CHOWN)),
      pathLink: (task, about, caller) => this.#link(task, about, caller),
      pathRename: (task, about, caller) => this.#rename(task, about, caller),
    };
  }

  /** What decides about a task: its label, and whose files are its own. */
  subject(task: Task, caller: Caller): string {
    return `${this.object(task)} ${caller.uid}`;
  }

  /** Its label. */
  object(task: Task): string {
    const label = this.#host.security.labels(task).label.newest();
    return formatLabel(this.#host.security.policy.root, label, { mode: false });
  }

  /**
   * Unconfined tasks are not asked about; others are judged by path and owner. What was recorded of an open file is not recorded
   * again (struct aa_file_ctx), so where recorded things are allowed more counts, and where threads of a process have different labels.
   */
  scope(task: Task): AccessScope {
    const { security, automata } = this.#host;
    const label = security.labels(task).label.newest();
    if (label.unconfined) return 'nothing';
    for (const thread of task.process.threads.values())
      if (!security.labels(thread).label.newest().equals(label)) return undefined;
    if (label.profiles.some(mayRecordAllowed)) return undefined;
    const rules = label.profiles.flatMap(({ rules: { file }, unconfined }) =>
      unconfined || file === undefined ? [] : [{ automaton: automata.numberOf(file.dfa), start: file.fileStart }],
    );
    return { attributes: [], uniform: 'all', byDefault: [], named: [], rules };
  }

  /**
   * Source and destination, in exchanges both ways; the destination is judged as the file that comes there, but by the owner of the
   * first one (apparmor_path_rename()).
   */
  #rename(task: Task, about: AccessArguments['pathRename'], caller: Caller): Errno | undefined {
    const { file, newDirectory, newName, exchanged } = about;
    const path = below(newDirectory, newName);
    const { uid } = owned(file);
    const pair = (moved: FileFacts, from: string, to: string): Errno | undefined =>
      this.#decide(task, { ...owned(moved), uid, path: from }, { operation: 'rename_src', request: RENAMED }, caller) ??
      this.#decide(task, { ...owned(moved), uid, path: to }, { operation: 'rename_dest', request: RENAMED_TO }, caller);
    return (exchanged && pair(exchanged, path, file.path)) ?? pair(file, file.path, path);
  }

  #link(task: Task, { file, directory, name }: AccessArguments['pathLink'], caller: Caller): Errno | undefined {
    const { security, kill } = this.#host;
    const label = security.labels(task).label.newest();
    if (label.unconfined) return undefined;
    const owners = { fsuid: caller.uid, ouid: file.inode.uid };
    const target = { path: nameOf(file), deleted: isNameless(file) };
    const verdict = linkAccess(label, below(directory, name), target, owners, security.auditFile(caller));
    if (verdict.kill) kill(task);
    return verdict.error;
  }

  open(task: Task, file: Judged, flags: number, caller: Caller): Errno | undefined {
    this.#host.security.refresh(task);
    return this.#decide(task, file, { operation: 'open', request: openRequest(flags) }, caller);
  }

  change(task: Task, file: GuardedFile, change: PathChange, caller: Caller): Errno | undefined {
    return this.#decide(task, file, { operation: change, request: CHANGES[change] }, caller);
  }

  #decide(task: Task, file: Judged, access: FileRequest, caller: Caller): Errno | undefined {
    const { security, policyPath, kill } = this.#host;
    const label = security.labels(task).label.newest();
    if (label.unconfined) return undefined;
    const unmounted = policyPath(file.path);
    const subject = {
      path: unmounted ?? file.path,
      disconnected: unmounted !== undefined || file.disconnected === true,
      directory: (file.mode & S_IFMT) === S_IFDIR,
      ouid: file.uid,
      fsuid: caller.uid,
    };
    const verdict = fileAccess(label, subject, access, security.auditFile(caller));
    if (verdict.kill) kill(task);
    return verdict.error;
  }
}

type Judged = GuardedFile & Pick<FileFacts, 'disconnected'>;

function owned(file: FileFacts): Judged {
  const { mode, inode, disconnected } = file;
  // Namespaces have no names.
  return isNamespace(file)
    ? { path: '', mode, uid: inode.uid, disconnected: true }
    : { path: nameOf(file), mode, uid: inode.uid, ...(disconnected && { disconnected }) };
}

const mayRecordAllowed = ({ mode, rules, unconfined }: Profile): boolean =>
  !unconfined && (mode === 'complain' || rules.auditAll || rules.file?.recordsGranted === true);

const isNamespace = ({ inode }: FileFacts): boolean => inode.filesystem.type === 'nsfs';

/** d_absolute_path(): unlike d_path() it says the same of a file that has no name any more, or has none yet. */
const nameOf = (file: FileFacts): string => (isNameless(file) ? file.inode.path : file.path);

/** It has no name any more, or none yet. */
const isNameless = ({ path, inode }: FileFacts): boolean => path === `${inode.path} (deleted)`;

function below({ path }: Pick<FileFacts, 'path'>, name: string): string {
  return `${path.replace(/\/$/, '')}/${name}`;
}

/** Its owner will be who makes it. */
function newFile({ directory, made }: NewName, { uid }: Caller): GuardedFile {
  return { path: below(directory, made.name), mode: made.class === 'dir' ? S_IFDIR : 0, uid };
}
