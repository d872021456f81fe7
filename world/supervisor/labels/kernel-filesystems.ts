/**
 * Filesystems whose files the host's kernel makes and keeps in its memory for as long as it runs. In a kernel a label that is set there
 * ends with the kernel. So in a world it ends with the world: the daemon keeps it, and neither stores nor reads one on the host.
 */
export const KERNEL_FILESYSTEMS: ReadonlySet<string> = new Set(['sysfs', 'cgroup', 'cgroup2', 'devtmpfs', 'resctrl']);
