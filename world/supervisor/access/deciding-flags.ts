/** What counts of the flags of a call for the modules: calls that differ in the others alone are decided once. */
import { O_APPEND, O_CLOEXEC, O_LARGEFILE, O_NOCTTY, O_NONBLOCK } from '../../../linux/fcntl.ts';
import { MAY_WRITE } from '../../../linux/fs.ts';
import { MAP_TYPE } from '../../../linux/mman.ts';

/** Of an open file that is used for this (selinux_revalidate_file_permission()). */
export const flagsOfUse = (flags: number, mask: number): number => ((mask & MAY_WRITE) === 0 ? 0 : flags & O_APPEND);

/** Of open(2): no module looks at how a descriptor is inherited or waits. */
export const flagsOfOpen = (flags: number): number => flags & ~(O_CLOEXEC | O_LARGEFILE | O_NOCTTY | O_NONBLOCK);

/** Of mmap(2): whether others see what is written. */
export const flagsOfMapping = (flags: number): number => flags & MAP_TYPE;
