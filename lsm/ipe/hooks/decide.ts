/**
 * What the policy says of a file that is about to be executed, mapped for execution or read by the kernel.
 *
 * Model: ipe_evaluate_event() and ipe_audit_match() of Linux 6.12, built as Debian's. Of what a policy can ask for nothing is there: no
 * file comes from an initramfs, devices with dm-verity and files with fs-verity are not known as such. So `...=FALSE` holds of each
 * file, and nothing else does. Memory without a file, about which a kernel decides too when it becomes executable, is not asked about.
 */
import { hex } from '../../../linux/bytes.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import { pathFields } from '../../framework/audit/lsm-audit.ts';
import type { FileUse, UseContext, UseHook } from '../../framework/files/file-use.ts';
import type { Operation, Policy, Property, Rule } from '../policy/policy.ts';

export interface Settings {
  enforce: boolean;
  successAudit: boolean;
}

/** What is asked about, and the name of the kernel's hook that asks. */
const ASKED: Readonly<Partial<Record<UseHook, readonly [Operation, string]>>> = {
  exec: ['EXECUTE', 'BPRM_CHECK'],
  mmap: ['EXECUTE', 'MMAP'],
  mprotect: ['EXECUTE', 'MPROTECT'],
  module: ['KMODULE', 'KERNEL_READ'],
  firmware: ['FIRMWARE', 'KERNEL_READ'],
  'kexec-kernel': ['KEXEC_IMAGE', 'KERNEL_READ'],
  'kexec-initramfs': ['KEXEC_INITRAMFS', 'KERNEL_READ'],
  policy: ['POLICY', 'KERNEL_READ'],
};

export function isAsked(hook: UseHook): boolean {
  return ASKED[hook] !== undefined;
}

/** @param record of type AUDIT_IPE_ACCESS. */
export function decide(
  policy: Policy,
  settings: Settings,
  use: FileUse,
  { caller }: UseContext,
  record: (body: string) => void,
): Errno | undefined {
  const asked = ASKED[use.hook];
  if (asked === undefined) return undefined;
  const [operation, hook] = asked;
  const rule = policy.rules[operation].find(({ properties }) => properties.every(holds));
  const own = policy.defaults.get(operation);
  const action = rule?.action ?? own ?? policy.defaults.get('');
  if (action === 'DENY' || settings.successAudit) {
    const text =
      rule !== undefined
        ? ruleText(operation, rule)
        : `DEFAULT ${own === undefined ? '' : `op=${operation} `}action=${action}`;
    const task = `pid=${caller.tgid} comm=${untrusted(use.program?.comm ?? caller.comm)}`;
    const file = pathFields(use.file.path, use.file.inode);
    const enforcing = Number(settings.enforce);
    record(`ipe_op=${operation} ipe_hook=${hook} enforcing=${enforcing} ${task}${file} rule="${text}"`);
  }
  return action === 'DENY' && settings.enforce ? E.EACCES : undefined;
}

function holds({ name }: Property): boolean {
  return name.endsWith('=FALSE');
}

function ruleText(operation: Operation, { properties, action }: Rule): string {
  const texts = properties.map((property) =>
    'digest' in property
      ? `${property.name}=${untrusted(property.algorithm)}:${hex(property.digest).toUpperCase()}`
      : property.name,
  );
  return [`op=${operation}`, ...texts, `action=${action}`].join(' ');
}
