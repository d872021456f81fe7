/**
 * Trees that `lsmfs mount` made and whose server was killed.
 *
 * Such a tree stands in the namespace of the host and has no world directory; the mount itself is the record. The tmpfs that carries it has
 * the device name `lsmfs-mount:<pid>.<start time>`, which says for ever which process serves it.
 */
import { readFileSync } from 'node:fs';
import { detachMount } from '../sys/mount.ts';
import { parseMountInfo } from './mount-info.ts';
import { identifyProcess, isAlive, type ProcessId } from './process-id.ts';

const PREFIX = 'lsmfs-mount:';

/** Device name for a tree served by this process. */
export function treeSource(): string {
  const { pid, startTime } = identifyProcess(process.pid) ?? { pid: process.pid, startTime: 0 };
  return `${PREFIX}${pid}.${startTime}`;
}

/** Who serves the mount with this device name; `undefined` when it is not one of ours. */
export function treeServer(source: string): ProcessId | undefined {
  const match = /^lsmfs-mount:(\d{1,10})\.(\d{1,15})$/.exec(source);
  return match === null ? undefined : { pid: Number(match[1]), startTime: Number(match[2]) };
}

function trees(): { readonly mountPoint: string; readonly server: ProcessId }[] {
  return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')).flatMap(({ mountPoint, source }) => {
    const server = treeServer(source);
    return server === undefined ? [] : [{ mountPoint, server }];
  });
}

/** The process whose tree stands at `directory`, a path without symbolic links. */
export function liveServerAt(directory: string): number | undefined {
  return trees().find(({ mountPoint, server }) => mountPoint === directory && isAlive(server))?.server.pid;
}

/** Takes away the trees in our namespace whose server is gone, with everything below them. @returns their directories. */
export function detachDeadTrees(): readonly string[] {
  const dead = trees().filter(({ server }) => !isAlive(server));
  return dead.map(({ mountPoint }) => mountPoint).filter((mountPoint) => detachMount(mountPoint) >= 0);
}
