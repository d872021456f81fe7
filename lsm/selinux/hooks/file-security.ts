/**
 * security.selinux of ordinary files, and label options of mounts: the selinux_inode_* and selinux_sb_* hooks of security/selinux/hooks.c.
 */

import { AUDIT } from '../../../linux/audit.ts';
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { type Caller, capable, capableOver } from '../../../vfs/tree/caller.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import { entryFields } from '../../framework/audit/lsm-audit.ts';
import type {
  FilesystemFacts,
  InodeClass,
  InodeFacts,
  MountLabels,
  NewInode,
  NewSecurity,
  SecurityXattr,
} from '../../framework/files/inode.ts';
import type { Task } from '../../framework/task.ts';
import { FS_USE_TRANS, formatContext, validateTransition } from '../decide/index.ts';
import type { LoadedPolicy } from '../decide/load.ts';
import type { SelinuxState } from '../decide/state.ts';
import { hasMacAdmin } from '../namespaces/mac-admin.ts';
import { type SelinuxNamespace, XATTR_SELINUX } from '../namespaces/namespace.ts';
import { checkEach, firstWithPolicy, type TaskSecurity } from '../namespaces/task-security.ts';
import { SECSID_NULL, type Sid } from '../policy/index.ts';
import { checkCapability } from './capability.ts';
import {
  inodeSid,
  isLabelled,
  namesApart,
  newInodeSid,
  newRootSid,
  policyClass,
  type SidByProcess,
} from './inode-label.ts';
import { mountProblem, optionProblem, remountProblem } from './mount-labels.ts';
import { classOfInode } from './socket-class.ts';
import { hasDefaultLabels, superblockLabels } from './superblock.ts';

/** How the names begin that labels of other namespaces than the initial one are stored under. */
export const STORED_PREFIX = `${XATTR_SELINUX}.`;

interface NewLabel {
  /** `undefined` = nothing is stored. */
  readonly value: Uint8Array | undefined;
  /** As of NewSecurity. */
  readonly apart: readonly string[] | undefined;
  /** The same. */
  readonly byDefault?: boolean;
}

const NO_LABEL: NewLabel = { value: undefined, apart: [] };

export interface FileHooksHost {
  readonly securityOf: (task: Task) => TaskSecurity;
  readonly sidByProcess: SidByProcess;
}

export class FileHooks {
  readonly #host: FileHooksHost;

  constructor(host: FileHooksHost) {
    this.#host = host;
  }

  sidOf(namespace: SelinuxNamespace, inode: InodeFacts, loaded: LoadedPolicy): Sid {
    return inodeSid(namespace, loaded, inode, this.#host.sidByProcess);
  }

  /** The label that decides who may execute the file; `undefined` for one that was never labelled. */
  programSid(namespace: SelinuxNamespace, inode: InodeFacts, loaded: LoadedPolicy): Sid | undefined {
    return isLabelled(namespace, loaded, inode) ? this.sidOf(namespace, inode, loaded) : undefined;
  }

  list(task: Task): readonly string[] {
    return this.#host.securityOf(task).namespace.state.loaded === undefined ? [] : [XATTR_SELINUX];
  }

  /** Label of a file in the task's namespace, for a record. */
  context(task: Task, inode: InodeFacts): Result<string> {
    const { namespace } = this.#host.securityOf(task);
    const { loaded } = namespace.state;
    return loaded === undefined ? E.EOPNOTSUPP : namespace.state.sidToContext(this.sidOf(namespace, inode, loaded));
  }

  get(task: Task, inode: InodeFacts, name: string, caller: Caller): Result<Uint8Array> {
    if (name !== XATTR_SELINUX) return E.EOPNOTSUPP;
    const own = this.#host.securityOf(task);
    const { namespace } = own;
    const { loaded } = namespace.state;
    const sid = loaded === undefined ? SECSID_NULL : this.sidOf(namespace, inode, loaded);
    const refused = checkEach(own, (entry) =>
      this.#checkFile(entry, inode, 'getattr', caller, entry === own ? sid : undefined),
    );
    if (refused !== undefined) return refused;
    if (loaded === undefined) return E.EOPNOTSUPP;
    const text = namespace.state.sidToContext(sid, hasMacAdmin(own, caller, false));
    return failed(text) ? text : bytesOf(`${text}\0`);
  }

  set(task: Task, inode: InodeFacts, name: string, value: Uint8Array, caller: Caller): Errno | undefined {
    const own = this.#host.securityOf(task);
    if (name !== XATTR_SELINUX) return this.#refuseForeign(own, inode, name, caller);
    const owner = caller.uid === inode.uid || capableOver(caller, CAP.FOWNER, { uid: inode.uid });
    const actor = firstWithPolicy(own);
    const loaded = actor?.namespace.state.loaded;
    if (actor === undefined || loaded === undefined) return owner ? undefined : E.EPERM;
    const { namespace } = actor;
    if (!superblockLabels(namespace.state, loaded, inode.filesystem).canLabel) return E.EOPNOTSUPP;
    if (!owner) return E.EPERM;
    if (caller.uid !== inode.uid && checkCapability(own, CAP.FOWNER, caller) !== undefined) return E.EPERM;
    const from = checkEach(own, (entry) => this.#checkRelabelFrom(entry, inode, namespace.attribute, caller));
    if (from !== undefined) return from;
    const newSid = this.#toSid(value, actor, caller);
    if (failed(newSid)) return newSid;
    const sidFor = (entry: TaskSecurity) =>
      entry === actor ? newSid : entry.namespace.state.contextToSidForced(textOf(value));
    const relabelled = (check: (entry: TaskSecurity, sid: Sid) => Errno | undefined) =>
      checkEach(own, (entry) => {
        // To the others it is some attribute that changes.
        if (entry.namespace.state.loaded === undefined || entry.namespace.attribute !== namespace.attribute)
          return undefined;
        const sid = sidFor(entry);
        return failed(sid) ? sid : check(entry, sid);
      });
    const details = entryFields(inode);
    return (
      relabelled((entry, sid) =>
        entry.namespace.state.check(caller, entry.current, sid, inode.class, 'relabelto', details),
      ) ??
      this.#validate(actor, loaded, [this.sidOf(namespace, inode, loaded), newSid, actor.current], inode.class) ??
      relabelled(({ namespace: { state } }, sid) => {
        const superblock = state.loaded && superblockLabels(state, state.loaded, inode.filesystem);
        return superblock && state.check(caller, sid, superblock.sid, 'filesystem', 'associate', details);
      })
    );
  }

  /** Labels that are kept in memory alone must be of the policy, whatever the task may (selinux_inode_setsecurity). */
  remember(task: Task, name: string, value: Uint8Array): Errno | undefined {
    const actor = firstWithPolicy(this.#host.securityOf(task));
    if (name !== XATTR_SELINUX || actor === undefined) return undefined;
    const sid = actor.namespace.state.contextToSid(textOf(value));
    return failed(sid) ? sid : undefined;
  }

  /** A label cannot be taken away. */
  remove(task: Task, inode: InodeFacts, name: string, caller: Caller): Errno | undefined {
    const own = this.#host.securityOf(task);
    if (name !== XATTR_SELINUX) return this.#refuseForeign(own, inode, name, caller);
    return firstWithPolicy(own) === undefined ? undefined : E.EACCES;
  }

  /**
   * What is to be stored with a new file: the label that it has in the task's namespace and, where each has its own, in every one around.
   *
   * Nothing is stored with a file that would be taken for the same without it. Nor, as a deviation from the kernel, in a directory of a
   * disk where no label is stored, unless the task asks for a label or the file is of another type than it would be taken for: the disks
   * of people who only try something stay as they are, and there the labels of new files differ from the kernel's in user and range at
   * most.
   */
  init(task: Task, directory: InodeFacts, made: NewInode): NewSecurity {
    const labels = new Map<string, SecurityXattr>();
    let apart: readonly string[] | undefined = [];
    let byDefault = false;
    let entry: TaskSecurity | undefined = this.#host.securityOf(task);
    for (; entry !== undefined; entry = entry.outer) {
      const { loaded } = entry.namespace.state;
      if (loaded === undefined) continue;
      const { attribute } = entry.namespace;
      const label = labels.has(attribute) ? NO_LABEL : this.#newLabel(entry, loaded, directory, made);
      if (label.value !== undefined) labels.set(attribute, { name: attribute, value: label.value });
      apart = apart && label.apart && [...apart, ...label.apart];
      byDefault ||= label.byDefault === true;
      if (!entry.namespace.rules.ownLabels) break;
    }
    return { xattrs: [...labels.values()], ...(apart && { apart, ...(byDefault && { byDefault }) }) };
  }

  #newLabel(security: TaskSecurity, loaded: LoadedPolicy, directory: InodeFacts, made: NewInode): NewLabel {
    const { namespace } = security;
    const { state, attribute } = namespace;
    if (made.isRoot === true) {
      const root = newRootSid(loaded, security, directory.filesystem);
      return { value: root && storedText(state, root), apart: [] };
    }
    const superblock = superblockLabels(state, loaded, directory.filesystem);
    const { behaviour, canLabel, keepsFirst, mountPointSid } = superblock;
    // overlayfs makes the file in its upper layer, which stores labels, with the label it has in the mount:
    // selinux_dentry_create_files_as(). (What it copies up keeps the label of the lower file here; nobody tells us.)
    if (mountPointSid !== undefined && directory.filesystem.type === 'overlay')
      return { value: storedText(state, mountPointSid), apart: [] };
    if (!canLabel && !keepsFirst) return NO_LABEL;
    const sid = newInodeSid(loaded, security, directory, made, this.#host.sidByProcess);
    if (failed(sid)) return { value: undefined, apart: undefined };
    const apart = namesApart(loaded, security, directory, this.sidOf(namespace, directory, loaded), made.class);
    // One without a name is not the root of its filesystem either; the kernel calls it `#<ino>`.
    const path = `${directory.path.replace(/\/$/, '')}/${made.name || '#'}`;
    const { defaultContext: _, ...place } = directory;
    const unlabelled = this.sidOf(namespace, { ...place, ...made, path, xattrs: {} }, loaded);
    const byDefault = hasDefaultLabels(superblock);
    if (sid === unlabelled) return { value: undefined, apart, byDefault };
    // What the kernel makes, and filesystems in memory: no disk of the host gets labels by them.
    const asked =
      keepsFirst ||
      behaviour === FS_USE_TRANS ||
      made.byKernel === true ||
      security.fscreate !== SECSID_NULL ||
      directory.xattrs[attribute] !== undefined ||
      loaded.sids.context(sid)?.type !== loaded.sids.context(unlabelled)?.type;
    return { value: asked ? storedText(state, sid) : undefined, apart, byDefault };
  }

  mountOption(task: Task, before: MountLabels, name: string, text: string): Errno | undefined {
    return optionProblem(this.#host.securityOf(task).namespace.state, before, name, text);
  }

  mount(task: Task, type: string, labels: MountLabels, caller: Caller): Errno | undefined {
    return checkEach(this.#host.securityOf(task), ({ namespace: { state }, current }) =>
      state.loaded === undefined ? undefined : mountProblem(state, state.loaded, current, type, labels, caller),
    );
  }

  remount(task: Task, filesystem: FilesystemFacts, labels: MountLabels): Errno | undefined {
    return remountProblem(this.#host.securityOf(task).namespace.state, filesystem, labels);
  }

  /** A permission on a file that was ever labelled. @param known its SID, when it was looked up already. */
  #checkFile(
    { namespace, current }: TaskSecurity,
    inode: InodeFacts,
    permission: string,
    caller: Caller,
    known?: Sid,
  ): Errno | undefined {
    const { state } = namespace;
    if (state.loaded === undefined || !isLabelled(namespace, state.loaded, inode)) return undefined;
    const sid = known ?? this.sidOf(namespace, inode, state.loaded);
    return state.check(caller, current, sid, classOfInode(state, inode), permission, entryFields(inode));
  }

  /** May the label in `attribute` change: for a namespace that has its own elsewhere it is an attribute like others. */
  #checkRelabelFrom(entry: TaskSecurity, inode: InodeFacts, attribute: string, caller: Caller): Errno | undefined {
    const { namespace, current } = entry;
    const { state } = namespace;
    if (state.loaded === undefined) return undefined;
    if (namespace.attribute !== attribute) return this.#checkFile(entry, inode, 'setattr', caller);
    const sid = this.sidOf(namespace, inode, state.loaded);
    return state.check(caller, current, sid, inode.class, 'relabelfrom', entryFields(inode));
  }

  /** The label of some namespace by the name it is stored under: for the administrator of the initial one. */
  #refuseForeign(own: TaskSecurity, inode: InodeFacts, name: string, caller: Caller): Errno | undefined {
    if (!own.namespace.rules.ownLabels || !name.startsWith(STORED_PREFIX)) return undefined;
    if (!own.namespace.isInitial || !capable(caller, CAP.SYS_ADMIN)) return E.EPERM;
    return this.#checkFile(own, inode, 'setattr', caller);
  }

  #toSid(value: Uint8Array, own: TaskSecurity, caller: Caller): Result<Sid> {
    const { state } = own.namespace;
    const text = textOf(value);
    const sid = state.contextToSid(text);
    if (sid !== E.EINVAL) return sid;
    if (hasMacAdmin(own, caller, true)) return state.contextToSidForced(text);
    const shown = text.endsWith('\0') ? text.slice(0, -1) : text;
    state.log.audit(AUDIT.SELINUX_ERR, `op=setxattr invalid_context=${untrusted(shown)}`);
    return sid;
  }

  /** validatetrans rules (security_compute_validatetrans): EPERM when enforcing. */
  #validate(
    { namespace: { state } }: TaskSecurity,
    loaded: LoadedPolicy,
    sids: readonly Sid[],
    objectClass: InodeClass,
  ): Errno | undefined {
    const tclass = policyClass(loaded, objectClass);
    if (tclass === 0) return E.EINVAL; // the policy does not know the class
    const [before, after, task] = sids.map((sid) => loaded.sids.context(sid));
    if (before === undefined || after === undefined || task === undefined) return undefined;
    if (validateTransition(loaded.state, before, after, task, tclass) === true) return undefined;
    const { db } = loaded.state;
    state.log.audit(
      AUDIT.SELINUX_ERR,
      `op=security_validate_transition seresult=denied oldcontext=${formatContext(db, before)} ` +
        `newcontext=${formatContext(db, after)} taskcontext=${formatContext(db, task)} tclass=${objectClass}`,
    );
    return state.enforcing ? E.EPERM : undefined;
  }
}

function storedText(state: SelinuxState, sid: Sid): Uint8Array | undefined {
  const text = state.sidToContext(sid, true);
  return failed(text) ? undefined : bytesOf(`${text}\0`);
}
