/**
 * Which parts of a rule go together: ima_validate_rule().
 */
import type { Func, ImaRule } from './rule.ts';

type Part = Exclude<keyof ImaRule, 'action' | 'func'>;

const OWNERS = ['uid', 'euid', 'gid', 'egid', 'fowner', 'fgroup'] as const;
const FILESYSTEM = ['fsmagic', 'fsname', 'fsuuid'] as const;
const READ_FILE: readonly Part[] = [
  'mask',
  ...FILESYSTEM,
  ...OWNERS,
  'labels',
  'pcr',
  'template',
  'signature',
  'directIo',
  'algorithms',
];
const FILE: readonly Part[] = [...READ_FILE, 'verity'];
/** ima_hook_supports_modsig() */
const APPENDED: readonly Part[] = [...READ_FILE, 'modsig'];

/** What a rule about the hook may have. */
const ALLOWED: Readonly<Record<Func, readonly Part[]>> = {
  FILE_CHECK: FILE,
  MMAP_CHECK: FILE,
  MMAP_CHECK_REQPROT: FILE,
  BPRM_CHECK: FILE,
  CREDS_CHECK: FILE,
  FIRMWARE_CHECK: FILE,
  POLICY_CHECK: FILE,
  MODULE_CHECK: APPENDED,
  KEXEC_KERNEL_CHECK: APPENDED,
  KEXEC_INITRAMFS_CHECK: APPENDED,
  KEXEC_CMDLINE: [...FILESYSTEM, ...OWNERS, 'labels', 'pcr', 'template'],
  KEY_CHECK: ['uid', 'gid', 'pcr', 'template', 'keyrings'],
  CRITICAL_DATA: ['uid', 'gid', 'pcr', 'template', 'dataLabels'],
  SETXATTR_CHECK: ['algorithms', 'template', 'labels'],
};

/** Data that is no file can be measured and nothing else. */
const MEASURED_ONLY: readonly Func[] = ['KEXEC_CMDLINE', 'KEY_CHECK', 'CRITICAL_DATA'];

export function isConsistent(rule: ImaRule): boolean {
  const { action, func } = rule;
  if (action !== 'measure' && rule.pcr !== undefined) return false;
  if (action !== 'appraise' && (rule.signature === true || rule.algorithms !== undefined)) return false;
  if (action === 'appraise' && rule.verity === true && rule.signature !== true) return false;
  const allowed = func === undefined ? FILE : ALLOWED[func];
  const parts = Object.keys(rule).filter((part) => part !== 'action' && part !== 'func');
  if (!parts.every((part) => (allowed as readonly string[]).includes(part))) return false;
  if (func === undefined) return true;
  if (MEASURED_ONLY.includes(func)) return action === 'measure' || action === 'dont_measure';
  return func !== 'SETXATTR_CHECK' || (action === 'appraise' && rule.algorithms !== undefined);
}
