/**
 * What a task does to ordinary files: the selinux_inode_*() and selinux_file_open() hooks of security/selinux/hooks.c, Linux 6.12.
 *
 * A file that was never labelled is not protected (inode-label.ts says why). Every check is made in the task's
 * namespace and in those that bound it.
 */

import { type Errno, failed } from '../../../linux/errno.ts';
import { O_ACCMODE, O_APPEND, O_PATH, O_RDONLY, O_RDWR, O_WRONLY } from '../../../linux/fcntl.ts';
import { FMODE_EXEC, MAY_ACCESS, MAY_APPEND, MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessArguments, AccessHooks } from '../../framework/access/access.ts';
import { type AccessScope, commonScope } from '../../framework/access/access-scope.ts';
import { ATTR, type NewName } from '../../framework/access/file-access.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import { type ActingTask, entryFields, inodeFields, nameField, pathFields } from '../../framework/audit/lsm-audit.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { type InodeFacts, KNOWN_BY_PATH, type NewInode } from '../../framework/files/inode.ts';
import type { Task } from '../../framework/task.ts';
import { FS_USE_TASK, FS_USE_TRANS } from '../decide/index.ts';
import type { SelinuxState } from '../decide/state.ts';
import { checkEach, type TaskSecurity } from '../namespaces/task-security.ts';
import { type Sid, transitionNames } from '../policy/index.ts';
import { checkCapability } from './capability.ts';
import { opensFiles } from './exec.ts';
import type { FileHooks } from './file-security.ts';
import { isLabelled, KERNEL_MADE, newInodeSid, type SidByProcess } from './inode-label.ts';
import { classOfInode } from './socket-class.ts';
import { superblockLabels } from './superblock.ts';

export interface FileAccessHost {
  readonly securityOf: (task: Task) => TaskSecurity;
  readonly sidByProcess: SidByProcess;
  readonly files: FileHooks;
}

const AUDIT_ACCESS = 'audit_access';
/** Ways to label files by their maker and filesystem. */
const WITHOUT_PATHS: ReadonlySet<number> = new Set([FS_USE_TRANS, FS_USE_TASK]);

/** By what a task is judged: its label and the label it wishes for new files, in each namespace that has a say. */
export function accessSubject(security: TaskSecurity): string {
  const { namespace, current, fscreate, outer } = security;
  const own = `${namespace.number}:${current}:${fscreate}`;
  return outer === undefined || !namespace.rules.bounded ? own : `${own} ${accessSubject(outer)}`;
}

/** The stored label decides, or what takes its place: inode-label.ts. */
export function accessScope({ namespace, outer }: TaskSecurity): AccessScope {
  const around = outer === undefined || !namespace.rules.bounded ? 'nothing' : accessScope(outer);
  const { loaded } = namespace.state;
  if (loaded === undefined) return around;
  const { objectContexts, filenameTransitions } = loaded.state.db;
  const uniform: string[] = [];
  const byDefault: string[] = [];
  for (const { name, behaviour } of objectContexts.fsUses) {
    if (WITHOUT_PATHS.has(behaviour) && name !== KERNEL_MADE) uniform.push(name);
    else if (!KNOWN_BY_PATH.has(name)) byDefault.push(name); // pathSid() of inode-label.ts
  }
  const own = {
    attributes: [namespace.attribute],
    uniform,
    byDefault,
    named: transitionNames(filenameTransitions),
    rules: [],
  };
  return commonScope([own, around]);
}

export class FileAccess {
  readonly #host: FileAccessHost;

  constructor(host: FileAccessHost) {
    this.#host = host;
  }

  get hooks(): AccessHooks {
    return {
      inodePermission: (task, { file, mask }, caller) => {
        const permissions = maskPermissions(file.inode, mask);
        const unrecorded = (mask & MAY_ACCESS) === 0 ? undefined : AUDIT_ACCESS;
        return this.check(task, file, permissions, inodeFields(file.inode), caller, unrecorded);
      },
      inodeFollowLink: (task, { file }, caller) => this.check(task, file, ['read'], entryFields(file.inode), caller),
      inodeReadlink: (task, { file }, caller) => this.check(task, file, ['read'], entryFields(file.inode), caller),
      inodeGetattr: (task, { file }, caller) =>
        this.check(task, file, ['getattr'], pathFields(file.path, file.inode), caller),
      inodeSetattr: (task, about, caller) => this.#setattr(task, about, caller),
      inodeCreate: (task, name, caller) => this.#create(task, name, caller),
      inodeMkdir: (task, name, caller) => this.#create(task, name, caller),
      inodeMknod: (task, name, caller) => this.#create(task, name, caller),
      inodeSymlink: (task, name, caller) => this.#create(task, name, caller),
      inodeLink: (task, { directory, file }, caller) => {
        const details = entryFields(file.inode);
        return (
          this.check(task, directory, ['add_name', 'search'], details, caller) ??
          this.check(task, file, ['link'], details, caller)
        );
      },
      inodeUnlink: (task, about, caller) => this.#remove(task, about, 'unlink', caller),
      inodeRmdir: (task, about, caller) => this.#remove(task, about, 'rmdir', caller),
      inodeRename: (task, about, caller) => this.#rename(task, about, caller),
      inodeGetxattr: (task, { file }, caller) => this.check(task, file, ['getattr'], entryFields(file.inode), caller),
      inodeListxattr: (task, { file }, caller) => this.check(task, file, ['getattr'], entryFields(file.inode), caller),
      xattrChange: (task, { file }, caller) => this.check(task, file, ['setattr'], entryFields(file.inode), caller),
      inodeFileAttr: (task, { file, changes }, caller) =>
        this.check(task, file, [changes ? 'setattr' : 'getattr'], entryFields(file.inode), caller),
      capable: (task, { capability, ...how }, caller) =>
        checkCapability(this.#host.securityOf(task), capability, caller, how),
      fileOpen: (task, about, caller) => this.#open(task, about, caller),
    };
  }

  check(
    task: Task,
    { inode }: FileFacts,
    permissions: readonly string[],
    details: string,
    caller: Caller,
    unrecorded?: string,
  ): Errno | undefined {
    const security = this.#host.securityOf(task);
    return this.checkFor(security, inode, permissions, details, caller, unrecorded);
  }

  /** The same of a task that has, or is to have, this security. */
  checkFor(
    security: TaskSecurity,
    inode: InodeFacts,
    permissions: readonly string[],
    details: string,
    caller: ActingTask,
    unrecorded?: string,
  ): Errno | undefined {
    if (permissions.length === 0) return undefined;
    return checkEach(security, (entry) => this.#checkEntry(entry, inode, permissions, details, caller, unrecorded));
  }

  #setattr(task: Task, { file, attributes }: AccessArguments['inodeSetattr'], caller: Caller): Errno | undefined {
    const { MODE, UID, GID, SIZE, ATIME_SET, MTIME_SET, TIMES_SET, FILE } = ATTR;
    const details = entryFields(file.inode);
    if ((attributes & (MODE | UID | GID | ATIME_SET | MTIME_SET | TIMES_SET)) !== 0)
      return this.check(task, file, ['setattr'], details, caller);
    const opens = (attributes & (SIZE | FILE)) === SIZE;
    return checkEach(this.#host.securityOf(task), (entry) => {
      const permissions = opens && opensFiles(entry.namespace.state) ? ['write', 'open'] : ['write'];
      return this.#checkEntry(entry, file.inode, permissions, details, caller);
    });
  }

  /** may_create() */
  #create(task: Task, { directory, made }: NewName, caller: Caller): Errno | undefined {
    const details = nameField(made.name);
    return (
      this.check(task, directory, ['add_name', 'search'], details, caller) ??
      checkEach(this.#host.securityOf(task), (entry) => {
        const sid = this.#newSid(entry, directory.inode, made);
        if (sid === undefined) return undefined;
        return entry.namespace.state.check(caller, entry.current, sid, made.class, 'create', details);
      }) ??
      checkEach(this.#host.securityOf(task), (entry) => {
        const { state } = entry.namespace;
        const sid = this.#newSid(entry, directory.inode, made);
        if (sid === undefined || state.loaded === undefined) return undefined;
        const superblock = superblockLabels(state, state.loaded, directory.inode.filesystem);
        return state.check(caller, sid, superblock.sid, 'filesystem', 'associate', details);
      })
    );
  }

  /** may_link() with MAY_UNLINK or MAY_RMDIR */
  #remove(
    task: Task,
    { directory, file }: AccessArguments['inodeUnlink'],
    permission: string,
    caller: Caller,
  ): Errno | undefined {
    const details = entryFields(file.inode);
    return (
      this.check(task, directory, ['remove_name', 'search'], details, caller) ??
      this.check(task, file, [permission], details, caller)
    );
  }

  /** may_rename() */
  #rename(task: Task, about: AccessArguments['inodeRename'], caller: Caller): Errno | undefined {
    const { directory, file, newDirectory, newName, target } = about;
    const moves = file.inode.class === 'dir' && !isSame(directory.inode, newDirectory.inode);
    const details = entryFields(file.inode);
    const there = target === undefined ? nameField(newName) : entryFields(target.inode);
    const adds = target === undefined ? ['add_name', 'search'] : ['remove_name', 'add_name', 'search'];
    return (
      this.check(task, directory, ['remove_name', 'search'], details, caller) ??
      this.check(task, file, ['rename'], details, caller) ??
      this.check(task, file, moves ? ['reparent'] : [], details, caller) ??
      this.check(task, newDirectory, adds, there, caller) ??
      (target && this.check(task, target, [target.inode.class === 'dir' ? 'rmdir' : 'unlink'], there, caller))
    );
  }

  #open(task: Task, about: AccessArguments['fileOpen'], caller: Caller): Errno | undefined {
    const { flags, directory, made } = about;
    if ((flags & FMODE_EXEC) !== 0) return undefined; // inodePermission has said all
    const { path } = about.file;
    const inode = 'inode' in about.file ? about.file.inode : undefined;
    const permissions = openPermissions(flags);
    const withOpen = (state: SelinuxState): string[] => (opensFiles(state) ? [...permissions, 'open'] : permissions);
    return checkEach(this.#host.securityOf(task), (entry) => {
      const { state } = entry.namespace;
      if (inode !== undefined) return this.#checkEntry(entry, inode, withOpen(state), pathFields(path, inode), caller);
      if (made === undefined || directory === undefined) return undefined;
      const sid = this.#newSid(entry, directory.inode, made);
      const details = ` path=${untrusted(path)} dev=${untrusted(directory.inode.filesystem.id)}`;
      return sid === undefined
        ? undefined
        : state.check(caller, entry.current, sid, made.class, withOpen(state), details);
    });
  }

  #checkEntry(
    { namespace, current }: TaskSecurity,
    inode: InodeFacts,
    permissions: readonly string[],
    details: string,
    caller: ActingTask,
    unrecorded?: string,
  ): Errno | undefined {
    const { state } = namespace;
    const sid = state.loaded && this.#host.files.programSid(namespace, inode, state.loaded);
    if (sid === undefined) return undefined;
    return state.check(caller, current, sid, classOfInode(state, inode), permissions, details, unrecorded);
  }

  /** Of another class than the file's own, with the label of the file. */
  checkAs(
    task: Task,
    { path, inode }: FileFacts,
    objectClass: string,
    permission: string,
    caller: Caller,
  ): Errno | undefined {
    return checkEach(this.#host.securityOf(task), ({ namespace, current }) => {
      const { state } = namespace;
      const sid = state.loaded && this.#host.files.programSid(namespace, inode, state.loaded);
      if (sid === undefined) return undefined;
      return state.check(caller, current, sid, objectClass, permission, pathFields(path, inode));
    });
  }

  /** ioctl_has_perm(): of an open file. @param command 16 bits. */
  checkCommand(
    { namespace, current }: TaskSecurity,
    { path, inode }: FileFacts,
    command: number,
    caller: Caller,
  ): Errno | undefined {
    const { state } = namespace;
    const sid = state.loaded && this.#host.files.programSid(namespace, inode, state.loaded);
    if (sid === undefined) return undefined;
    return state.checkCommand(caller, current, sid, classOfInode(state, inode), command, pathFields(path, inode));
  }

  /** The label that a new file gets; `undefined` where the directory was never labelled. */
  #newSid(entry: TaskSecurity, directory: InodeFacts, made: NewInode): Sid | undefined {
    const { namespace } = entry;
    const { loaded } = namespace.state;
    if (loaded === undefined || !isLabelled(namespace, loaded, directory)) return undefined;
    const sid = newInodeSid(loaded, entry, directory, made, this.#host.sidByProcess);
    return failed(sid) ? undefined : sid;
  }
}

function isSame(one: InodeFacts, other: InodeFacts): boolean {
  return one.ino === other.ino && one.filesystem.id === other.filesystem.id;
}

/** file_mask_to_av() */
function maskPermissions({ class: objectClass }: InodeFacts, mask: number): string[] {
  const has = (bit: number, name: string): string[] => ((mask & bit) === 0 ? [] : [name]);
  const written = (mask & MAY_APPEND) === 0 || objectClass === 'dir' ? has(MAY_WRITE, 'write') : ['append'];
  return [...has(MAY_EXEC, objectClass === 'dir' ? 'search' : 'execute'), ...has(MAY_READ, 'read'), ...written];
}

/** file_to_av(), without `open`. */
export function openPermissions(flags: number): string[] {
  if ((flags & O_PATH) !== 0) return ['ioctl'];
  const mode = flags & O_ACCMODE;
  const read = mode === O_RDONLY || mode === O_RDWR ? ['read'] : [];
  const written = mode === O_WRONLY || mode === O_RDWR ? [(flags & O_APPEND) === 0 ? 'write' : 'append'] : [];
  const permissions = [...read, ...written];
  return permissions.length === 0 ? ['ioctl'] : permissions;
}
