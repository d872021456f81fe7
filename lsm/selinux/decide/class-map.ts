/**
 * Kernel classes and permissions in terms of one policy (selinux_set_mapping and map_decision of ss/services.c).
 */
import { E, type Result } from '../../../linux/errno.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import { type AvDecision, computeAv, type OnBounds } from './access.ts';
import { KERNEL_CLASSES } from './kernel-classes.ts';
import type { PolicyState } from './policy-state.ts';

interface MappedClass {
  /** The policy's value; 0 = undefined there. */
  readonly value: number;
  /** Index = kernel bit; the policy's bit, 0 = undefined there. */
  readonly permissions: readonly number[];
}

export interface ClassMapping {
  /** What the kernel prints while it builds the map. */
  readonly log: readonly string[];
  /** EINVAL when the policy says reject and something is undefined. */
  readonly map: Result<ClassMap>;
}

export class ClassMap {
  readonly #classes: readonly MappedClass[];

  private constructor(classes: readonly MappedClass[]) {
    this.#classes = classes;
  }

  /** @param namespaces does the kernel have SELinux namespaces. */
  static build(db: PolicyDb, namespaces = false): ClassMapping {
    const log: string[] = [];
    const classes: MappedClass[] = [];
    for (const { name, permissions, ofNamespaces = 0 } of KERNEL_CLASSES) {
      const known = namespaces ? permissions : permissions.slice(0, permissions.length - ofNamespaces);
      const datum = db.classes.byName(name);
      if (datum === undefined) log.push(`SELinux:  Class ${name} not defined in policy.`);
      const bits = (datum === undefined ? [] : known).map((permission) => {
        const value = datum?.permissions.get(permission);
        if (value !== undefined) return (1 << (value - 1)) >>> 0;
        log.push(`SELinux:  Permission ${permission} in class ${name} not defined in policy.`);
        return 0;
      });
      classes.push({ value: datum?.value ?? 0, permissions: bits });
    }
    // The kernel stops at the first undefined one.
    if (log.length > 0 && db.handleUnknown === 'reject') return { log: log.slice(0, 1), map: E.EINVAL };
    if (log.length > 0) {
      const fate = db.handleUnknown === 'allow' ? 'allowed' : 'denied';
      log.push(`SELinux: the above unknown classes and permissions will be ${fate}`);
    }
    return { log, map: new ClassMap(classes) };
  }

  /** Policy class of a kernel class; 0 = undefined there. */
  policyClass(kernelClassValue: number): number {
    return this.#classes[kernelClassValue - 1]?.value ?? 0;
  }

  /** Kernel class of a policy class; `undefined` = the kernel does not know it. */
  kernelClass(policyClassValue: number): number | undefined {
    if (policyClassValue === 0) return undefined;
    const index = this.#classes.findIndex(({ value }) => value === policyClassValue);
    return index < 0 ? undefined : index + 1;
  }

  /** The decision that hooks and the AVC use: kernel class, kernel permission bits, handle_unknown applied. */
  computeAv(
    state: PolicyState,
    source: Context,
    target: Context,
    kernelClassValue: number,
    onBounds?: OnBounds,
  ): AvDecision {
    const mapped = this.#classes[kernelClassValue - 1];
    const decision = computeAv(state, source, target, mapped?.value ?? 0, onBounds);
    if (mapped === undefined || mapped.value === 0) return decision;
    const allowUnknown = state.db.handleUnknown === 'allow';
    let allowed = 0;
    let auditallow = 0;
    let auditdeny = 0;
    mapped.permissions.forEach((policyBit, index) => {
      const bit = 1 << index;
      const defined = policyBit !== 0;
      if (defined ? decision.allowed & policyBit : allowUnknown) allowed |= bit;
      if (decision.auditallow & policyBit) auditallow |= bit;
      if (defined ? decision.auditdeny & policyBit : !allowUnknown) auditdeny |= bit;
    });
    // A request for a bit that the class does not have is a bug worth a record.
    for (let index = mapped.permissions.length; index < 32; index++) auditdeny |= 1 << index;
    return {
      allowed: allowed >>> 0,
      auditallow: auditallow >>> 0,
      auditdeny: auditdeny >>> 0,
      flags: decision.flags,
    };
  }
}
