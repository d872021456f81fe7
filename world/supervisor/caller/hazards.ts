/**
 * Filesystems that we must not ask anything, because the answer may never come.
 *
 * A filesystem served by a process *inside* a world (sshfs started there) cannot answer while its server waits for the
 * supervisor; one that a user serves outside need not answer. Filesystems that the daemon sees too and that root, or
 * whoever we are, has mounted are harmless. An overlay that was made in another user namespace may hand questions on to
 * anything. So may a mount that no list has: it is not attached, or comes from a mount namespace of others.
 */
import { readlinkSync } from 'node:fs';
import type { UnauditedStat } from '../../../host/files/unaudited-stat.ts';
import { MountQuery } from '../../../host/mounts/mount-query.ts';
import { parseMountInfo } from '../../../host/procfs/mount-info.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { DeviceTable } from '../protocol/devices.ts';
import type { HostAudit } from './host-audit.ts';
import { kernelDevices } from './kernel-devices.ts';
import { MountCache } from './mount-cache.ts';

/** Filesystems with a server in user space. */
const SERVED = /^(?:fuse|fuseblk|fuse\..*|autofs|9p)$/;
/** Asks others. */
const STACKED = 'overlay';

interface Mounts {
  /** `major:minor` of all of them. */
  readonly listed: ReadonlySet<string>;
  /** Of those that may wait for a server. */
  readonly waiting: ReadonlySet<string>;
}

export function isServed(type: string): boolean {
  return SERVED.test(type);
}

/** @param mountinfo of /proc/<tid>/mountinfo. @param waits by type and options of the superblock. */
export function mountsIn(mountinfo: string, waits: (type: string, options: string) => boolean): Mounts {
  const listed = new Set<string>();
  const waiting = new Set<string>();
  for (const { device, type, options } of parseMountInfo(mountinfo)) {
    listed.add(device);
    if (waits(type, options)) waiting.add(device);
  }
  return { listed, waiting };
}

/** Of the options of a superblock: is it root, or we, who mounted it? Only FUSE names a user. */
export function isTrusted(options: string): boolean {
  const user = /(?:^|,)user_id=(\d+)/.exec(options)?.[1];
  return user === undefined || user === '0' || user === String(process.geteuid?.());
}

/** What is asked of them for one caller. */
export interface CallerHazards extends Pick<Hazards, 'any' | 'forget' | 'isListed' | 'waits'> {
  readonly audit:
    | {
        readonly stat: Pick<UnauditedStat, 'ask' | 'result'> | undefined;
        isServed(device: string): boolean | undefined;
      }
    | undefined;
}

export class Hazards {
  readonly #devices: DeviceTable | undefined;
  /** Those that the kernel has for itself. */
  readonly #kernel = kernelDevices();
  /** Of block devices; their numbers are not given to other filesystems without root. */
  readonly #solid = new Set<string>();
  /** Nothing in it changes as long as a mount exists. */
  readonly #lists: MountCache<Mounts>;
  readonly #ourUserNamespace = userNamespace('self');
  /** Of the thread that was asked about last. */
  #theirs: { readonly tid: Tid; readonly mounts: Mounts } | undefined;
  #ours: Mounts | undefined;

  /** Absent = names are not looked at; only tests have none. */
  readonly audit: HostAudit | undefined;

  /** @param devices superblocks that the daemon serves; absent = none is to be trusted. */
  constructor(devices?: DeviceTable, audit?: HostAudit) {
    this.#devices = devices;
    this.audit = audit;
    this.#lists = new MountCache<Mounts>(new MountQuery(audit));
  }

  /** Another call begins: mounts can have changed. */
  forget(): void {
    this.#theirs = undefined;
    this.#ours = undefined;
  }

  /** Could a question to the filesystem on this device wait for somebody? @param device `major:minor` @param tid who has it. */
  waits(tid: Tid, device: string): boolean {
    if (this.#kernel.has(device) || this.#solid.has(device) || this.#devices?.has(device)) return false;
    const { listed, waiting } = this.#of(tid);
    const waits = listed.has(device) ? waiting.has(device) && !this.#isHarmless(device) : !this.#isHarmless(device);
    if (!waits && !device.startsWith('0:')) this.#solid.add(device);
    return waits;
  }

  isListed(tid: Tid, device: string): boolean {
    return this.#of(tid).listed.has(device);
  }

  /** Has the thread any such filesystem in its list? */
  any(tid: Tid): boolean {
    for (const device of this.#of(tid).waiting) if (this.waits(tid, device)) return true;
    return false;
  }

  #of(tid: Tid): Mounts {
    if (this.#theirs?.tid !== tid) {
      const user = userNamespace(tid);
      const stranger = user === '' || user !== this.#ourUserNamespace;
      const waits = (type: string): boolean => isServed(type) || (stranger && type === STACKED);
      const mounts = this.#lists.get(tid, stranger ? 'stranger' : '', (text) => mountsIn(text, waits));
      this.#theirs = { tid, mounts };
    }
    return this.#theirs.mounts;
  }

  /** Do we see it, mounted by somebody whom we trust? */
  #isHarmless(device: string): boolean {
    const untrusted = (type: string, options: string): boolean => isServed(type) && !isTrusted(options);
    this.#ours ??= this.#lists.get('thread-self', 'ours', (text) => mountsIn(text, untrusted));
    return this.#ours.listed.has(device) && !this.#ours.waiting.has(device);
  }
}

/** Empty when the process is gone. */
function userNamespace(process: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${process}/ns/user`);
  } catch {
    return '';
  }
}
