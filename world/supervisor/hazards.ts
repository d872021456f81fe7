/**
 * Path look-ups that could wait for a process of the world.
 *
 * A filesystem served by a process *inside* a world (sshfs started there) cannot answer while its server waits for the supervisor, so the
 * supervisor must not walk into it. Filesystems that the daemon sees too are served from outside and are harmless.
 */

import { readFileSync } from 'node:fs';
import type { DeviceTable } from './devices.ts';

/** Filesystems with a server in user space. */
const SERVED = /^(?:fuse|fuseblk|fuse\..*|autofs|9p)$/;

export function isServed(type: string): boolean {
  return SERVED.test(type);
}

/** `major:minor` of the mounts in a /proc/<pid>/mountinfo that have a server in user space. */
export function servedDevices(mountinfo: string): Set<string> {
  const devices = new Set<string>();
  for (const line of mountinfo.split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const device = mount.split(' ')[2];
    if (device !== undefined && isServed(source.split(' ')[0] ?? '')) devices.add(device);
  }
  return devices;
}

/**
 * @param ours tells our own superblocks, which the daemon serves.
 * @param daemons mountinfo of the daemon, which is long when there are many of these.
 */
export function servedInside(theirs: string, daemons: () => string, ours: (device: string) => boolean): boolean {
  const foreign = [...servedDevices(theirs)].filter((device) => !ours(device));
  if (foreign.length === 0) return false;
  const outside = servedDevices(daemons());
  return foreign.some((device) => !outside.has(device));
}

/** Has this caller mounts whose server may be in the world? */
export function lookUpMayWait(tid: number, devices: DeviceTable): boolean {
  const ours = (device: string): boolean => {
    const [major = 0, minor = 0] = device.split(':').map(Number);
    return devices.magic(major, minor) !== 0;
  };
  try {
    const theirs = readFileSync(`/proc/${tid}/mountinfo`, 'latin1');
    return servedInside(theirs, () => readFileSync('/proc/thread-self/mountinfo', 'latin1'), ours);
  } catch {
    return true; // the caller is gone, or nothing can be known
  }
}
