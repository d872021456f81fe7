/**
 * What the kernel's hooks are to rules, and who acts in them.
 */

import { CAP, hasCapability } from '../../../linux/capability.ts';
import type { FileUse, UseContext, UseHook } from '../../framework/files/file-use.ts';
import type { VerdictClass } from '../decide/inode-state.ts';
import type { RuleCredentials } from '../policy/match.ts';
import type { Func, ImaRule } from '../policy/rule.ts';

export const FUNC_OF: Readonly<Record<UseHook, Func>> = {
  open: 'FILE_CHECK',
  exec: 'BPRM_CHECK',
  creds: 'CREDS_CHECK',
  'mmap-requested': 'MMAP_CHECK_REQPROT',
  mmap: 'MMAP_CHECK',
  mprotect: 'MMAP_CHECK',
  module: 'MODULE_CHECK',
  firmware: 'FIRMWARE_CHECK',
  'kexec-kernel': 'KEXEC_KERNEL_CHECK',
  'kexec-initramfs': 'KEXEC_INITRAMFS_CHECK',
  policy: 'POLICY_CHECK',
  'update-xattr': 'FILE_CHECK',
  made: 'FILE_CHECK',
};
const CLASS_OF: Readonly<Record<UseHook, VerdictClass>> = {
  open: 'file',
  exec: 'exec',
  creds: 'creds',
  'mmap-requested': 'mmap',
  mmap: 'mmap',
  mprotect: 'mmap',
  module: 'read',
  firmware: 'read',
  'kexec-kernel': 'read',
  'kexec-initramfs': 'read',
  policy: 'read',
  'update-xattr': 'file',
  made: 'file',
};
/** include/uapi/linux/capability.h */

/** Which verdict counts: get_subaction(). A rule that names no hook is about all of them at once. */
export function classOf({ hook }: FileUse, rule: ImaRule | undefined): VerdictClass {
  return rule?.func === undefined ? 'file' : CLASS_OF[hook];
}

export function ruleCredentials({ ids }: FileUse, { task, caller }: UseContext): RuleCredentials {
  const has = (capability: number): boolean => hasCapability(caller.capabilities, capability);
  const { uid, euid, suid, gid, egid, sgid } = ids ?? task.ids;
  return { uid, euid, suid, gid, egid, sgid, maySetuid: has(CAP.SETUID), maySetgid: has(CAP.SETGID) };
}
