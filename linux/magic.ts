/**
 * Types of filesystems, `f_type` of statfs(2): include/uapi/linux/magic.h; for fuse fs/fuse/inode.c, for ours of one module that module.
 */
export const ANON_INODE_FS_MAGIC = 0x09041934;
export const DEVPTS_SUPER_MAGIC = 0x1cd1;
export const EXT4_SUPER_MAGIC = 0xef53;
export const FUSE_SUPER_MAGIC = 0x65735546;
export const NSFS_MAGIC = 0x6e736673;
export const PIPEFS_MAGIC = 0x50495045;
export const OVERLAYFS_SUPER_MAGIC = 0x794c7630;
export const PID_FS_MAGIC = 0x50494446;
export const PROC_SUPER_MAGIC = 0x9fa0;
export const RAMFS_MAGIC = 0x858458f6;
export const SECRETMEM_MAGIC = 0x5345434d;
export const SECURITYFS_MAGIC = 0x73636673;
export const SELINUX_MAGIC = 0xf97cff8c;
export const SMACK_MAGIC = 0x43415d53;
export const SOCKFS_MAGIC = 0x534f434b;
export const SYSFS_MAGIC = 0x62656572;
export const TMPFS_MAGIC = 0x01021994;
