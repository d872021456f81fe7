/**
 * Runs a function with the caller's credentials for file access instead of ours: fsuid, fsgid, supplementary groups, capabilities.
 *
 * All of that belongs to a thread, and is set by system calls made directly (the C library would set it for all
 * threads). Nothing else runs on this thread meanwhile. Capabilities that a caller has in another user namespace count
 * nothing here, unless that maps every id to itself.
 */
import { NR } from '../../../host/libc.ts';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CAP, LINUX_CAPABILITY_VERSION_3 } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { NGROUPS_MAX } from '../../../linux/process.ts';
import type { OwnFiles } from './own-files.ts';
import type { ProcessStatus } from './process-status.ts';

/** The credentials that the kernel checks when a thread opens files. */
export interface Credentials {
  readonly fsuid: number;
  readonly fsgid: number;
  readonly groups: readonly number[];
  /** In our user namespace. */
  readonly capabilities: bigint;
}

/** Capabilities that override permissions of files of other owners. */
const OVERRIDES = (1n << BigInt(CAP.DAC_OVERRIDE)) | (1n << BigInt(CAP.DAC_READ_SEARCH));
const WORD = 32n;
/**
 * struct __user_cap_header_struct { u32 version; int pid; }, two struct __user_cap_data_struct { u32 effective,
 * permitted, inheritable; }
 */
const DATA = 8;
const DATA_SIZE = 24;
/** Room for the groups of most threads. */
const FEW_GROUPS = 64;

/** How credentials are read. */
export interface StatusReader extends Pick<OwnFiles, 'readFile'> {
  status(tid: Tid): ProcessStatus | undefined;
  isInOurUserNamespace(tid: Tid): boolean;
}

/** The credentials of a thread for file access; `undefined` when it has ended. */
export function credentialsOf(view: StatusReader, tid: Tid): Credentials | undefined {
  const status = view.status(tid);
  return status && { ...status, capabilities: capabilitiesHere(view, tid, status.effectiveCapabilities) };
}

/**
 * The same as access(2) judges: access_override_creds() of fs/open.c. SECBIT_NO_SETUID_FIXUP, with which the capabilities stay as they
 * are, is taken to be off: nobody is told about the securebits of others.
 */
export function realCredentialsOf(view: StatusReader, tid: Tid): Credentials | undefined {
  const status = view.status(tid);
  if (status === undefined) return undefined;
  const { uid, gid, groups, permittedCapabilities } = status;
  const capabilities = uid === 0 ? capabilitiesHere(view, tid, permittedCapabilities) : 0n;
  return { fsuid: uid, fsgid: gid, groups, capabilities };
}

/** @param held of a thread, in its own user namespace. */
function capabilitiesHere(view: StatusReader, tid: Tid, held: bigint): bigint {
  if (view.isInOurUserNamespace(tid)) return held;
  const sameIds = ['uid_map', 'gid_map'].every((map) => {
    const text = view.readFile(AT_FDCWD, `/proc/${tid}/${map}`);
    return text !== undefined && /^ *0 +0 +4294967295\n$/.test(text);
  });
  return sameIds ? held & OVERRIDES : 0n;
}

class OwnIdentity {
  readonly #memory = allocateNative(DATA + DATA_SIZE);
  #groups = allocateNative(4 * FEW_GROUPS);

  setFsUser(uid: number): void {
    rawSyscall(NR.setfsuid, uid);
  }

  setFsGroup(gid: number): void {
    rawSyscall(NR.setfsgid, gid);
  }

  setGroups(groups: readonly number[]): void {
    if (groups.length * 4 > this.#groups.bytes.length) this.#groups = allocateNative(4 * NGROUPS_MAX);
    const { view, address } = this.#groups;
    for (const [index, group] of groups.entries()) view.setUint32(4 * index, group, true);
    rawSyscall(NR.setgroups, groups.length, address);
  }

  setEffective(status: ProcessStatus, effective: bigint): void {
    const { view, address } = this.#memory;
    putCapabilities(view, status, effective);
    rawSyscall(NR.capset, address, address + DATA);
  }
}

/** @param view struct __user_cap_header_struct, two struct __user_cap_data_struct */
function putCapabilities(
  view: DataView,
  { permittedCapabilities, inheritableCapabilities }: ProcessStatus,
  effective: bigint,
): void {
  view.setUint32(0, LINUX_CAPABILITY_VERSION_3, true);
  view.setInt32(4, 0, true);
  for (const [index, set] of [effective, permittedCapabilities, inheritableCapabilities].entries()) {
    view.setUint32(DATA + 4 * index, Number(BigInt.asUintN(32, set)), true);
    view.setUint32(DATA + DATA_SIZE / 2 + 4 * index, Number(set >> WORD), true);
  }
}

/** Sets the credentials of the calling thread: one system call for each member. */
export type ThreadIdentity = Pick<OwnIdentity, keyof OwnIdentity>;

export class ActingAs {
  readonly #own: ProcessStatus | undefined;
  readonly #thread: ThreadIdentity;

  /** @param own credentials of the calling thread; absent = they are not known, and nothing is changed. */
  constructor(own: ProcessStatus | undefined, thread: ThreadIdentity = new OwnIdentity()) {
    this.#own = own;
    this.#thread = thread;
  }

  /** With our own rights, as another user. @returns what `act` returns. */
  asUser(fsuid: number, act: () => number): number {
    const own = this.#own;
    return own === undefined ? act() : this.run({ ...own, fsuid, capabilities: own.effectiveCapabilities }, act);
  }

  /** @returns what `act` returns. */
  run(credentials: Credentials, act: () => number): number {
    const own = this.#own;
    if (own === undefined) return act();
    const lacking = own.effectiveCapabilities & ~credentials.capabilities;
    if (credentials.fsuid === own.fsuid && lacking === 0n) return act();
    return this.exactly(credentials, act);
  }

  /** Also where we may do all that they may: what is made has their group. */
  exactly(credentials: Credentials, act: () => number): number {
    const own = this.#own;
    if (own === undefined) return act();
    const thread = this.#thread;
    thread.setGroups(credentials.groups);
    thread.setFsGroup(credentials.fsgid);
    thread.setFsUser(credentials.fsuid);
    thread.setEffective(own, own.effectiveCapabilities & credentials.capabilities);
    try {
      return act();
    } finally {
      thread.setEffective(own, own.effectiveCapabilities);
      thread.setFsUser(own.fsuid);
      thread.setFsGroup(own.fsgid);
      thread.setGroups(own.groups);
      // A thread whose fsuid changes from 0 loses the capabilities that concern files (capabilities(7)).
      thread.setEffective(own, own.effectiveCapabilities);
    }
  }
}
