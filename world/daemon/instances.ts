/**
 * The mounted instances of a world: one FUSE superblock per filesystem object, however often it is mounted.
 *
 * Each superblock is attached once below the daemon's stage, a tmpfs in its own mount namespace, because only an attached mount can be copied
 * (before Linux 6.15). Copies are handed out detached. This thread serves what it attaches, so nothing here may look at a file of such a
 * mount: all calls take descriptors of mount roots, and the device number is asked for without a synchronous GETATTR.
 *
 * A superblock lasts while it is on the stage or mounted by anybody. A filesystem that nobody can mount any more leaves the stage
 * (`letGo`); when the last mount of it is gone too, the kernel ends the connection, and everything about it is given back.
 */
import { closeSync, mkdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import {
  createRequestBuffer,
  type FuseSuperblock,
  MountError,
  openFuseSuperblock,
  type SuperblockOptions,
} from '../../fuse/index.ts';
import type { Caller } from '../../vfs/caller.ts';
import { errnoFromNumber, type Result } from '../../vfs/errno.ts';
import type { Filesystem } from '../../vfs/filesystem.ts';
import { WorldError } from '../errors.ts';
import type { DeviceTable } from '../supervisor/devices.ts';
import { errorText, systemCall } from '../sys/libc.ts';
import { attachMount, CLONE_NEWNS, copyMount, detachMount, mountFilesystem, unshare } from '../sys/mount.ts';
import { setPropagationEverywhere } from '../sys/mount-namespace.ts';

/** 16 MiB in one WRITE: larger than any policy we know. */
const MAX_PAGES = 4096;
const AT_EMPTY_PATH = 0x1000;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_SIZE = 256;
const STATX_DEV_MINOR = 140;

const statx = systemCall('statx', ['int', 'str', 'int', 'uint', 'void *']);

export interface InstanceOptions {
  /** An empty directory. */
  readonly stage: string;
  /** Device name of the mounts. */
  readonly source: string;
  readonly devices: DeviceTable;
  identify(tid: number, uid: number, gid: number): Caller;
  /** `writes`: the thread is about to change what a file of `filesystem` says. */
  beforeRequest(filesystem: Filesystem, tid: number, writes: boolean): void;
  onTrace(text: string): void;
  /** No mount of it is left, nor will there be one. */
  ended(filesystem: Filesystem): void;
}

interface Instance {
  readonly filesystem: Filesystem;
  readonly superblock: FuseSuperblock;
  /** Descriptor of the root of the mount on the stage. */
  readonly root: number;
  readonly place: string;
  readonly minor: number;
  staged: boolean;
}

export class Instances {
  readonly #options: InstanceOptions;
  readonly #instances = new Map<Filesystem, Instance>();
  /** By device number, which the kernel may have given to the next one before we learn that one has ended. */
  readonly #byMinor = new Map<number, Instance>();
  readonly #requestBuffer = createRequestBuffer(MAX_PAGES);
  #places = 0;
  #closing = false;

  /** Moves the calling thread, and those it starts later, into a mount namespace of their own. */
  constructor(options: InstanceOptions) {
    this.#options = options;
    check('mount namespace', unshare(CLONE_NEWNS));
    // Slave: what the host unmounts must not stay busy because of us.
    check('propagation', setPropagationEverywhere('slave'));
    check('stage', mountFilesystem('tmpfs', options.stage, { mode: '700' }, 0));
  }

  /** A detached mount of `filesystem`, close-on-exec; the taker closes it. */
  detachedMount(filesystem: Filesystem): Result<number> {
    const copy = copyMount(this.root(filesystem));
    return copy < 0 ? errnoFromNumber(-copy) : copy;
  }

  /** A descriptor of the root directory of `filesystem`, ours to keep. */
  root(filesystem: Filesystem): number {
    return (this.#instances.get(filesystem) ?? this.#make(filesystem)).root;
  }

  /** Device numbers, `major:minor`, of all superblocks that there are. */
  devices(): string[] {
    return [...this.#byMinor.keys()].map((minor) => `0:${minor}`);
  }

  /** Nobody can mount it any more: it ends with the mounts there are. */
  letGo(filesystem: Filesystem): void {
    const instance = this.#instances.get(filesystem);
    if (instance === undefined) this.#options.ended(filesystem);
    else this.#unstage(instance);
  }

  close(): void {
    this.#closing = true;
    for (const { superblock, root, staged } of this.#instances.values()) {
      superblock.connection.close();
      if (staged) closeSync(root);
    }
    this.#instances.clear();
    detachMount(this.#options.stage);
  }

  #make(filesystem: Filesystem): Instance {
    const { source, devices, identify, beforeRequest, onTrace, stage } = this.#options;
    const superblock = makeSuperblock({
      filesystem,
      source,
      identify,
      beforeRequest: (tid, writes) => beforeRequest(filesystem, tid, writes),
      onTrace,
      maxWritePages: MAX_PAGES,
      requestBuffer: this.#requestBuffer,
    });
    const root = superblock.mountFd;
    if (root === undefined)
      throw new WorldError('unsupported-host', 'fsopen(2) is missing.', 'Use Linux 5.2 or newer.');
    const place = path.join(stage, String(this.#places++));
    mkdirSync(place);
    const attached = attachMount(root, place);
    if (attached < 0) {
      superblock.connection.close();
      closeSync(root);
      rmdirSync(place);
      check(`move_mount ${filesystem.type}`, attached);
    }
    const minor = deviceMinor(root);
    const instance = { filesystem, superblock, root, place, minor, staged: true };
    devices.add(minor, filesystem.magic);
    this.#byMinor.set(minor, instance);
    this.#instances.set(filesystem, instance);
    void superblock.connection.ended.then(() => this.#ended(instance));
    return instance;
  }

  #unstage(instance: Instance): void {
    if (!instance.staged) return;
    instance.staged = false;
    closeSync(instance.root);
    detachMount(instance.place);
    rmdirSync(instance.place);
  }

  /** The kernel, or somebody who aborted the connection, ended the superblock. */
  #ended(instance: Instance): void {
    if (this.#closing) return;
    const wasLetGo = !instance.staged;
    this.#unstage(instance);
    if (this.#byMinor.get(instance.minor) === instance) {
      this.#byMinor.delete(instance.minor);
      this.#options.devices.remove(instance.minor);
    }
    if (this.#instances.get(instance.filesystem) === instance) this.#instances.delete(instance.filesystem);
    if (wasLetGo) this.#options.ended(instance.filesystem);
  }
}

function makeSuperblock(options: SuperblockOptions): FuseSuperblock {
  try {
    return openFuseSuperblock(options);
  } catch (error) {
    if (!(error instanceof MountError)) throw error;
    throw new WorldError('mount-failed', `FUSE: ${error.message}.`, 'See `lsmfs doctor`.');
  }
}

/** Anonymous devices have major number 0. */
function deviceMinor(fd: number): number {
  const result = Buffer.alloc(STATX_SIZE);
  check('statx', statx(fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, result));
  return result.readUInt32LE(STATX_DEV_MINOR);
}

function check(step: string, result: number): void {
  if (result < 0) {
    throw new WorldError('mount-failed', `${step}: ${errorText(result)}.`, 'See `lsmfs doctor`.', { errno: -result });
  }
}
