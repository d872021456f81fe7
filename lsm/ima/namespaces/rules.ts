/**
 * What distinguishes the designs of IMA namespaces. The series on the list, "ima: Namespace IMA with audit support in
 * IMA-ns" (last: v15 of February 2023), takes rules to audit only, as does the prototype that the 2018 talk tells of.
 * `talk` is what its author went on to: the same with everything that IMA does.
 */
import type { KernelProfile } from '../../framework/config.ts';

export interface ImaNamespaceRules {
  readonly exist: boolean;
  /** They measure, appraise and hash, too, have a list that begins with boot_aggregate, and can be configured until they are active. */
  readonly full: boolean;
}

const AUDIT_ONLY: ImaNamespaceRules = { exist: true, full: false };

export const IMA_NAMESPACE_RULES: Readonly<Record<KernelProfile, ImaNamespaceRules>> = {
  mainline: { exist: false, full: false },
  '2018': AUDIT_ONLY,
  '2025': AUDIT_ONLY,
  '2026': AUDIT_ONLY,
  talk: { exist: true, full: true },
};
