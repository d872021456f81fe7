/** Device numbers: Documentation/admin-guide/devices.txt. */

/** Memory devices, /dev/kmsg among them. */
export const MEM_MAJOR = 1;
export const KMSG_MINOR = 11;
export const TTY_MAJOR = 4;
/** Slaves of UNIX98 pseudo-terminals have eight major numbers, 256 minors each. */
export const UNIX98_PTY_SLAVE_MAJOR = 136;
export const UNIX98_PTY_SLAVE_MAJOR_LAST = 143;
