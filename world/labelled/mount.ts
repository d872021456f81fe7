/**
 * Serves a directory of the host below a mount point, with attributes of namespaces and the decisions of a stack.
 *
 * The directory is opened once, as a copy of its mount that is attached nowhere: what is mounted in it is not seen, and it
 * may be covered by the mount point itself. A server that was killed leaves a mount that the next `lsmfs` finds by the tmpfs below it.
 */
import { closeSync, openSync, statfsSync } from 'node:fs';
import { openServedSuperblock, type ServedSuperblock, type Transport } from '../../fuse/index.ts';
import { filesystemUuid } from '../../host/files/filesystem-uuid.ts';
import { copyTree, detachMount, mountFilesystem } from '../../host/mounts/mount.ts';
import { getLimit } from '../../host/process/process.ts';
import { decodeName } from '../../host/procfs/mount-info.ts';
import { O_DIRECTORY, O_PATH } from '../../linux/fcntl.ts';
import type { Tid } from '../../linux/ids.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID } from '../../linux/mount.ts';
import { RLIMIT_NOFILE } from '../../linux/process.ts';
import { STRUCT_STATX_SIZE } from '../../linux/stat.ts';
import type { AuditTask } from '../../lsm/framework/files/file-use.ts';
import type { TreeSuperblock } from '../../lsm/framework/labelled/facts.ts';
import { StackTreeSecurity } from '../../lsm/framework/labelled/security.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import { FileDigests } from '../daemon/content/digests.ts';
import { checkMount } from '../launcher/mount-points.ts';
import { mountsOf } from '../registry/mount-info.ts';
import { treeSource } from '../registry/mount-servers.ts';
import { BackedConnection, MOST_PAGES } from './connection.ts';
import { RequestContext } from './context.ts';
import { serving } from './dispatch.ts';
import { STATX } from './jobs.ts';
import { MountedUses } from './mounted-uses.ts';
import { BackedNodes } from './nodes.ts';
import { BackingPool } from './pool.ts';

export interface LabelledMountOptions {
  readonly stack: Stack;
  /** The directory, and where it is served: paths without symbolic links. */
  readonly directory: string;
  readonly mountPoint: string;
  requester(tid: Tid, uid: number, gid: number): Caller;
  /** Before a request of this caller is decided about; `undefined`: all is known. */
  introduce(tid: Tid): Promise<void> | undefined;
  /** Who uses files, as audit records show it. */
  task(tid: Tid): AuditTask;
  /** Attaches the mount. */
  attach(superblock: ServedSuperblock, mountPoint: string): Promise<void>;
  trace(text: string): void;
}

export interface LabelledMount extends Transport {
  /** Unmounts; to be called when it has ended. Threads stay until the process has called exit_group(2). */
  detach(): void;
}

/** Threads and the rest of this process; each node that is held also holds memory of the kernel, so that there are not too many. */
const OWN_DESCRIPTORS = 128;
const FEWEST_IDLE = 16;
const MOST_IDLE = 8192;
/** Filesystems that show files of others. A labelled mount on one is stacked too deep for another. */
const STACKED = /^(overlay|ecryptfs|fuse)/;
const SUBTYPE = 'lsmfs-labels';

export async function mountLabelled(options: LabelledMountOptions): Promise<LabelledMount> {
  const { stack, directory, mountPoint, trace } = options;
  const superblock = superblockOf(directory, mountPoint);
  const copy = copyTree(directory, false);
  const root = copy >= 0 ? copy : openSync(directory, O_PATH);
  const pool = new BackingPool();
  const digests = new FileDigests();
  const carrier = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  const source = treeSource();
  checkMount(`tmpfs on ${mountPoint}`, mountFilesystem('tmpfs', mountPoint, { source, mode: '755' }, carrier));
  const statx = await statxOf(pool, root);
  const mount = await openOf(pool, root);
  const idle = mostIdle();
  const connect = (device: number): BackedConnection => {
    const connection: BackedConnection = new BackedConnection(device, pool, trace, () => {
      const context = new RequestContext({
        connection,
        nodes: new BackedNodes({ fd: root, statx, handle: new Uint8Array() }, idle, (unused) =>
          connection.later({ op: 'close', fds: [unused] }),
        ),
        security: new StackTreeSecurity({ stack, superblock }),
        uses: new MountedUses({ stack, superblock, digests, task: options.task }),
        mount,
        stackDepth: STACKED.test(superblock.type) ? 2 : 1,
        identify: ({ tid, uid, gid }) => options.requester(tid, uid, gid),
        introduce: ({ tid }) => options.introduce(tid),
      });
      return serving(context);
    });
    return connection;
  };
  let served: ServedSuperblock<BackedConnection> | undefined;
  try {
    served = openServedSuperblock({
      connect,
      maxPages: MOST_PAGES,
      source: directory,
      subtype: SUBTYPE,
      attributes: MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
    });
    await options.attach(served, mountPoint);
  } catch (error) {
    served?.connection.close();
    pool.close();
    for (const fd of [root, mount]) if (fd !== undefined) closeSync(fd);
    detachMount(mountPoint);
    throw error;
  }
  const { connection } = served;
  return {
    ended: connection.ended,
    close: () => connection.close(),
    detach: () => {
      pool.close();
      // The mount itself, unless others have unmounted it, and what carries it.
      for (const mount of mountsOf('self').filter((entry) => decodeName(entry.mountPoint) === mountPoint))
        if (mount.source === source || mount.type.endsWith(SUBTYPE)) detachMount(mountPoint);
    },
  };
}

/** Nodes that nobody uses and that have a descriptor: a quarter of what we may have and do not need ourselves. */
function mostIdle(): number {
  const free = Number(getLimit(0, RLIMIT_NOFILE)?.soft ?? 0n) - OWN_DESCRIPTORS;
  return Math.min(MOST_IDLE, Math.max(FEWEST_IDLE, Math.floor(free / 4)));
}

function statxOf(pool: BackingPool, root: number): Promise<DataView> {
  return new Promise((resolve) => {
    pool.run({ op: 'getattr', fd: root }, (_result, memory) => {
      const statx = Uint8Array.from(memory.subarray(STATX, STATX + STRUCT_STATX_SIZE));
      resolve(new DataView(statx.buffer));
    });
  });
}

/** For reading; `undefined`: we may not. */
function openOf(pool: BackingPool, root: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    pool.run({ op: 'open', fd: root, flags: O_DIRECTORY }, ({ result }) => resolve(result < 0 ? undefined : result));
  });
}

/** What modules know the filesystem of the directory by. */
function superblockOf(directory: string, place: string): TreeSuperblock {
  const mounts = mountsOf('self').filter(({ mountPoint }) => {
    const point = decodeName(mountPoint);
    return point === '/' || directory === point || directory.startsWith(`${point}/`);
  });
  const mount = mounts.reduce((best, other) => (other.mountPoint.length >= best.mountPoint.length ? other : best));
  const { type } = mount;
  const id = mount.source.startsWith('/dev/') ? mount.source.slice(mount.source.lastIndexOf('/') + 1) : type;
  const fd = openSync(directory, O_DIRECTORY);
  const uuid = filesystemUuid(fd);
  closeSync(fd);
  const device = { device: mount.device, ...(uuid !== undefined && { uuid }) };
  return { type, id, ...device, magic: statfsSync(directory).type, place };
}
