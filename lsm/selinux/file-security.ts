/**
 * security.selinux of ordinary files, and label options of mounts: the selinux_inode_* and selinux_sb_* hooks of security/selinux/hooks.c.
 */
import { bytesOf, textOf } from '../../vfs/bytes.ts';
import { CAP, type Caller, capable } from '../../vfs/caller.ts';
import { E, type Errno, failed, type Result } from '../../vfs/errno.ts';
import type { InodeClass, InodeFacts, MountLabels, SecurityXattr } from '../core/inode.ts';
import type { Task } from '../core/task.ts';
import { AUDIT_SELINUX_ERR, untrusted } from './audit.ts';
import { formatContext, validateTransition } from './decide/index.ts';
import { inodeSid, isLabelled, newInodeSid, policyClass, type SidOfProcess } from './inode-label.ts';
import { XATTR_SELINUX } from './labels.ts';
import type { LoadedPolicy } from './load.ts';
import type { SelinuxState } from './state.ts';
import { mountLabelsProblem, superblockLabels } from './superblock.ts';
import { SECSID_NULL, type TaskSecurity } from './task-security.ts';

export interface FileHooksHost {
  readonly state: SelinuxState;
  readonly securityOf: (task: Task) => TaskSecurity;
  readonly sidOfProcess: SidOfProcess;
}

export class FileHooks {
  readonly #host: FileHooksHost;

  constructor(host: FileHooksHost) {
    this.#host = host;
  }

  sidOf(inode: InodeFacts, loaded: LoadedPolicy): number {
    return inodeSid(this.#host.state, loaded, inode, this.#host.sidOfProcess);
  }

  /** The label that decides who may execute the file; `undefined` for one that was never labelled. */
  programSid(inode: InodeFacts, loaded: LoadedPolicy): number | undefined {
    return isLabelled(this.#host.state, loaded, inode) ? this.sidOf(inode, loaded) : undefined;
  }

  list(): readonly string[] {
    return this.#host.state.loaded === undefined ? [] : [XATTR_SELINUX];
  }

  get(task: Task, inode: InodeFacts, name: string, caller: Caller): Result<Uint8Array> {
    const { state, securityOf } = this.#host;
    const { loaded } = state;
    if (name !== XATTR_SELINUX || loaded === undefined) return E.EOPNOTSUPP;
    const sid = this.sidOf(inode, loaded);
    const own = securityOf(task).current;
    const refused = isLabelled(state, loaded, inode)
      ? state.check(caller, own, sid, inode.class, 'getattr', inodeDetails(inode))
      : undefined;
    if (refused !== undefined) return refused;
    const text = state.sidToContext(sid, state.hasMacAdmin(caller, own, false));
    return failed(text) ? text : bytesOf(`${text}\0`);
  }

  set(task: Task, inode: InodeFacts, name: string, value: Uint8Array, caller: Caller): Errno | undefined {
    if (name !== XATTR_SELINUX) return undefined;
    const { state, securityOf } = this.#host;
    const { loaded } = state;
    const owner = caller.uid === inode.uid || capable(caller, CAP.FOWNER);
    if (loaded === undefined) return owner ? undefined : E.EPERM;
    const superblock = superblockLabels(state, loaded, inode.filesystem);
    if (!superblock.canLabel) return E.EOPNOTSUPP;
    if (!owner) return E.EPERM;
    const own = securityOf(task).current;
    const oldSid = this.sidOf(inode, loaded);
    const details = inodeDetails(inode);
    const from = state.check(caller, own, oldSid, inode.class, 'relabelfrom', details);
    if (from !== undefined) return from;
    const newSid = this.#toSid(value, own, caller);
    if (failed(newSid)) return newSid;
    return (
      state.check(caller, own, newSid, inode.class, 'relabelto', details) ??
      this.#validate(loaded, [oldSid, newSid, own], inode.class) ??
      state.check(caller, newSid, superblock.sid, 'filesystem', 'associate', details)
    );
  }

  /** A label cannot be taken away. */
  remove(name: string): Errno | undefined {
    return name === XATTR_SELINUX && this.#host.state.loaded !== undefined ? E.EACCES : undefined;
  }

  /**
   * Nothing is stored with a file that would be taken for the same without it. Nor, as a deviation from the kernel, in a directory that
   * was never labelled, unless the task asks for a label or the file is of another type than it would be taken for: the disks of people who
   * only try something stay as they are, and there the labels of new files differ from the kernel's in user and range at most.
   */
  init(task: Task, directory: InodeFacts, objectClass: InodeClass, name: string): readonly SecurityXattr[] {
    const { state, securityOf, sidOfProcess } = this.#host;
    const { loaded } = state;
    if (loaded === undefined || !superblockLabels(state, loaded, directory.filesystem).canLabel) return [];
    const security = securityOf(task);
    const sid = newInodeSid(state, loaded, security, directory, objectClass, name, sidOfProcess);
    if (failed(sid)) return [];
    const path = `${directory.path.replace(/\/$/, '')}/${name}`;
    const unlabelled = this.sidOf({ ...directory, class: objectClass, path, xattrs: {} }, loaded);
    if (sid === unlabelled) return [];
    const asked =
      security.fscreate !== SECSID_NULL ||
      directory.xattrs[XATTR_SELINUX] !== undefined ||
      loaded.sids.context(sid)?.type !== loaded.sids.context(unlabelled)?.type;
    if (!asked) return [];
    const text = state.sidToContext(sid, true);
    return failed(text) ? [] : [{ name: XATTR_SELINUX, value: bytesOf(`${text}\0`) }];
  }

  mount(task: Task, type: string, labels: MountLabels, caller: Caller): Errno | undefined {
    const { state, securityOf } = this.#host;
    const problem = mountLabelsProblem(state, type, labels);
    const { loaded } = state;
    if (problem !== undefined || loaded === undefined) return problem;
    const own = securityOf(task).current;
    const before = superblockLabels(state, loaded, { type, id: type });
    for (const [name, text] of Object.entries(labels)) {
      const sid = state.contextToSid(text);
      if (failed(sid)) return sid;
      const from = state.check(caller, own, before.sid, 'filesystem', 'relabelfrom');
      if (from !== undefined) return from;
      // Labels of files must fit the filesystem, the label of the filesystem is the task's to give.
      const to =
        name === 'fscontext' || name === 'context'
          ? state.check(caller, own, sid, 'filesystem', 'relabelto')
          : state.check(caller, sid, before.sid, 'filesystem', 'associate');
      if (to !== undefined) return to;
    }
    return undefined;
  }

  #toSid(value: Uint8Array, own: number, caller: Caller): Result<number> {
    const { state } = this.#host;
    const text = textOf(value);
    const sid = state.contextToSid(text);
    if (sid !== E.EINVAL) return sid;
    if (state.hasMacAdmin(caller, own, true)) return state.contextToSidForced(text);
    const shown = text.endsWith('\0') ? text.slice(0, -1) : text;
    state.log.audit(AUDIT_SELINUX_ERR, `op=setxattr invalid_context=${untrusted(shown)}`);
    return sid;
  }

  /** validatetrans rules: EPERM when enforcing. */
  #validate(loaded: LoadedPolicy, sids: readonly number[], objectClass: InodeClass): Errno | undefined {
    const { state } = this.#host;
    const tclass = policyClass(loaded, objectClass);
    const [before, after, task] = sids.map((sid) => loaded.sids.context(sid));
    if (before === undefined || after === undefined || task === undefined || tclass === 0) return undefined;
    if (validateTransition(loaded.state, before, after, task, tclass) === true) return undefined;
    const { db } = loaded.state;
    state.log.audit(
      AUDIT_SELINUX_ERR,
      `op=security_validate_transition seresult=denied oldcontext=${formatContext(db, before)} ` +
        `newcontext=${formatContext(db, after)} taskcontext=${formatContext(db, task)} tclass=${objectClass}`,
    );
    return state.enforcing ? E.EPERM : undefined;
  }
}

/** As audit records name a file by its directory entry. */
export function inodeDetails({ path, filesystem, ino }: InodeFacts): string {
  const name = path.slice(path.lastIndexOf('/') + 1) || '/';
  return ` name=${untrusted(name)} dev=${untrusted(filesystem.id)} ino=${ino}`;
}
