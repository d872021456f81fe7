/**
 * How the files of a filesystem get their labels: superblock_security_struct of security/selinux/hooks.c (selinux_set_mnt_opts,
 * selinux_is_sblabel_mnt), from the policy's fs_use and genfs rules, the type's name and the label options of the mount.
 */
import { E, failed } from '../../../linux/errno.ts';
import { type FilesystemFacts, KNOWN_BY_PATH } from '../../framework/files/inode.ts';
import { FS_USE_GENFS, FS_USE_NATIVE, FS_USE_TASK, FS_USE_TRANS, FS_USE_XATTR, fsUse, SID } from '../decide/index.ts';
import type { LoadedPolicy } from '../decide/load.ts';
import type { SelinuxState } from '../decide/state.ts';
import type { Sid } from '../policy/index.ts';

/** Types whose files can be given a label although genfs labels them. */
const GENFS_RELABELLED: ReadonlySet<string> = new Set(['sysfs', 'pstore', 'debugfs', 'tracefs', 'rootfs']);
/**
 * Types that ask for a label when a file is made (security_inode_init_security()) and whose files do not leave the
 * kernel's memory: where no label can be stored, they have that one all the same.
 */
const LABELLED_WHEN_MADE: ReadonlySet<string> = new Set(['ramfs', 'tmpfs']);
const CAPABILITY_CGROUP_SECLABEL = 4;

export interface SuperblockLabels {
  /** FS_USE_* */
  readonly behaviour: number;
  /** Label of the filesystem itself. */
  readonly sid: Sid;
  /** For files without a stored label, where labels are stored. */
  readonly defaultSid: Sid;
  /** It was chosen by `defcontext=`. */
  readonly ownDefault: boolean;
  /** `context=`: the label of every file. */
  readonly mountPointSid: Sid | undefined;
  /** `rootcontext=` */
  readonly rootSid: Sid | undefined;
  readonly byPath: boolean;
  /** Files can be given labels (SBLABEL_MNT, shown as `seclabel`). */
  readonly canLabel: boolean;
  /** Files cannot be given labels, but keep in memory the one that they were made with. */
  readonly keepsFirst: boolean;
}

export function superblockLabels(state: SelinuxState, loaded: LoadedPolicy, facts: FilesystemFacts): SuperblockLabels {
  const { type, labels = {} } = facts;
  const { db } = loaded.state;
  const { behaviour, context } = fsUse(db, type);
  const optional = (name: string): Sid | undefined => {
    // Another namespace may not know what was asked for in the one that mounted.
    const sid = labels[name] === undefined ? E.EINVAL : state.contextToSidForced(labels[name]);
    return failed(sid) ? undefined : sid;
  };
  const mountPointSid = optional('context');
  const sid = optional('fscontext') ?? mountPointSid;
  const cgroup = type.startsWith('cgroup') && db.capabilities.has(CAPABILITY_CGROUP_SECLABEL);
  const storing = [FS_USE_XATTR, FS_USE_TRANS, FS_USE_TASK, FS_USE_NATIVE].includes(behaviour);
  const canLabel = mountPointSid === undefined && (storing || cgroup || GENFS_RELABELLED.has(type));
  return {
    behaviour,
    sid: sid ?? (context === undefined ? SID.unlabeled : loaded.sids.intern(context)),
    defaultSid: optional('defcontext') ?? SID.file,
    ownDefault: labels.defcontext !== undefined,
    mountPointSid,
    rootSid: optional('rootcontext') ?? mountPointSid,
    byPath: behaviour === FS_USE_GENFS && KNOWN_BY_PATH.has(type),
    canLabel,
    keepsFirst: !canLabel && mountPointSid === undefined && LABELLED_WHEN_MADE.has(type),
  };
}

/** Do files without a stored label have one by their path (file_contexts)? */
export const hasDefaultLabels = ({ behaviour, ownDefault }: SuperblockLabels): boolean =>
  (behaviour === FS_USE_XATTR || behaviour === FS_USE_NATIVE) && !ownDefault;

/** Options in the order in which mount tables show them. */
const SHOWN: readonly string[] = ['fscontext', 'context', 'defcontext', 'rootcontext'];

/** selinux_sb_show_options(): the label options of the mount, and whether files can be given labels. */
export function shownOptions(state: SelinuxState, facts: FilesystemFacts): readonly string[] {
  const { loaded } = state;
  if (loaded === undefined) return [];
  const { labels = {} } = facts;
  const options = SHOWN.flatMap((name) => {
    const sid = labels[name] === undefined ? E.EINVAL : state.contextToSid(labels[name]);
    const text = failed(sid) ? sid : state.sidToContext(sid);
    if (failed(text)) return [];
    return [`${name}=${text.includes(',') ? `"${text}"` : text}`];
  });
  return superblockLabels(state, loaded, facts).canLabel ? [...options, 'seclabel'] : options;
}
