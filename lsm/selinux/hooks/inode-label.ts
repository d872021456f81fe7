/**
 * The label of an ordinary file: inode_doinit_with_dentry() and selinux_determine_inode_label() of security/selinux/hooks.c.
 *
 * A label that is stored with a file counts wherever files can be labelled; the kernel keeps it in memory where the filesystem itself would
 * not. Files that were never labelled get what the rules of their filesystem say, as if a process from outside had made them. All this is
 * the view of one namespace: a label is a text, and each reads the attribute that is its own by its own policy.
 *
 * As a deviation, a disk that should have stored labels is taken to have been labelled by file_contexts when the system
 * was installed, because worlds run on the disks of hosts without SELinux.
 */
import { failed, type Result } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import {
  type FilesystemFacts,
  type InodeClass,
  type InodeFacts,
  isPrivate,
  type NewInode,
} from '../../framework/files/inode.ts';
import {
  FS_USE_GENFS,
  FS_USE_NATIVE,
  FS_USE_NONE,
  FS_USE_TASK,
  FS_USE_TRANS,
  FS_USE_XATTR,
  genfsContext,
  kernelClass,
  SID,
} from '../decide/index.ts';
import type { LoadedPolicy } from '../decide/load.ts';
import { computeSid } from '../decide/queries.ts';
import type { SelinuxState } from '../decide/state.ts';
import type { SelinuxNamespace } from '../namespaces/namespace.ts';
import type { TaskSecurity } from '../namespaces/task-security.ts';
import { namesFor, SECSID_NULL, type Sid } from '../policy/index.ts';
import { type SuperblockLabels, superblockLabels } from './superblock.ts';

const CAPABILITY_GENFS_SYMLINKS = 6;

/** The filesystem in which the kernel itself makes files. Who starts a system (udev) labels them by file_contexts. */
export const KERNEL_MADE = 'devtmpfs';

/**
 * SID in a namespace that a process gives the file: an entry of /proc that belongs to it, or a pipe, socket or file in
 * memory that it made.
 */
export type SidByProcess = (inode: InodeFacts, process: Tid, namespace: SelinuxNamespace) => Sid | undefined;

export function inodeSid(
  namespace: SelinuxNamespace,
  loaded: LoadedPolicy,
  inode: InodeFacts,
  sidByProcess: SidByProcess,
): Sid {
  const { state } = namespace;
  if (inode.substitute === true) return SID.devnull;
  const superblock = superblockLabels(state, loaded, inode.filesystem);
  const stored = superblock.canLabel || superblock.keepsFirst ? inode.xattrs[namespace.attribute] : undefined;
  if (inode.process !== undefined && stored === undefined) {
    const sid = sidByProcess(inode, inode.process, namespace) ?? SID.unlabeled;
    if (inode.anonymous !== undefined) return anonymousSid(state, loaded, sid, inode.anonymous);
    if (superblock.behaviour !== FS_USE_TRANS) return sid;
    const made = computeSid(state, 'transition', sid, superblock.sid, policyClass(loaded, inode.class));
    return failed(made) ? superblock.sid : made;
  }
  if (superblock.mountPointSid !== undefined)
    return superblock.rootSid !== undefined && inode.path === '/' ? superblock.rootSid : superblock.mountPointSid;
  if (stored !== undefined) {
    const sid = state.contextToSidForced(stored);
    return failed(sid) ? superblock.defaultSid : sid;
  }
  if (superblock.rootSid !== undefined && inode.path === '/') return superblock.rootSid;
  return (
    pathSid(state, superblock, inode) ??
    defaultSid(state, loaded, superblock, inode.filesystem.type, inode.class, inode.path)
  );
}

/** selinux_inode_init_security_anon(): the label of an anonymous inode of this kind that such a task makes. */
export function anonymousSid(state: SelinuxState, loaded: LoadedPolicy, maker: Sid, kind: string): Sid {
  const made = computeSid(state, 'transition', maker, maker, policyClass(loaded, 'anon_inode'), kind);
  return failed(made) ? SID.unlabeled : made;
}

/** What file_contexts give the path of a file that has no label although its filesystem stores them, or somebody labels it at boot. */
function pathSid(state: SelinuxState, { behaviour, ownDefault }: SuperblockLabels, inode: InodeFacts): Sid | undefined {
  const stores = behaviour === FS_USE_XATTR || behaviour === FS_USE_NATIVE || inode.filesystem.type === KERNEL_MADE;
  if (!stores || ownDefault || inode.defaultContext === undefined) return undefined;
  const sid = state.contextToSid(inode.defaultContext);
  return failed(sid) ? undefined : sid;
}

/**
 * Was this file ever labelled: by a command, by file_contexts, or by the rules of its filesystem? Where labels are stored with files, or a
 * policy has no rule at all, a file without one comes from a disk that SELinux never saw. A kernel would take it for unlabeled and, when
 * enforcing, start no program from such a disk. As a deviation it is not protected here.
 */
export function isLabelled(namespace: SelinuxNamespace, loaded: LoadedPolicy, inode: InodeFacts): boolean {
  if (inode.class === 'anon_inode') return !isPrivate(inode);
  if (inode.substitute === true) return true;
  const superblock = superblockLabels(namespace.state, loaded, inode.filesystem);
  if (superblock.mountPointSid !== undefined || inode.xattrs[namespace.attribute] !== undefined) return true;
  const { labels = {} } = inode.filesystem;
  if (pathSid(namespace.state, superblock, inode) !== undefined) return true;
  if (labels.defcontext !== undefined || (labels.rootcontext !== undefined && inode.path === '/')) return true;
  return ![FS_USE_XATTR, FS_USE_NATIVE, FS_USE_NONE].includes(superblock.behaviour);
}

function defaultSid(
  state: SelinuxState,
  loaded: LoadedPolicy,
  superblock: SuperblockLabels,
  type: string,
  objectClass: InodeClass,
  path: string,
): Sid {
  switch (superblock.behaviour) {
    case FS_USE_XATTR:
    case FS_USE_NATIVE:
      return superblock.defaultSid;
    case FS_USE_TASK:
      return SID.init;
    case FS_USE_TRANS: {
      const maker = type === KERNEL_MADE ? SID.kernel : SID.init;
      const sid = computeSid(state, 'transition', maker, superblock.sid, policyClass(loaded, objectClass));
      return failed(sid) ? superblock.sid : sid;
    }
    case FS_USE_GENFS: {
      const link = objectClass === 'lnk_file' && !loaded.state.db.capabilities.has(CAPABILITY_GENFS_SYMLINKS);
      if (!superblock.byPath || link) return superblock.sid;
      const below = type === 'proc' ? path.replace(/^(?:\/\d+)+(?=\/|$)/, '') || '/' : path;
      const context = genfsContext(loaded.state.db, type, below, policyClass(loaded, objectClass));
      return context === undefined ? SID.unlabeled : loaded.sids.intern(context);
    }
    default:
      return superblock.sid;
  }
}

/** The label that a file which this task makes gets in the task's namespace. */
export function newInodeSid(
  loaded: LoadedPolicy,
  task: TaskSecurity,
  directory: InodeFacts,
  { class: objectClass, name, byKernel }: NewInode,
  sidByProcess: SidByProcess,
): Result<Sid> {
  const { state } = task.namespace;
  const superblock = superblockLabels(state, loaded, directory.filesystem);
  if (superblock.mountPointSid !== undefined) return superblock.mountPointSid;
  if (superblock.canLabel && byKernel !== true && task.fscreate !== SECSID_NULL) return task.fscreate;
  const directorySid = inodeSid(task.namespace, loaded, directory, sidByProcess);
  return computeSid(state, 'transition', task.current, directorySid, policyClass(loaded, objectClass), name);
}

/**
 * The label of the root of a filesystem that this task mounts: inode_doinit_with_dentry(), which has kept the label of who made the
 * inode. `undefined` = rules or label options of the mount say it, whoever mounts.
 */
export function newRootSid(loaded: LoadedPolicy, task: TaskSecurity, filesystem: FilesystemFacts): Sid | undefined {
  const { state } = task.namespace;
  const superblock = superblockLabels(state, loaded, filesystem);
  if (superblock.behaviour !== FS_USE_TRANS || superblock.rootSid !== undefined) return undefined;
  const sid = computeSid(state, 'transition', task.current, superblock.sid, policyClass(loaded, 'dir'));
  return failed(sid) ? undefined : sid;
}

/**
 * Names that a transition rule gives a type of its own, where this task makes files of the class in a directory with
 * this label; `undefined` where labels depend on paths.
 */
export function namesApart(
  loaded: LoadedPolicy,
  { namespace: { state }, current }: TaskSecurity,
  directory: InodeFacts,
  directorySid: Sid,
  objectClass: InodeClass,
): readonly string[] | undefined {
  if (superblockLabels(state, loaded, directory.filesystem).byPath || directory.process !== undefined) return undefined;
  const [source, target] = [current, directorySid].map((sid) => loaded.sids.context(sid));
  if (source === undefined || target === undefined) return undefined;
  const transitions = loaded.state.db.filenameTransitions;
  return namesFor(transitions, source.type, target.type, policyClass(loaded, objectClass));
}

export function policyClass(loaded: LoadedPolicy, objectClass: InodeClass): number {
  return loaded.map.policyClass(kernelClass(objectClass));
}
