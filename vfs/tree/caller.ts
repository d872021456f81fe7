/**
 * The caller of a request.
 *
 * A caller is a snapshot of the credentials of `current` at the moment of the call. FUSE supplies tid, uid and gid with every request; the
 * rest is filled in by the owner of the process table (world/) or by a test.
 */
import { ALL_CAPABILITIES, hasCapability } from '../../linux/capability.ts';
import { type Tgid, type Tid, tgidOf } from '../../linux/ids.ts';
/** @public */
export interface Caller {
  /** Thread id, in the pid namespace of the server. 0 = the kernel itself (RELEASE, FORGET). */
  readonly tid: Tid;
  /** Thread group id (what user space calls pid). */
  readonly tgid: Tgid;
  /** fsuid and fsgid. */
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Absent: the initial one. */
  readonly userNamespace?: UserNamespace | undefined;
  /**
   * Effective capability set, in the user namespace of the caller, as a bit mask (bit n = capability n,
   * include/uapi/linux/capability.h).
   */
  readonly capabilities: bigint;
  /** Command name (`comm`, at most 15 bytes), for log lines. */
  readonly comm: string;
  /** PR_SET_NO_NEW_PRIVS; absent = not set. */
  readonly noNewPrivs?: boolean;
}

/** DEFAULT_OVERFLOWUID of include/linux/highuid.h */
export const OVERFLOW_ID = 65534;

/** One below the initial user namespace. */
export interface UserNamespace {
  /** Inode number of /proc/PID/ns/user: no other has it as long as this one exists. */
  readonly id: number;
  /** Numbers of those around it, the nearest first, without the initial one. */
  readonly ancestors: readonly number[];
  /** Its ids 0, mapped to the initial namespace; absent = not mapped. */
  readonly rootUid?: number | undefined;
  readonly rootGid?: number | undefined;
  /** Which ids of the initial one it has; absent = all, as far as is known. */
  readonly uids?: readonly MappedIds[];
  readonly gids?: readonly MappedIds[];
}

/** That of a process that is held: its capabilities count nowhere. */
export const UNKNOWN_NAMESPACE: UserNamespace = { id: 0, ancestors: [], uids: [], gids: [] };

/** Could it not be found out which it is? */
export function isUnknown({ id }: UserNamespace): boolean {
  return id === UNKNOWN_NAMESPACE.id;
}

/** Ids one after the other. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

/** Ids of the initial user namespace that another one has. */
export interface MappedIds extends IdRange {
  /** What the first one is called there. */
  readonly inside: number;
}

/** Is this id of the initial namespace mapped in the namespace? */
export function isMappedId(ranges: readonly IdRange[] | undefined, id: number): boolean {
  return ranges === undefined || ranges.some(({ first, count }) => id >= first && id < first + count);
}

/** What an id of the namespace is in the initial one (make_kuid()); `undefined` = nobody. Without a map only that of the root is known. */
export function idOutside(ranges: readonly MappedIds[] | undefined, id: number, ofRoot?: number): number | undefined {
  if (ranges === undefined) return id === 0 ? ofRoot : undefined;
  const range = ranges.find(({ inside, count }) => id >= inside && id < inside + count);
  return range && range.first + (id - range.inside);
}

/** The inverse (from_kuid_munged()): what is not mapped is the overflow id. */
export function idInside(ranges: readonly MappedIds[] | undefined, id: number): number {
  const range = ranges?.find(({ first, count }) => id >= first && id < first + count);
  return range === undefined ? OVERFLOW_ID : range.inside + (id - range.first);
}

/** Is a namespace this one, or inside of it? @param outer absent: the initial one. */
export function isWithin(inner: Pick<UserNamespace, 'id' | 'ancestors'>, outer: UserNamespace | undefined): boolean {
  return outer === undefined || inner.id === outer.id || inner.ancestors.includes(outer.id);
}

/** In a user namespace (ns_capable()): the caller's own, or one inside of that. */
export function capableWithin(caller: Caller, capability: number, namespace: UserNamespace): boolean {
  return capableInOwn(caller, capability) && isWithin(namespace, caller.userNamespace);
}

/** In the initial user namespace (the kernel's capable()). */
export function capable(caller: Caller, capability: number): boolean {
  return caller.userNamespace === undefined && capableInOwn(caller, capability);
}

/** In the caller's own user namespace: for objects that belong to it. */
export function capableInOwn(caller: Caller, capability: number): boolean {
  return hasCapability(caller.capabilities, capability);
}

/**
 * Over a file of this owner (capable_wrt_inode_uidgid(); without a group, inode_owner_or_capable()): the ids must exist
 * in the caller's user namespace. Where its maps are not known only the ids of its root are, so those of others count as existing.
 */
export function capableOver(
  caller: Caller,
  capability: number,
  owner: { readonly uid: number; readonly gid?: number },
): boolean {
  if (!capableInOwn(caller, capability)) return false;
  const own = caller.userNamespace;
  if (own === undefined) return true;
  const exists = (ranges: readonly IdRange[] | undefined, id: number | undefined, root: number | undefined): boolean =>
    id === undefined || (ranges === undefined ? id !== 0 || root === 0 : isMappedId(ranges, id));
  return exists(own.uids, owner.uid, own.rootUid) && exists(own.gids, owner.gid, own.rootGid);
}

/** Root with every capability: the identity of the kernel and of set-up code. */
export const KERNEL_CALLER: Caller = Object.freeze({
  tid: tgidOf(0),
  tgid: tgidOf(0),
  uid: 0,
  gid: 0,
  groups: [],
  capabilities: ALL_CAPABILITIES,
  comm: 'swapper',
});
