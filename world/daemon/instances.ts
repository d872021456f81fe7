/**
 * The mounted instances of a world: one FUSE superblock per filesystem object, however often it is mounted.
 *
 * Each superblock is attached once below the daemon's stage, a tmpfs in its own mount namespace, because only an attached mount can be copied
 * (before Linux 6.15). Copies are handed out detached. This thread serves what it attaches, so nothing here may look at a file of such a
 * mount: all calls take descriptors of mount roots, and the device number is asked for without a synchronous GETATTR.
 */
import { closeSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import {
  createRequestBuffer,
  type FuseSuperblock,
  MountError,
  openFuseSuperblock,
  type SuperblockOptions,
} from '../../fuse/index.ts';
import type { Caller } from '../../vfs/caller.ts';
import { E, errnoFromNumber, type Result } from '../../vfs/errno.ts';
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
  beforeRequest(): void;
  onTrace(text: string): void;
}

interface Instance {
  readonly superblock: FuseSuperblock;
  /** Descriptor of the root of the mount on the stage. */
  readonly root: number;
}

export class Instances {
  readonly #options: InstanceOptions;
  readonly #instances = new Map<Filesystem, Instance>();
  readonly #requestBuffer = createRequestBuffer(MAX_PAGES);

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
    const instance = this.#instances.get(filesystem) ?? this.#make(filesystem);
    if (instance === undefined) return E.EMFILE;
    const copy = copyMount(instance.root);
    return copy < 0 ? errnoFromNumber(-copy) : copy;
  }

  /** A descriptor of the root directory of `filesystem`, ours to keep. */
  root(filesystem: Filesystem): number {
    const instance = this.#instances.get(filesystem) ?? this.#make(filesystem);
    if (instance === undefined) throw new WorldError('mount-failed', 'Too many filesystems are mounted.');
    return instance.root;
  }

  close(): void {
    for (const { superblock, root } of this.#instances.values()) {
      superblock.connection.close();
      closeSync(root);
    }
    this.#instances.clear();
    detachMount(this.#options.stage);
  }

  /** `undefined` when the table of devices is full. */
  #make(filesystem: Filesystem): Instance | undefined {
    const { source, devices, identify, beforeRequest, onTrace, stage } = this.#options;
    const superblock = makeSuperblock({
      filesystem,
      source,
      identify,
      beforeRequest,
      onTrace,
      maxWritePages: MAX_PAGES,
      requestBuffer: this.#requestBuffer,
    });
    const root = superblock.mountFd;
    if (root === undefined)
      throw new WorldError('unsupported-host', 'fsopen(2) is missing.', 'Use Linux 5.2 or newer.');
    const place = path.join(stage, String(this.#instances.size));
    mkdirSync(place);
    check(`move_mount ${filesystem.type}`, attachMount(root, place));
    const instance = { superblock, root };
    if (!devices.add(deviceMinor(root), filesystem.magic)) {
      superblock.connection.close();
      return undefined;
    }
    this.#instances.set(filesystem, instance);
    return instance;
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
