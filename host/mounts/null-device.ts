/**
 * The null device as a kernel's own pseudo-filesystem has it: in a filesystem that is mounted nowhere, so that its path
 * is `/null`. It is that of /dev, by a copy of the mount: making one needs CAP_MKNOD.
 */
import { closeSync, fstatSync } from 'node:fs';
import { AT_FDCWD, O_CLOEXEC, O_NOFOLLOW, O_RDWR } from '../../linux/fcntl.ts';
import { systemCall } from '../libc.ts';
import { copyTree } from './mount.ts';

const rawOpenat = systemCall('openat', ['int', 'str', 'int', 'uint']);
/** makedev(1, 3) */
const NULL_DEVICE = 0x103;

/** @returns a descriptor, close-on-exec; where mounts cannot be copied, of /dev/null. Or a negative errno. */
export function openNullDevice(): number {
  const own = openCopy();
  return own >= 0 ? own : rawOpenat(AT_FDCWD, '/dev/null', O_RDWR | O_CLOEXEC, 0);
}

function openCopy(): number {
  const mount = copyTree('/dev', false);
  if (mount < 0) return mount;
  const fd = rawOpenat(mount, 'null', O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
  closeSync(mount);
  if (fd < 0 || fstatSync(fd).rdev === NULL_DEVICE) return fd;
  closeSync(fd);
  return -1;
}
