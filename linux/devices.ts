/** Device numbers: Documentation/admin-guide/devices.txt. */

/** Memory devices, /dev/kmsg among them. */
export const MEM_MAJOR = 1;
export const RANDOM_MINOR = 8;
export const URANDOM_MINOR = 9;
export const KMSG_MINOR = 11;
export const TTY_MAJOR = 4;
/** /dev/tty, /dev/console, /dev/ptmx */
export const TTYAUX_MAJOR = 5;
/** Devices of several kinds, whose minor numbers /proc/misc lists. */
export const MISC_MAJOR = 10;
/** Slaves of UNIX98 pseudo-terminals have eight major numbers, 256 minors each. */
export const UNIX98_PTY_SLAVE_MAJOR = 136;
export const UNIX98_PTY_SLAVE_MAJOR_LAST = 143;

/** `major:minor` of a dev_t as the C library packs it (gnu_dev_major(), gnu_dev_minor()), and Node with it. */
export function deviceName(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}
