/**
 * Serves a directory of the host below a mount point, with attributes of namespaces and the decisions of a stack.
 *
 * The directory is opened once, as a copy of its mount that is attached nowhere: what is mounted in it is not seen, and it
 * may be covered by the mount point itself. A server that was killed leaves a mount that the next `lsmfs` finds by the tmpfs below it.
 */
import { closeSync, openSync, statfsSync } from 'node:fs';
import { openServedSuperblock, type ServedSuperblock, type Transport } from '../../fuse/index.ts';
import { copyTree, detachMount, mountFilesystem } from '../../host/mounts/mount.ts';
import { decodeName } from '../../host/procfs/mount-info.ts';
import { O_PATH } from '../../linux/fcntl.ts';
import type { Tid } from '../../linux/ids.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID } from '../../linux/mount.ts';
import type { TreeSuperblock } from '../../lsm/framework/labelled/facts.ts';
import { StackTreeSecurity } from '../../lsm/framework/labelled/security.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import { checkMount } from '../launcher/mount-points.ts';
import { mountsOf } from '../registry/mount-info.ts';
import { treeSource } from '../registry/mount-servers.ts';
import { BackedConnection, MOST_PAGES } from './connection.ts';
import { RequestContext } from './context.ts';
import { serving } from './dispatch.ts';
import { STAT } from './jobs.ts';
import { BackedNodes, inodeKey } from './nodes.ts';
import { BackingPool } from './pool.ts';

export interface LabelledMountOptions {
  readonly stack: Stack;
  /** The directory, and where it is served: paths without symbolic links. */
  readonly directory: string;
  readonly mountPoint: string;
  requester(tid: Tid, uid: number, gid: number): Caller;
  /** Attaches the mount. */
  attach(superblock: ServedSuperblock, mountPoint: string): Promise<void>;
  trace(text: string): void;
}

export interface LabelledMount extends Transport {
  /**
   * Unmounts; to be called when it has ended.
   * @returns does a thread still wait for the backing filesystem? Then this process cannot end by returning: Node waits for its threads.
   */
  detach(): boolean;
}

const SUBTYPE = 'lsmfs-labels';

export async function mountLabelled(options: LabelledMountOptions): Promise<LabelledMount> {
  const { stack, directory, mountPoint, trace } = options;
  const superblock = superblockOf(directory, mountPoint);
  const copy = copyTree(directory, false);
  const root = copy >= 0 ? copy : openSync(directory, O_PATH);
  const pool = new BackingPool();
  const carrier = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  const source = treeSource();
  checkMount(`tmpfs on ${mountPoint}`, mountFilesystem('tmpfs', mountPoint, { source, mode: '755' }, carrier));
  const key = await keyOf(pool, root);
  const connect = (device: number): BackedConnection => {
    const connection: BackedConnection = new BackedConnection(device, pool, trace, () => {
      const context = new RequestContext({
        connection,
        nodes: new BackedNodes(root, key, (unused) => connection.later({ op: 'close', fds: [unused] })),
        security: new StackTreeSecurity({ stack, superblock }),
        identify: ({ tid, uid, gid }) => options.requester(tid, uid, gid),
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
    closeSync(root);
    detachMount(mountPoint);
    throw error;
  }
  const { connection } = served;
  return {
    ended: connection.ended,
    close: () => connection.close(),
    detach: () => {
      const waits = pool.close();
      // The mount itself, unless others have unmounted it, and what carries it.
      for (const mount of mountsOf('self').filter((entry) => decodeName(entry.mountPoint) === mountPoint))
        if (mount.source === source || mount.type.endsWith(SUBTYPE)) detachMount(mountPoint);
      return waits;
    },
  };
}

function keyOf(pool: BackingPool, root: number): Promise<string> {
  return new Promise((resolve) => {
    pool.run({ op: 'getattr', fd: root }, (_result, memory) => {
      resolve(inodeKey(new DataView(memory.buffer, memory.byteOffset + STAT)));
    });
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
  return { type, id, device: mount.device, magic: statfsSync(directory).type, place };
}
