/**
 * Flags of mount(2).
 */
import {
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_BIND,
  MS_MGC_MSK,
  MS_MGC_VAL,
  MS_MOVE,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_UNBINDABLE,
} from '../../../linux/mount.ts';

/** MS_* bit to MOUNT_ATTR_* bit, for what applies to a mount. */
const ATTRIBUTES: readonly (readonly [number, number])[] = [
  [MS_RDONLY, MOUNT_ATTR_RDONLY],
  [MS_NOSUID, MOUNT_ATTR_NOSUID],
  [MS_NODEV, MOUNT_ATTR_NODEV],
  [MS_NOEXEC, MOUNT_ATTR_NOEXEC],
  [MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW],
  [MS_NODIRATIME, MOUNT_ATTR_NODIRATIME],
];

/** Flags of calls that mount no new filesystem: the type is ignored. */
const OTHER_OPERATIONS = MS_REMOUNT | MS_BIND | MS_MOVE | MS_UNBINDABLE | MS_PRIVATE | MS_SLAVE | MS_SHARED;

/** MS_MGC_VAL: old programs put this magic number into the upper half. */
function withoutMagic(flags: number): number {
  return (flags & MS_MGC_MSK) >>> 0 === MS_MGC_VAL ? flags & ~MS_MGC_MSK : flags;
}

export function isNewMount(flags: number): boolean {
  return (withoutMagic(flags) & OTHER_OPERATIONS) === 0;
}

/** A superblock is changed; with MS_BIND, only a mount. */
export function isRemount(flags: number): boolean {
  return (withoutMagic(flags) & (MS_REMOUNT | MS_BIND)) === MS_REMOUNT;
}

/** `relatime` is the default, as for mount(2). */
export function mountAttributes(flags: number): number {
  const own = withoutMagic(flags);
  let attributes = 0;
  for (const [flag, attribute] of ATTRIBUTES) if ((own & flag) !== 0) attributes |= attribute;
  if ((own & MS_STRICTATIME) !== 0) attributes |= MOUNT_ATTR_STRICTATIME;
  else if ((own & MS_NOATIME) !== 0) attributes |= MOUNT_ATTR_NOATIME;
  return attributes;
}
