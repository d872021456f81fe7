/**
 * Making a filesystem step by step: fsopen(2), fsconfig(2), fsmount(2) of Linux 5.2, and mount(2) for hosts that refuse
 * them. All functions return >= 0 or a negative errno.
 */
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
} from '../../linux/mount.ts';
import { libcFunction, systemCall } from '../libc.ts';

const rawFsopen = systemCall('fsopen', ['str', 'uint']);
const rawFsconfig = systemCall('fsconfig', ['int', 'uint', 'str', 'str', 'int']);
const rawFsmount = systemCall('fsmount', ['int', 'uint', 'uint']);
const rawMount = libcFunction('mount', ['str', 'str', 'str', 'ulong', 'str']);

/** @returns the descriptor of a context. */
export function openContext(type: string): number {
  return rawFsopen(type, FSOPEN_CLOEXEC);
}

/** @param value null for a flag. */
export function setOption(context: number, key: string, value: string | null): number {
  return rawFsconfig(context, value === null ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, key, value, 0);
}

/** Makes the superblock. */
export function createSuperblock(context: number): number {
  return rawFsconfig(context, FSCONFIG_CMD_CREATE, null, null, 0);
}

/** @param attributes MOUNT_ATTR_* @returns the descriptor of a detached mount. */
export function detachedMount(context: number, attributes = 0): number {
  return rawFsmount(context, FSMOUNT_CLOEXEC, attributes);
}

/** mount(2) of a new filesystem. @param data its options. */
export function mountDirectly(source: string, target: string, type: string, flags: number, data: string): number {
  return rawMount(source, target, type, flags, data);
}
