/** What the rest of lsm/selinux may use of the decision engine. Class values are the policy's unless a name says "kernel". */
import type { Result } from '../../../vfs/errno.ts';
import type { Context, PolicyDb } from '../policy/index.ts';

/** A policy with its run-time state. */
export declare class PolicyState {
  readonly db: PolicyDb;
  /** Present boolean values: index = value - 1, 0 or 1. */
  readonly booleans: Uint8Array;
  constructor(db: PolicyDb);
  /** Takes new values (same indexing) and re-evaluates all conditionals. */
  setBooleans(values: ArrayLike<number>): void;
  /** Boolean values by name from an older policy; names unknown here are ignored. Re-evaluates. */
  inheritBooleans(older: PolicyState): void;
}

export interface AvDecision {
  /** u32 */
  readonly allowed: number;
  readonly auditallow: number;
  readonly auditdeny: number;
  /** 1 permissive, 2 neveraudit. */
  readonly flags: number;
}

/** Permissions that a bounding type took away: audit 1401 op=security_compute_av reason=bounds. */
export interface BoundsViolation {
  readonly source: Context;
  readonly target: Context;
  readonly class: number;
  /** u32 */
  readonly permissions: number;
}

/** `classValue` 0: everything when handle_unknown is allow, else nothing (as for userspace queries). */
export declare function computeAv(
  state: PolicyState,
  source: Context,
  target: Context,
  classValue: number,
  onBounds?: (violation: BoundsViolation) => void,
): AvDecision;

/** Decision for one driver byte; each set has 256 bits. `undefined`: no extended rule concerns this (source, target, class). */
export interface XpermsDecision {
  readonly allowed: Uint32Array;
  readonly auditallow: Uint32Array;
  readonly dontaudit: Uint32Array;
}
export declare function computeXperms(
  state: PolicyState,
  source: Context,
  target: Context,
  classValue: number,
  driver: number,
  base: 'ioctl' | 'nlmsg',
): XpermsDecision | undefined;

export interface ContextOptions {
  /** Xattr parsing: a missing range comes from this context, and a superfluous one in a non-MLS policy is tolerated. */
  readonly defaults?: Context;
}
/** Text is one character per byte; everything from the first NUL is ignored. EINVAL. */
export declare function parseContext(db: PolicyDb, text: string, options?: ContextOptions): Result<Context>;
/** Canonical text, no NUL. */
export declare function formatContext(db: PolicyDb, context: Context): string;
export declare function contextIsValid(db: PolicyDb, context: Context): boolean;
export declare function contextsEqual(a: Context, b: Context): boolean;
/** By names; `undefined` when a name is missing or the result is invalid there. */
export declare function convertContext(older: PolicyDb, newer: PolicyDb, context: Context): Context | undefined;

/**
 * New context of an object or process. The result may be invalid in the policy: check with {@link contextIsValid}
 * (EACCES when enforcing, returned as it is when permissive). EINVAL: disjoint ranges under glblub.
 * `socketOrProcess` rules follow the policy class's kernel class.
 */
export declare function computeContext(
  state: PolicyState,
  operation: 'transition' | 'member' | 'change',
  source: Context,
  target: Context,
  classValue: number,
  name?: string,
): Result<Context>;

/** EINVAL for a class of 0 or above the maximum; `false` = EPERM. */
export declare function validateTransition(
  state: PolicyState,
  oldContext: Context,
  newContext: Context,
  taskContext: Context,
  classValue: number,
): Result<boolean>;
/** New type equal to or bounded (transitively) by the old one. */
export declare function boundedTransition(db: PolicyDb, oldContext: Context, newContext: Context): boolean;
/** Node `user`. EINVAL for an unknown user. */
export declare function reachableContexts(state: PolicyState, from: Context, userName: string): Result<Context[]>;

/** Text of the path from the root of the filesystem. `undefined` = unlabeled. */
export declare function genfsContext(
  db: PolicyDb,
  fsType: string,
  path: string,
  classValue: number,
): Context | undefined;
/** Behaviour: 1 xattr, 2 trans, 3 task, 4 genfs, 5 none. `context` undefined = unlabeled. */
export declare function fsUse(db: PolicyDb, fsType: string): { behaviour: number; context: Context | undefined };
/** `undefined` = the initial SID port, node, netif. */
export declare function portContext(db: PolicyDb, protocol: number, port: number): Context | undefined;
/** 4 or 16 address bytes in network order. */
export declare function nodeContext(db: PolicyDb, address: Uint8Array): Context | undefined;
export declare function netifContext(db: PolicyDb, name: string): Context | undefined;
/** Initial SIDs of the kernel: number to name. 1 kernel, 2 security, 3 unlabeled, 5 file, 7 init, ... */
export declare const INITIAL_SIDS: ReadonlyMap<number, string>;
/**
 * Context of an initial SID; `undefined` when the policy has none (use unlabeled). SID 7 (init) is that of the kernel unless the policy
 * has capability userspace_initial_context.
 */
export declare function initialSidContext(db: PolicyDb, sid: number): Context | undefined;
/** 0 network_peer_controls ... 8 userspace_initial_context, in id order. */
export declare const POLICY_CAPABILITIES: readonly string[];

/** The loaded image with present boolean and conditional states. */
export declare function dumpPolicy(state: PolicyState): Uint8Array;

/** A kernel class; values are indices into KERNEL_CLASSES + 1, permissions bit i = permissions[i]. */
export interface KernelClass {
  readonly name: string;
  readonly permissions: readonly string[];
}
export declare const KERNEL_CLASSES: readonly KernelClass[];
/** 0 = no such kernel class. */
export declare function kernelClass(name: string): number;
/** Bit mask of a permission of a kernel class, 0 = none. */
export declare function kernelPermission(kernelClassValue: number, name: string): number;

/** Kernel classes and permissions in terms of one policy. */
export declare class ClassMap {
  /** EINVAL (with the lines in `log`) when the policy says reject and something is undefined. */
  static build(db: PolicyDb): { readonly log: readonly string[]; readonly map: Result<ClassMap> };
  /** Policy class of a kernel class, 0 = undefined there. */
  policyClass(kernelClassValue: number): number;
  /** Kernel class of a policy class; `undefined` = the kernel does not know it. */
  kernelClass(policyClassValue: number): number | undefined;
  /** Decision by kernel class, in kernel permission bits, with handle_unknown applied. What hooks and the AVC use. */
  computeAv(
    state: PolicyState,
    source: Context,
    target: Context,
    kernelClassValue: number,
    onBounds?: (violation: BoundsViolation) => void,
  ): AvDecision;
}
