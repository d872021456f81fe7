/**
 * A rule of the policy: struct ima_rule_entry of security/integrity/ima/ima_policy.c.
 */
import type { LabelField } from '../../framework/labels/label-rule.ts';
import type { Template } from '../list/template.ts';

export const ACTIONS = ['measure', 'dont_measure', 'appraise', 'dont_appraise', 'audit', 'hash', 'dont_hash'] as const;
export type Action = (typeof ACTIONS)[number];

/** enum ima_hooks, as far as rules name them. */
export const FUNCS = [
  'FILE_CHECK',
  'MMAP_CHECK',
  'MMAP_CHECK_REQPROT',
  'BPRM_CHECK',
  'CREDS_CHECK',
  'MODULE_CHECK',
  'FIRMWARE_CHECK',
  'KEXEC_KERNEL_CHECK',
  'KEXEC_INITRAMFS_CHECK',
  'POLICY_CHECK',
  'KEXEC_CMDLINE',
  'KEY_CHECK',
  'CRITICAL_DATA',
  'SETXATTR_CHECK',
] as const;
export type Func = (typeof FUNCS)[number];

/** include/linux/fs.h */
export const MAY = { EXEC: 1, WRITE: 2, READ: 4, APPEND: 8 } as const;

export type Comparison = '=' | '<' | '>';

export interface IdTest {
  readonly comparison: Comparison;
  /** In the initial user namespace. */
  readonly id: number;
}

export interface ImaRule {
  readonly action: Action;
  readonly func?: Func;
  /** `contains`: one of the bits is enough (`^`); otherwise the access is exactly this one. */
  readonly mask?: { readonly bit: number; readonly contains: boolean };
  readonly fsmagic?: bigint;
  readonly fsname?: string;
  /** Lower case. */
  readonly fsuuid?: string;
  readonly uid?: IdTest;
  readonly euid?: IdTest;
  readonly gid?: IdTest;
  readonly egid?: IdTest;
  readonly fowner?: IdTest;
  readonly fgroup?: IdTest;
  readonly labels?: Readonly<Partial<Record<LabelField, string>>>;
  readonly keyrings?: readonly string[];
  readonly dataLabels?: readonly string[];
  readonly pcr?: number;
  readonly template?: Template;
  /** appraise_type=imasig or sigv3: a digest is not enough. */
  readonly signature?: boolean;
  /** appraise_type=imasig|modsig: a signature at the end of the file will do. */
  readonly modsig?: boolean;
  /** digest_type=verity */
  readonly verity?: boolean;
  readonly directIo?: boolean;
  /** appraise_algos=: numbers of hash algorithms. */
  readonly algorithms?: ReadonlySet<number>;
}
