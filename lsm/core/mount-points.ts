/** Where distributions mount the filesystems of security modules, by type: what their paths begin with. */
export const MOUNT_POINTS: Readonly<Record<string, string>> = {
  securityfs: '/sys/kernel/security',
  selinuxfs: '/sys/fs/selinux',
  smackfs: '/sys/fs/smackfs',
};
