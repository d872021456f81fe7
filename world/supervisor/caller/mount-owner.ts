/**
 * Whose is a mount namespace: that of the user namespace in which it was made, and of those around that (ns_capable()
 * with the owner, ioctl_nsfs(2)).
 */
import { closeSync, fstatSync } from 'node:fs';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { NS_GET_PARENT, NS_GET_USERNS } from '../../../linux/ioctl.ts';
import type { OwnFiles } from './own-files.ts';

/** The kernel nests no deeper. */
const DEEPEST = 33;

/** Is the mount namespace of this thread its user namespace's, or that of one inside? Its capabilities count there, then. */
export function ownsMountNamespace(view: Pick<OwnFiles, 'open' | 'readlinkAt'>, tid: Tid): boolean {
  const wanted = view.readlinkAt(AT_FDCWD, `/proc/${tid}/ns/user`);
  const mounts = view.open(`/proc/${tid}/ns/mnt`, 0);
  if (mounts < 0) return false; // it is gone
  let owner = rawSyscall(NR.ioctl, mounts, NS_GET_USERNS);
  closeSync(mounts);
  for (let depth = 0; owner >= 0 && depth <= DEEPEST; depth++) {
    const found = `user:[${fstatSync(owner).ino}]` === wanted;
    const parent = found ? -1 : rawSyscall(NR.ioctl, owner, NS_GET_PARENT);
    closeSync(owner);
    if (found) return true;
    owner = parent;
  }
  if (owner >= 0) closeSync(owner);
  return false;
}
