/**
 * Flags of mount(2): include/uapi/linux/mount.h.
 */

/** MS_* bit to MOUNT_ATTR_* bit, for what applies to a mount. */
const ATTRIBUTES: readonly (readonly [number, number])[] = [
  [0x1, 0x1], // RDONLY
  [0x2, 0x2], // NOSUID
  [0x4, 0x4], // NODEV
  [0x8, 0x8], // NOEXEC
  [0x100, 0x200000], // NOSYMFOLLOW
  [0x800, 0x80], // NODIRATIME
];
const MS_NOATIME = 0x400;
const MS_STRICTATIME = 0x1000000;
const MOUNT_ATTR_NOATIME = 0x10;
const MOUNT_ATTR_STRICTATIME = 0x20;

/** REMOUNT, BIND, MOVE, UNBINDABLE, PRIVATE, SLAVE, SHARED: not a mount of something new, the type is not looked at. */
const MS_REMOUNT = 0x20;
const MS_BIND = 0x1000;
const OTHER_OPERATIONS = MS_REMOUNT | MS_BIND | 0x2000 | 0x20000 | 0x40000 | 0x80000 | 0x100000;
const MS_MGC_VAL = 0xc0ed0000;
const MS_MGC_MSK = 0xffff0000;

/** Programs of old put a magic number into the upper half. */
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
