/**
 * Filesystems that can block us: a system call on their files may never return.
 *
 * A filesystem served by a process *inside* a world (sshfs started there) cannot answer while its server waits for the
 * supervisor; one that a user serves outside need not answer. Trusted are filesystems that are mounted in the daemon's
 * own namespace by root or by the daemon's user. An overlay made in another user namespace may pass requests on to any
 * filesystem; one that an ancestor of the caller has mounted, too, who is root of the daemon's own, was made there. A mount
 * that no mountinfo lists (detached, or of a foreign mount namespace) is not trusted either.
 */
import type { UnauditedStat } from '../../../host/files/unaudited-stat.ts';
import { NR } from '../../../host/libc.ts';
import { allocateNative, putString } from '../../../host/memory/native-memory.ts';
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { parseMountInfo } from '../../../host/procfs/mount-info.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { DeviceTable } from '../protocol/devices.ts';
import { rootAncestor } from './ancestors.ts';
import { CallMounts } from './call-mounts.ts';
import type { HostAudit } from './host-audit.ts';
import { kernelDevices } from './kernel-devices.ts';
import { MountCache } from './mount-cache.ts';

/** Filesystems with a server in user space. */
const SERVED = /^(?:fuse|fuseblk|fuse\..*|autofs|9p)$/;
/** Passes requests on to other filesystems. */
const STACKED = 'overlay';
/** Numbers of mounts that are remembered. */
const MOST_PLAIN = 4096;

interface Mounts {
  /** `major:minor` of all mounted filesystems. */
  readonly listed: ReadonlySet<string>;
  /** `major:minor` of those that can block us. */
  readonly waiting: ReadonlySet<string>;
  /** `major:minor` of those that block nobody, whoever mounted them: neither served in user space nor stacked. */
  readonly plain: ReadonlySet<string>;
}

export function isServed(type: string): boolean {
  return SERVED.test(type);
}

/** @param mountinfo text of /proc/<tid>/mountinfo. @param waits whether a superblock of this type with these options can block. */
export function mountsIn(mountinfo: string, waits: (type: string, options: string) => boolean): Mounts {
  const listed = new Set<string>();
  const waiting = new Set<string>();
  const plain = new Set<string>();
  for (const { device, type, options } of parseMountInfo(mountinfo)) {
    listed.add(device);
    if (waits(type, options)) waiting.add(device);
    if (!isServed(type) && type !== STACKED) plain.add(device);
  }
  return { listed, waiting, plain };
}

/** Was it mounted by root or by our user, as the options of the superblock say? Only FUSE names the user (user_id=). */
export function isTrusted(options: string): boolean {
  const user = /(?:^|,)user_id=(\d+)/.exec(options)?.[1];
  return user === undefined || user === '0' || user === String(process.geteuid?.());
}

type Asked =
  | 'any'
  | 'forget'
  | 'isInOurUserNamespace'
  | 'isKnownInOurUserNamespace'
  | 'isKernels'
  | 'isListed'
  | 'waits';

/** Answers about the filesystems of one caller at a time. */
export interface CallerHazards extends Pick<Hazards, Asked> {
  readonly audit: { readonly stat: Pick<UnauditedStat, 'ask' | 'result'> | undefined } | undefined;
}

export class Hazards {
  readonly #devices: DeviceTable | undefined;
  /** Internal filesystems of the kernel (kernel-devices.ts). */
  readonly #kernel = kernelDevices();
  /** Of block devices; their numbers are not given to other filesystems without root. */
  readonly #solid = new Set<string>();
  /** Mounts of plain filesystems, by the number that is given once: as long as there is such a mount it is of the same filesystem. */
  readonly #plainMounts = new Set<bigint>();
  /** By mount: type and device of a mount do not change as long as it exists. */
  readonly #lists: MountCache<Mounts>;
  /** Asked about callers, and about nobody else. */
  readonly mountQuery: CallMounts;
  readonly #links = new NamespaceLinks();
  readonly #ourUserNamespace = this.#links.user('self');
  /** Of the thread that was asked about last. */
  #theirs: { readonly tid: Tid; readonly mounts: Mounts } | undefined;
  /** Of an ancestor of that thread. */
  #ancestors: { readonly tid: Tid; readonly mounts: Mounts | undefined } | undefined;
  #user: { readonly tid: Tid; readonly isOurs: boolean } | undefined;
  #ours: Mounts | undefined;

  /** The host's audit; absent only in tests. */
  readonly audit: HostAudit | undefined;

  /** @param devices superblocks that the daemon serves; absent = none are trusted. */
  constructor(devices?: DeviceTable, audit?: HostAudit) {
    this.#devices = devices;
    this.audit = audit;
    this.mountQuery = new CallMounts(() => audit?.stat);
    this.#lists = new MountCache<Mounts>(this.mountQuery);
  }

  /** Forgets what was read for the call before: mounts and namespaces may have changed since. */
  forget(): void {
    this.#theirs = undefined;
    this.#ancestors = undefined;
    this.#user = undefined;
    this.#ours = undefined;
    this.mountQuery.forget();
  }

  /** Is it a filesystem that the kernel mounts for itself? */
  isKernels(device: string): boolean {
    return this.#kernel.has(device);
  }

  /**
   * Can the filesystem on this device block us? @param device `major:minor` @param tid a thread that has it mounted.
   * @param mountOf number of the mount (STATX_MNT_ID_UNIQUE) that a descriptor of ours holds, if the kernel tells.
   */
  waits(tid: Tid, device: string, mountOf?: () => bigint | undefined): boolean {
    if (this.#kernel.has(device) || this.#solid.has(device) || this.#devices?.has(device)) return false;
    const mount = mountOf?.();
    if (mount !== undefined && this.#plainMounts.has(mount)) return false;
    const mounts = this.#of(tid);
    const { listed, waiting } = mounts;
    // The device number may be that of another filesystem since the list was read: the mount itself must be in it.
    if (mount !== undefined && mounts.plain.has(device) && this.#lists.isAbout(mounts, mount)) {
      if (this.#plainMounts.size === MOST_PLAIN) this.#plainMounts.clear();
      this.#plainMounts.add(mount);
    }
    const isSafe = (): boolean => this.#isHarmless(device) || (listed.has(device) && this.#isOfAncestor(tid, device));
    const waits = (waiting.has(device) || !listed.has(device)) && !isSafe();
    if (!waits && !device.startsWith('0:')) this.#solid.add(device);
    return waits;
  }

  isListed(tid: Tid, device: string): boolean {
    return this.#of(tid).listed.has(device);
  }

  /** Is it in the daemon's user namespace, which that never leaves? `false` when it is gone. */
  isInOurUserNamespace(tid: Tid): boolean {
    if (this.#user?.tid !== tid) {
      const theirs = this.#links.user(tid);
      this.#user = { tid, isOurs: theirs !== '' && theirs === this.#ourUserNamespace };
    }
    return this.#user.isOurs;
  }

  /** The same, if it was asked in this call. */
  isKnownInOurUserNamespace(tid: Tid): boolean {
    return this.#user?.tid === tid && this.#user.isOurs;
  }

  /** Does the thread's mountinfo list any filesystem that can block us? */
  any(tid: Tid): boolean {
    for (const device of this.#of(tid).waiting) if (this.waits(tid, device)) return true;
    return false;
  }

  #of(tid: Tid): Mounts {
    if (this.#theirs?.tid !== tid) {
      const stranger = !this.isInOurUserNamespace(tid);
      const waits = (type: string): boolean => isServed(type) || (stranger && type === STACKED);
      const mounts = this.#lists.get(tid, stranger ? 'stranger' : '', (text) => mountsIn(text, waits));
      this.#theirs = { tid, mounts };
    }
    return this.#theirs.mounts;
  }

  /** Is it no served one, and mounted in the namespace of an ancestor who is root of our user namespace? Nobody else mounts there. */
  #isOfAncestor(tid: Tid, device: string): boolean {
    if (this.isInOurUserNamespace(tid)) return false;
    if (this.#ancestors?.tid !== tid) {
      const ancestor = rootAncestor(tid, (other) => this.#links.user(other) === this.#ourUserNamespace);
      const mounts = ancestor && this.#lists.get(ancestor, '', (text) => mountsIn(text, isServed));
      this.#ancestors = { tid, mounts };
    }
    const { mounts } = this.#ancestors;
    return mounts?.listed.has(device) === true && !mounts.waiting.has(device);
  }

  /** Is it mounted in our own namespace, by root or by our user? */
  #isHarmless(device: string): boolean {
    const untrusted = (type: string, options: string): boolean => isServed(type) && !isTrusted(options);
    this.#ours ??= this.#lists.get('thread-self', 'ours', (text) => mountsIn(text, untrusted));
    return this.#ours.listed.has(device) && !this.#ours.waiting.has(device);
  }
}

/** Layout of the scratch memory: a path, and the text of a link, `user:[4026531837]`. */
const LINK = 64;
const LINK_SIZE = 64;

/** Reads where links of /proc/<tid>/ns lead. Many supervised calls ask, and Node's functions take several times as long. */
class NamespaceLinks {
  readonly #memory = allocateNative(LINK + LINK_SIZE);

  /** Identity of a user namespace; empty when the process has ended. */
  user(process: Tid | 'self'): string {
    const memory = this.#memory;
    const path = putString(memory, 0, `/proc/${process}/ns/user`);
    const length = rawSyscall(NR.readlinkat, AT_FDCWD, path, memory.address + LINK, LINK_SIZE);
    return length < 0 ? '' : latin1(memory.bytes.subarray(LINK), length);
  }
}
