/**
 * Work on mounts of ours, done by a thread that serves none of them.
 *
 * A system call that names the root of a mount can make the kernel send its server a request: with any audit rule loaded it reads an
 * attribute of each file that is named (audit_copy_inode() of kernel/auditsc.c). The serving thread would wait for itself forever.
 * All descriptors are those of the process; the mounts are in the namespace of its main thread.
 */
import { closeSync, openSync, readlinkSync } from 'node:fs';
import { systemCall } from '../../host/libc.ts';
import { attachMountOn, copyMount, detachMount, setMountNamespace, unshare } from '../../host/mounts/mount.ts';
import { inMountNamespace } from '../../host/mounts/mount-namespace.ts';
import { ERRNO } from '../../linux/errno.ts';
import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC } from '../../linux/fcntl.ts';
import { CLONE_FS } from '../../linux/process.ts';
import { STRUCT_STATX_SIZE, STX } from '../../linux/stat.ts';

export type StageRequest =
  /** Attaches a detached mount to a directory. Result: minor number of its device. */
  | { readonly kind: 'attach'; readonly mount: number; readonly directory: number }
  /** Result: a detached copy of an attached mount, close-on-exec. */
  | { readonly kind: 'copy'; readonly mount: number }
  /** Takes away what is mounted on `name` in a directory. */
  | { readonly kind: 'detach'; readonly directory: number; readonly name: string };

const statx = systemCall('statx', ['int', 'str', 'int', 'uint', 'void *']);

/** @returns >= 0 or a negative errno. */
export function workOnStage(request: StageRequest): number {
  const unshared = unshare(CLONE_FS);
  if (unshared < 0) return unshared;
  let namespace: number;
  try {
    namespace = openSync('/proc/self/ns/mnt', 'r'); // of the main thread
  } catch {
    return -ERRNO.ENOENT;
  }
  try {
    // A thread that was started before the main thread changed its mount namespace stays in the new one from now on: a
    // daemon without privileges cannot return to the host's.
    if (readlinkSync('/proc/thread-self/ns/mnt') !== readlinkSync('/proc/self/ns/mnt')) {
      const entered = setMountNamespace(namespace);
      if (entered < 0) return entered;
    }
    const root = request.kind === 'detach' ? request.directory : undefined;
    return inMountNamespace(namespace, () => act(request), root);
  } finally {
    closeSync(namespace);
  }
}

function act(request: StageRequest): number {
  switch (request.kind) {
    case 'attach': {
      const attached = attachMountOn(request.mount, request.directory);
      return attached < 0 ? attached : deviceMinor(request.mount);
    }
    case 'copy':
      return copyMount(request.mount);
    case 'detach':
      return detachMount(request.name);
  }
}

/** Anonymous devices have major number 0. */
function deviceMinor(fd: number): number {
  const result = Buffer.alloc(STRUCT_STATX_SIZE);
  const status = statx(fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, result);
  return status < 0 ? status : result.readUInt32LE(STX.DEV_MINOR);
}
