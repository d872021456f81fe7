/** ELF: include/uapi/linux/elf.h. */

/** Types of program headers. */
export const PT_LOAD = 1;
export const PT_INTERP = 3;
/** `p_flags`: executable. */
export const PF_X = 1;
