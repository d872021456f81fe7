/**
 * The mounted instances of a world: one FUSE superblock per filesystem object, however often it is mounted.
 *
 * Each superblock is attached once below the daemon's stage, a tmpfs in its own mount namespace, because only an
 * attached mount can be copied (before Linux 6.15). Copies are handed out detached. This thread serves the mounts, so it
 * must not name a file of them in any system call, not even the root: another thread does that (stage.ts), and the event
 * loop waits for the result.
 *
 * A superblock exists while it is on the stage or mounted elsewhere. A filesystem that cannot be mounted any more leaves the stage
 * (`letGo`); when its last mount is gone, too, the kernel ends the connection, and all its resources are freed.
 */
import { closeSync, mkdirSync, openSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import {
  createRequestBuffer,
  type FuseSuperblock,
  MountError,
  openFuseSuperblock,
  RequestPoll,
  type SuperblockOptions,
} from '../../../fuse/index.ts';
import { errorText } from '../../../host/libc.ts';
import { detachMount, mountFilesystem, unshare } from '../../../host/mounts/mount.ts';
import { setPropagationEverywhere } from '../../../host/mounts/mount-namespace.ts';
import { errnoFromNumber, type Result } from '../../../linux/errno.ts';
import { O_PATH } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { CLONE_NEWNS } from '../../../linux/process.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import { WorldError } from '../../errors.ts';
import type { DeviceTable } from '../../supervisor/protocol/devices.ts';
import type { StageRequest } from '../../supervisor/staging.ts';
import type { Stage } from './stage.ts';

/** 16 MiB in one WRITE: larger than any policy we know. */
const MAX_PAGES = 4096;

export interface InstanceOptions {
  /** An empty directory. */
  readonly stage: string;
  readonly hands: Stage;
  /** Device name of the mounts. */
  readonly source: string;
  readonly devices: DeviceTable;
  identify(tid: Tid, uid: number, gid: number): Caller;
  /** `writes`: the thread is about to change `filesystem`, or what a file of it says. */
  /** As of FuseConnectionOptions. */
  beforeRequest(filesystem: Filesystem, tid: Tid, writes: boolean, opensFound: boolean): void;
  duringChange<T>(tid: Tid, work: () => T, exit: (outcome: T) => number | undefined): T;
  onTrace(text: string): void;
  /** Called when the set of superblocks changes. */
  changed(): void;
  /** Called when no mount of it is left and it cannot be mounted again. */
  ended(filesystem: Filesystem): void;
}

interface Instance {
  readonly filesystem: Filesystem;
  readonly superblock: FuseSuperblock;
  /** Descriptor of the root of the mount on the stage. */
  readonly root: number;
  /** Name in the stage. */
  readonly place: string;
  /** Rejects with a WorldError. */
  readonly attached: Promise<void>;
  /** Device number, set when it is attached. */
  minor: number;
  staged: boolean;
  /** The newest copy that was asked for; `root` stays open until it is made. */
  copied: Promise<unknown>;
}

export class Instances {
  readonly #options: InstanceOptions;
  readonly #instances = new Map<Filesystem, Instance>();
  /** By device number, which the kernel may reuse before we learn that the former superblock has ended. */
  readonly #byMinor = new Map<number, Instance>();
  readonly #requestBuffer = createRequestBuffer(MAX_PAGES);
  readonly #poll = new RequestPoll();
  readonly #stageRoot: number;
  #places = 0;
  #closing = false;

  /** Moves the calling thread, and those it starts later, into a mount namespace of their own. */
  constructor(options: InstanceOptions) {
    this.#options = options;
    check('mount namespace', unshare(CLONE_NEWNS));
    // Slave propagation: an unmount on the host also unmounts our copy, so the filesystem is not kept busy.
    check('propagation', setPropagationEverywhere('slave'));
    check('stage', mountFilesystem('tmpfs', options.stage, { mode: '700' }, 0));
    this.#stageRoot = openSync(options.stage, O_PATH);
  }

  /** A detached mount of `filesystem`, close-on-exec; the taker closes it. */
  async detachedMount(filesystem: Filesystem): Promise<Result<number>> {
    const instance = await this.#attached(filesystem);
    const copying = this.#options.hands.work({ kind: 'copy', mount: instance.root });
    instance.copied = copying;
    const copy = await copying;
    return copy < 0 ? errnoFromNumber(-copy) : copy;
  }

  /** A descriptor of the root directory of `filesystem`; it stays open here. */
  async root(filesystem: Filesystem): Promise<number> {
    return (await this.#attached(filesystem)).root;
  }

  /** Device numbers, `major:minor`, of all superblocks. */
  devices(): string[] {
    return [...this.#byMinor.keys()].map((minor) => `0:${minor}`);
  }

  /** Takes it off the stage: it ends with its last mount. */
  letGo(filesystem: Filesystem): void {
    const instance = this.#instances.get(filesystem);
    if (instance === undefined) this.#options.ended(filesystem);
    else this.#unstage(instance);
  }

  /** Handles pending FUSE requests to filesystems of this type. Not to be called while a request is being handled. */
  serveWaiting(type: string): void {
    for (const { filesystem, superblock } of this.#instances.values()) {
      if (filesystem.type === type) superblock.connection.serveWaiting();
    }
  }

  close(): void {
    this.#closing = true;
    for (const { superblock, root, staged } of this.#instances.values()) {
      superblock.connection.close();
      if (staged) closeSync(root);
    }
    this.#instances.clear();
    closeSync(this.#stageRoot);
    detachMount(this.#options.stage);
  }

  async #attached(filesystem: Filesystem): Promise<Instance> {
    const instance = this.#instances.get(filesystem) ?? this.#make(filesystem);
    await instance.attached;
    return instance;
  }

  #make(filesystem: Filesystem): Instance {
    const { source, identify, beforeRequest, duringChange, onTrace, stage } = this.#options;
    const superblock = makeSuperblock({
      filesystem,
      source,
      identify,
      beforeRequest: (tid, writes, opensFound) => beforeRequest(filesystem, tid, writes, opensFound),
      duringChange,
      onTrace,
      maxWritePages: MAX_PAGES,
      requestBuffer: this.#requestBuffer,
      poll: this.#poll,
    });
    const root = superblock.mountFd;
    if (root === undefined)
      throw new WorldError(
        'unsupported-host',
        'This kernel has no fsopen(2), with which FUSE is mounted.',
        'Use Linux 5.2 or newer.',
      );
    const place = String(this.#places++);
    const directory = path.join(stage, place);
    mkdirSync(directory);
    const attaching = this.#attach(root, directory);
    const instance: Instance = {
      filesystem,
      superblock,
      root,
      place,
      attached: attaching.then((minor) => this.#appeared(instance, minor)),
      minor: -1,
      staged: true,
      copied: attaching,
    };
    instance.attached.catch(() => undefined); // other waiters still see the rejection
    this.#instances.set(filesystem, instance);
    return instance;
  }

  /** @returns its device number, or a negative errno. */
  async #attach(mount: number, directory: string): Promise<number> {
    const target = openSync(directory, O_PATH);
    const minor = await this.#options.hands.work({ kind: 'attach', mount, directory: target });
    closeSync(target);
    return minor;
  }

  #appeared(instance: Instance, minor: number): void {
    if (this.#closing) throw new WorldError('unknown-world', 'That world is ending.');
    const { filesystem, superblock } = instance;
    if (minor < 0) {
      superblock.connection.close();
      closeSync(instance.root);
      this.#instances.delete(filesystem);
      check(`move_mount ${filesystem.type}`, minor, this.#options.hands.lost);
    }
    instance.minor = minor;
    this.#options.devices.add(minor, filesystem.magic);
    this.#byMinor.set(minor, instance);
    this.#options.changed();
    void superblock.connection.ended.then(() => this.#ended(instance));
  }

  #unstage(instance: Instance): void {
    if (!instance.staged) return;
    instance.staged = false;
    void instance.copied.then(async () => {
      if (this.#closing) return;
      closeSync(instance.root);
      const request: StageRequest = { kind: 'detach', directory: this.#stageRoot, name: instance.place };
      const detached = await this.#options.hands.work(request);
      if (this.#closing) return;
      try {
        rmdirSync(path.join(this.#options.stage, instance.place));
      } catch (error) {
        this.#options.onTrace(`stage: umount2 ${detached}, ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  }

  /** The connection ended: the last mount is gone, or it was aborted. */
  #ended(instance: Instance): void {
    if (this.#closing) return;
    const wasLetGo = !instance.staged;
    this.#unstage(instance);
    if (this.#byMinor.get(instance.minor) === instance) {
      this.#byMinor.delete(instance.minor);
      this.#options.devices.remove(instance.minor);
      this.#options.changed();
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
    throw new WorldError('mount-failed', `A FUSE filesystem cannot be made: ${error.message}.`, 'See `lsmfs doctor`.');
  }
}

/** @param lost why the thread that made the step has ended. */
function check(step: string, result: number, lost?: string): void {
  if (result < 0) {
    const why = lost === undefined ? errorText(result) : `the thread that mounts has ended (${lost})`;
    throw new WorldError('mount-failed', `Mounting failed at ${step}: ${why}.`, 'See `lsmfs doctor`.', {
      errno: -result,
    });
  }
}
