/** The decision engine. Class values are the policy's unless a name says "kernel". */
export { contextIsValid } from '../policy/context.ts';
export {
  ALL_PERMISSIONS,
  type AvDecision,
  type BoundsViolation,
  computeAv,
  FLAG_NEVERAUDIT,
  FLAG_PERMISSIVE,
  type OnBounds,
} from './access.ts';
export { lastBooleanIsUnlabelled } from './boolean-labels.ts';
export { ClassMap, type ClassMapping } from './class-map.ts';
export { type ContextOperation, computeContext } from './compute-context.ts';
export { type ContextOptions, formatContext, formatLevel, parseContext } from './context-text.ts';
export { convertContext } from './convert-context.ts';
export { dumpPolicy } from './dump.ts';
export {
  INITIAL_SIDS,
  initialSidContext,
  POLICY_SIDS,
  SID,
} from './initial-sids.ts';
export { KERNEL_CLASSES, type KernelClass, kernelClass, kernelPermission } from './kernel-classes.ts';
export * from './object-labels.ts';
export { POLICY_CAPABILITIES } from './policy-capabilities.ts';
export { PolicyState } from './policy-state.ts';
export { reachableContexts } from './reachable.ts';
export { boundedTransition, validateTransition } from './transition-checks.ts';
export { computeXperms, hasFunction, type XpermsBase, type XpermsDecision } from './xperms.ts';
