/**
 * Makes a FUSE superblock and the connection that serves it.
 *
 * With the mount API of Linux 5.2 (fsopen, fsconfig, fsmount) the superblock exists before it is attached: the caller gets a detached mount
 * to attach where and from where it wants, also from another process or mount namespace. Where fsopen is missing or forbidden, `mountAt`
 * mounts the classic way.
 * Caller ids in requests are those of the pid namespace in which this runs.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import {
  createSuperblock,
  detachedMount,
  mountDirectly,
  openContext,
  setOption,
} from '../../host/mounts/filesystem-context.ts';
import { attachMount } from '../../host/mounts/mount.ts';
import { ERRNO } from '../../linux/errno.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOSUID } from '../../linux/mount.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import { FuseConnection, type FuseConnectionOptions } from './connection.ts';
import { withRaisedPageLimit } from './page-limit.ts';
import type { RequestPoll } from './request-poll.ts';
import type { Identify } from './session.ts';
import { ownUserNamespaceIds, type UserNamespaceIds } from './user-namespace-ids.ts';

const DEVICE = '/dev/fuse';
const { ENOSYS, EPERM } = ERRNO;
/** 16 MiB in one WRITE: larger than any policy we know. */
const WANTED_PAGES = 4096;

export interface SuperblockOptions {
  readonly filesystem: Filesystem;
  readonly identify: Identify;
  readonly beforeRequest?: FuseConnectionOptions['beforeRequest'];
  readonly duringChange?: FuseConnectionOptions['duringChange'];
  readonly onTrace?: ((text: string) => void) | undefined;
  /** See FuseConnectionOptions. */
  readonly now?: (() => bigint) | undefined;
  /** Largest single WRITE in pages, as far as the kernel can be made to grant it. Default 4096 = 16 MiB. */
  readonly maxWritePages?: number | undefined;
  /** Shown as the device in /proc/mounts. Default: the filesystem's type. */
  readonly source?: string | undefined;
  /** Shown as `fuse.<subtype>`. Default: the filesystem's type. */
  readonly subtype?: string | undefined;
  /** From `createRequestBuffer(maxWritePages)`, to share one between many superblocks. */
  readonly requestBuffer?: Buffer | undefined;
  /** One for all superblocks of a thread; see FuseConnectionOptions. */
  readonly poll?: RequestPoll | undefined;
}

export interface FuseSuperblock {
  readonly connection: FuseConnection;
  /**
   * Detached mount (close-on-exec), or undefined when the kernel has no fsopen: use {@link mountAt}. Yours to attach and to close; while it
   * is open the mount is busy.
   */
  readonly mountFd: number | undefined;
  /** Attaches the mount at an existing directory in our own mount namespace and closes `mountFd`. Throws {@link MountError}. */
  mountAt(path: string): void;
}

/** A set-up step that the kernel refused. */
export class MountError extends Error {
  override readonly name = 'MountError';
  readonly step: string;
  /** Errno name, e.g. `EPERM`. */
  readonly code: string;

  constructor(step: string, code: string) {
    super(`${step}: ${code}`);
    this.step = step;
    this.code = code;
  }
}

/** Who serves a superblock. */
export interface Server {
  /** Begins: requests may be read now. @param pages of the largest WRITE that the kernel grants. */
  start(pages: number): void;
  /** Gives the device up. */
  close(): void;
}

export interface ServedSuperblock<S extends Server = Server> {
  readonly connection: S;
  /** As of {@link FuseSuperblock}. */
  readonly mountFd: number | undefined;
  mountAt(path: string): void;
}

export interface ServedOptions<S extends Server> {
  /** @param fd of the device, the server's from now on. @param root ids that the kernel knows root by. */
  connect(fd: number, root: UserNamespaceIds): S;
  readonly maxPages: number;
  readonly source: string;
  readonly subtype: string;
  /** MOUNT_ATTR_* of the mount; default none. */
  readonly attributes?: number;
}

type MountParameters = readonly (readonly [string, string | undefined])[];

/** Parameters of both ways of mounting. */
interface Plan<S extends Server> {
  readonly connection: S;
  readonly maxPages: number;
  readonly source: string;
  readonly subtype: string;
  readonly attributes: number;
  /** `[key, value]`; without value a flag. */
  readonly parameters: MountParameters;
}

/** The connection is serving on return (it answers once the event loop runs). Throws {@link MountError}. */
export function openFuseSuperblock(options: SuperblockOptions): FuseSuperblock {
  const { filesystem, identify, beforeRequest, duringChange, onTrace, now, requestBuffer, poll } = options;
  const { maxWritePages: maxPages = WANTED_PAGES, source = filesystem.type, subtype = filesystem.type } = options;
  const all = { filesystem, identify, beforeRequest, duringChange, onTrace, now, maxPages, requestBuffer, poll };
  const connect = (fd: number, root: UserNamespaceIds) => new FuseConnection({ ...all, fd, root });
  return openServedSuperblock({ connect, maxPages, source, subtype });
}

/** The same for any server. Throws {@link MountError}. */
export function openServedSuperblock<S extends Server>(options: ServedOptions<S>): ServedSuperblock<S> {
  const { connect, maxPages, source, subtype, attributes = 0 } = options;
  const fd = openDevice();
  const root = ownUserNamespaceIds();
  const parameters = mountParameters(fd, root);
  const connection = connect(fd, root);
  const plan = { connection, maxPages, source, subtype, attributes, parameters };
  try {
    const context = openContext('fuse');
    if (context === -ENOSYS || context === -EPERM) return classic(plan);
    return detached(plan, checked('fsopen', context));
  } catch (error) {
    connection.close();
    throw error;
  }
}

function detached<S extends Server>(plan: Plan<S>, context: number): ServedSuperblock<S> {
  try {
    for (const [key, value] of [...plan.parameters, ['source', plan.source], ['subtype', plan.subtype]] as const) {
      checked(`fsconfig ${key}`, setOption(context, key, value ?? null));
    }
    withRaisedPageLimit(plan.maxPages, (pages) => {
      checked('fsconfig create', createSuperblock(context));
      plan.connection.start(pages);
    });
    const mountFd = checked('fsmount', detachedMount(context, plan.attributes));
    return {
      connection: plan.connection,
      mountFd,
      mountAt: (path) => {
        checked(`move_mount ${path}`, attachMount(mountFd, path));
        closeSync(mountFd);
      },
    };
  } finally {
    closeSync(context);
  }
}

/** The superblock comes into being only in `mountAt`, so the page limit is raised there. */
function classic<S extends Server>(plan: Plan<S>): ServedSuperblock<S> {
  const data = plan.parameters.map(([key, value]) => (value === undefined ? key : `${key}=${value}`)).join(',');
  return {
    connection: plan.connection,
    mountFd: undefined,
    mountAt: (path) => {
      withRaisedPageLimit(plan.maxPages, (pages) => {
        checked(
          `mount ${path}`,
          mountDirectly(plan.source, path, `fuse.${plan.subtype}`, directFlags(plan.attributes), data),
        );
        plan.connection.start(pages);
      });
    },
  };
}

/** The bits of mount(2) that stand for these two attributes have the same numbers. */
function directFlags(attributes: number): number {
  return attributes & (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

function mountParameters(fd: number, root: UserNamespaceIds): MountParameters {
  return [
    ['fd', String(fd)],
    ['rootmode', '40000'],
    ['user_id', String(root.uid)],
    ['group_id', String(root.gid)],
    ['allow_other', undefined],
    ['default_permissions', undefined],
  ];
}

function openDevice(): number {
  try {
    return openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    throw new MountError(`open ${DEVICE}`, (error as NodeJS.ErrnoException).code ?? 'EIO');
  }
}

function checked(step: string, result: number): number {
  if (result < 0) throw new MountError(step, getSystemErrorName(result));
  return result;
}
