/** ELF: include/uapi/linux/elf.h. */

/** Types of program headers. */
export const PT_LOAD = 1;
export const PT_INTERP = 3;
/** `p_flags`. */
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;
