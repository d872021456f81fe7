/**
 * Unmounts in mount namespaces of other processes, which may change the meaning of paths at any time.
 *
 * A mount point is looked up without following links, the mount found there must have the expected device number, and it
 * is unmounted by a name in an open directory. No lookup goes through a filesystem with a server in user space: it could
 * block us.
 */
import { closeSync, constants } from 'node:fs';
import path from 'node:path';
import { libcFunction, systemCall } from '../../host/libc.ts';
import { detachMount } from '../../host/mounts/mount.ts';
import { inMountNamespace } from '../../host/mounts/mount-namespace.ts';
import { openProcessFile } from '../../host/process/process-files.ts';
import { decodeName, type MountEntry } from '../../host/procfs/mount-info.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_STATX_DONT_SYNC,
  O_CLOEXEC,
  O_PATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from '../../linux/fcntl.ts';
import { STRUCT_STATX_SIZE, STX } from '../../linux/stat.ts';
import { isServed } from '../supervisor/caller/hazards.ts';
import type { NamespaceView } from './mount-info.ts';

const openat2 = systemCall('openat2', ['int', 'str', 'void *', 'size_t']);
const statx = systemCall('statx', ['int', 'str', 'int', 'uint', 'void *']);
const fchdir = libcFunction('fchdir', ['int']);

/**
 * Detaches the mounts that are meant, the last first. The calling thread has a filesystem context of its own.
 * @returns how many; `undefined`: the process by which the namespace was to be entered is over or held.
 */
export function detachIn({ pid, mounts }: NamespaceView, isMeant: (mount: MountEntry) => boolean): number | undefined {
  const meant = mounts.filter((mount) => isMeant(mount) && !leadsThroughServed(mount, mounts, isMeant)).reverse();
  if (meant.length === 0) return 0; // before a lookup: its root may be on a filesystem that blocks us
  const opened: number[] = [];
  try {
    const namespace = openProcessFile(pid, 'ns/mnt');
    if (namespace < 0) return undefined;
    opened.push(namespace);
    // Names in a mount table are as the process sees them from its root.
    const root = openProcessFile(pid, 'root', O_PATH);
    if (root < 0) return undefined;
    opened.push(root);
    return inMountNamespace(namespace, () => meant.filter(detach).length, root);
  } catch {
    return undefined;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** Is an ancestor served from user space? Not counted are those that are detached too: their server has ended, so they cannot block. */
function leadsThroughServed(
  mount: MountEntry,
  all: readonly MountEntry[],
  isMeant: (mount: MountEntry) => boolean,
): boolean {
  const byId = new Map(all.map((entry) => [entry.id, entry]));
  for (let above = byId.get(mount.parent); above !== undefined; above = byId.get(above.parent)) {
    byId.delete(above.id); // the root of a namespace can be its own parent
    if (isServed(above.type) && !isMeant(above)) return true;
  }
  return false;
}

function detach(mount: MountEntry): boolean {
  const place = decodeName(mount.mountPoint);
  const name = path.basename(place);
  if (name === '') return false; // the root of a process
  const directory = look(AT_FDCWD, path.dirname(place), constants.O_DIRECTORY);
  if (directory < 0) return false;
  try {
    // A mount point cannot be renamed where it is mounted.
    if (deviceAt(directory, name) !== mount.device || fchdir(directory) < 0) return false;
    return detachMount(name) >= 0;
  } finally {
    closeSync(directory);
  }
}

function look(directory: number, name: string, flags: number): number {
  const how = new BigUint64Array([
    BigInt(flags | O_PATH | O_CLOEXEC | constants.O_NOFOLLOW),
    0n,
    BigInt(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
  ]);
  return openat2(directory, name, new Uint8Array(how.buffer), how.byteLength);
}

function deviceAt(directory: number, name: string): string | undefined {
  const fd = look(directory, name, 0);
  if (fd < 0) return undefined;
  const result = Buffer.alloc(STRUCT_STATX_SIZE);
  const failed = statx(fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, result) < 0;
  closeSync(fd);
  return failed ? undefined : `${result.readUInt32LE(STX.DEV_MAJOR)}:${result.readUInt32LE(STX.DEV_MINOR)}`;
}
