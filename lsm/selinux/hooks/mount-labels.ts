/**
 * Label options of mounts: selinux_add_opt(), selinux_set_mnt_opts() and selinux_sb_remount() of security/selinux/hooks.c.
 */

import { E, type Errno, failed } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { MountLabels, MountOptionNames } from '../../framework/files/inode.ts';
import { FS_USE_NATIVE, FS_USE_XATTR, SID } from '../decide/index.ts';
import type { LoadedPolicy } from '../decide/load.ts';
import type { SelinuxState } from '../decide/state.ts';
import type { Sid } from '../policy/index.ts';
import { superblockLabels } from './superblock.ts';

/** `seclabel` is shown for mounts whose files can be labelled. */
export const MOUNT_OPTIONS: MountOptionNames = {
  valued: ['context', 'fscontext', 'defcontext', 'rootcontext'],
  flags: ['seclabel'],
};

function ownOptions(labels: MountLabels): [name: string, text: string][] {
  return Object.entries(labels).filter(([name]) => MOUNT_OPTIONS.valued.includes(name));
}

/** Filesystems that the kernel mounts for itself: their superblock exists, without label options, before anybody mounts it. */
const MOUNTED_BY_KERNEL: ReadonlySet<string> = new Set(['mqueue', 'devtmpfs']);

/** One more option for a superblock to come; those before it were taken. */
export function optionProblem(state: SelinuxState, before: MountLabels, name: string, text: string): Errno | undefined {
  if (!MOUNT_OPTIONS.valued.includes(name)) return undefined;
  if (state.loaded === undefined) {
    state.log.print('SELinux: Unable to set superblock options before the security server is initialized');
    return E.EINVAL;
  }
  const excluded = name === 'context' ? 'defcontext' : name === 'defcontext' ? 'context' : name;
  if (before[name] !== undefined || before[excluded] !== undefined) {
    state.log.print('SELinux:  duplicate or incompatible mount options');
    return E.EINVAL;
  }
  const sid = state.contextToSid(text);
  if (!failed(sid)) return undefined;
  state.log.print(`SELinux: security_context_str_to_sid (${text}) failed with errno=${-sid.number}`);
  return sid;
}

/** May a task with SID `own` make a superblock of this type with these options? They are well-formed. */
export function mountProblem(
  state: SelinuxState,
  loaded: LoadedPolicy,
  own: Sid,
  type: string,
  labels: MountLabels,
  caller: Caller,
): Errno | undefined {
  if (MOUNTED_BY_KERNEL.has(type) && ownOptions(labels).length > 0) {
    state.log.print(
      `SELinux: mount invalid.  Same superblock, different security settings for (dev ${type}, type ${type})`,
    );
    return E.EINVAL;
  }
  const sids = sidsOf(state, labels);
  const { behaviour, sid: before } = superblockLabels(state, loaded, { type, id: type });
  let superblock = before;
  const relabel = (): Errno | undefined => state.check(caller, own, superblock, 'filesystem', 'relabelfrom');
  const filesystem = (sid: Sid): Errno | undefined => {
    const refused = relabel() ?? state.check(caller, own, sid, 'filesystem', 'relabelto');
    if (refused === undefined) superblock = sid;
    return refused;
  };
  const files = (sid: Sid): Errno | undefined =>
    relabel() ?? state.check(caller, sid, superblock, 'filesystem', 'associate');

  const { context, fscontext, rootcontext = context, defcontext } = sids;
  const refused =
    (fscontext === undefined ? undefined : filesystem(fscontext)) ??
    (context === undefined ? undefined : fscontext === undefined ? filesystem(context) : files(context)) ??
    (rootcontext === undefined ? undefined : files(rootcontext));
  if (refused !== undefined || defcontext === undefined) return refused;
  if (behaviour !== FS_USE_XATTR && behaviour !== FS_USE_NATIVE) {
    state.log.print('SELinux: defcontext option is invalid for this filesystem type');
    return E.EINVAL;
  }
  return defcontext === SID.file ? undefined : files(defcontext);
}

/** A remount may repeat options, but not change them. */
export function remountProblem(
  state: SelinuxState,
  filesystem: { readonly type: string; readonly id: string; readonly labels?: MountLabels },
  labels: MountLabels,
): Errno | undefined {
  const given = sidsOf(state, filesystem.labels ?? {});
  const same = Object.entries(sidsOf(state, labels)).every(([name, sid]) => given[name] === sid);
  if (same) return undefined;
  const { id, type } = filesystem;
  state.log.print(`SELinux: unable to change security options during remount (dev ${id}, type=${type})`);
  return E.EINVAL;
}

/** A label may be unknown to the namespaces around the one that took it. */
function sidsOf(state: SelinuxState, labels: MountLabels): Record<string, Sid> {
  const sids: Record<string, Sid> = {};
  for (const [name, text] of ownOptions(labels)) {
    const sid = state.contextToSidForced(text);
    if (!failed(sid)) sids[name] = sid;
  }
  return sids;
}
