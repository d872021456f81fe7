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
import type { Tid } from '../../linux/ids.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import { FuseConnection, type FuseConnectionOptions } from './connection.ts';
import { withRaisedPageLimit } from './page-limit.ts';
import type { Identify } from './session.ts';
import { ownUserNamespaceIds, type UserNamespaceIds } from './user-namespace-ids.ts';

const DEVICE = '/dev/fuse';
const { ENOSYS, EPERM } = ERRNO;
/** 16 MiB in one WRITE: larger than any policy we know. */
const WANTED_PAGES = 4096;

export interface SuperblockOptions {
  readonly filesystem: Filesystem;
  readonly identify: Identify;
  readonly beforeRequest?: ((tid: Tid, writes: boolean) => void) | undefined;
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

/** Parameters of both ways of mounting. */
interface Plan {
  readonly connection: FuseConnection;
  readonly maxPages: number;
  readonly source: string;
  readonly subtype: string;
  /** `[key, value]`; without value a flag. */
  readonly parameters: readonly (readonly [string, string | undefined])[];
}

/** The connection is serving on return (it answers once the event loop runs). Throws {@link MountError}. */
export function openFuseSuperblock(options: SuperblockOptions): FuseSuperblock {
  const { filesystem, identify, beforeRequest, duringChange, onTrace, now, requestBuffer } = options;
  const { maxWritePages: maxPages = WANTED_PAGES, source = filesystem.type, subtype = filesystem.type } = options;
  const fd = openDevice();
  const root = ownUserNamespaceIds();
  const parameters = mountParameters(fd, root);
  const connection = new FuseConnection({
    fd,
    filesystem,
    identify,
    beforeRequest,
    duringChange,
    onTrace,
    now,
    maxPages,
    requestBuffer,
    root,
  });
  const plan: Plan = { connection, maxPages, source, subtype, parameters };
  try {
    const context = openContext('fuse');
    if (context === -ENOSYS || context === -EPERM) return classic(plan);
    return detached(plan, checked('fsopen', context));
  } catch (error) {
    connection.close();
    throw error;
  }
}

function detached(plan: Plan, context: number): FuseSuperblock {
  try {
    for (const [key, value] of [...plan.parameters, ['source', plan.source], ['subtype', plan.subtype]] as const) {
      checked(`fsconfig ${key}`, setOption(context, key, value ?? null));
    }
    withRaisedPageLimit(plan.maxPages, (pages) => {
      checked('fsconfig create', createSuperblock(context));
      plan.connection.start(pages);
    });
    const mountFd = checked('fsmount', detachedMount(context));
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
function classic(plan: Plan): FuseSuperblock {
  const data = plan.parameters.map(([key, value]) => (value === undefined ? key : `${key}=${value}`)).join(',');
  return {
    connection: plan.connection,
    mountFd: undefined,
    mountAt: (path) => {
      withRaisedPageLimit(plan.maxPages, (pages) => {
        checked(`mount ${path}`, mountDirectly(plan.source, path, `fuse.${plan.subtype}`, 0, data));
        plan.connection.start(pages);
      });
    },
  };
}

function mountParameters(fd: number, root: UserNamespaceIds): Plan['parameters'] {
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
