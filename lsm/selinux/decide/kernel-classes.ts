/**
 * The object classes and permissions that Linux 6.12 checks, in its own numbering
 * (security/selinux/include/classmap.h). Policies number them as they like; class-map.ts translates. A kernel with
 * SELinux namespaces has a few more, at the end of their classes.
 */

export interface KernelClass {
  readonly name: string;
  /** Index = bit. */
  readonly permissions: readonly string[];
  /** How many of them, the last, are there only where there are namespaces; absent = none. */
  readonly ofNamespaces?: number;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const FILE_AND_SOCKET = words('ioctl read write create getattr setattr lock relabelfrom relabelto append map');
const FILE = [
  ...FILE_AND_SOCKET,
  ...words(`unlink link rename execute quotaon mounton audit_access open execmod
    watch watch_mount watch_sb watch_with_perm watch_reads`),
];
const SOCKET = [
  ...FILE_AND_SOCKET,
  ...words('bind connect listen accept getopt setopt shutdown recvfrom sendto name_bind'),
];
const IPC = words('create destroy getattr setattr read write associate unix_read unix_write');
const CAPABILITY = words(`chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable
  net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace
  sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control
  setfcap`);
const CAPABILITY2 = words(`mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf
  checkpoint_restore`);

const withoutCommon = (name: string, permissions: string): KernelClass => ({ name, permissions: words(permissions) });
const namespaced = (name: string, permissions: string, more: string): KernelClass => ({
  name,
  permissions: words(`${permissions} ${more}`),
  ofNamespaces: words(more).length,
});
const like = (common: readonly string[], names: string, more = ''): KernelClass[] =>
  words(names).map((name) => ({ name, permissions: more === '' ? common : [...common, ...words(more)] }));

/** Index + 1 = the kernel's class value. */
export const KERNEL_CLASSES: readonly KernelClass[] = [
  namespaced(
    'security',
    `compute_av compute_create compute_member check_context load_policy compute_relabel compute_user setenforce
    setbool setsecparam setcheckreqprot read_policy validate_trans`,
    'unshare setmaxns setmaxnsdepth',
  ),
  withoutCommon(
    'process',
    `fork transition sigchld sigkill sigstop signull signal ptrace getsched setsched getsession getpgid setpgid
    getcap setcap share getattr setexec setfscreate noatsecure siginh setrlimit rlimitinh dyntransition setcurrent
    execmem execstack execheap setkeycreate setsockcreate getrlimit`,
  ),
  namespaced('process2', 'nnp_transition nosuid_transition', 'unshare_selinuxns'),
  withoutCommon('system', 'ipc_info syslog_read syslog_mod syslog_console module_request module_load'),
  ...like(CAPABILITY, 'capability'),
  withoutCommon('filesystem', 'mount remount unmount getattr relabelfrom relabelto associate quotamod quotaget watch'),
  ...like(FILE, 'file', 'execute_no_trans entrypoint'),
  ...like(FILE, 'dir', 'add_name remove_name reparent search rmdir'),
  withoutCommon('fd', 'use'),
  ...like(FILE, 'lnk_file chr_file blk_file sock_file fifo_file'),
  ...like(SOCKET, 'socket'),
  ...like(SOCKET, 'tcp_socket', 'node_bind name_connect'),
  ...like(SOCKET, 'udp_socket rawip_socket', 'node_bind'),
  withoutCommon('node', 'recvfrom sendto'),
  withoutCommon('netif', 'ingress egress'),
  ...like(SOCKET, 'netlink_socket packet_socket key_socket'),
  ...like(SOCKET, 'unix_stream_socket', 'connectto'),
  ...like(SOCKET, 'unix_dgram_socket'),
  ...like(IPC, 'sem'),
  withoutCommon('msg', 'send receive'),
  ...like(IPC, 'msgq', 'enqueue'),
  ...like(IPC, 'shm', 'lock'),
  ...like(IPC, 'ipc'),
  ...like(SOCKET, 'netlink_route_socket netlink_tcpdiag_socket', 'nlmsg_read nlmsg_write'),
  ...like(SOCKET, 'netlink_nflog_socket'),
  ...like(SOCKET, 'netlink_xfrm_socket', 'nlmsg_read nlmsg_write'),
  ...like(SOCKET, 'netlink_selinux_socket netlink_iscsi_socket'),
  ...like(SOCKET, 'netlink_audit_socket', 'nlmsg_read nlmsg_write nlmsg_relay nlmsg_readpriv nlmsg_tty_audit'),
  ...like(SOCKET, 'netlink_fib_lookup_socket netlink_connector_socket netlink_netfilter_socket netlink_dnrt_socket'),
  withoutCommon('association', 'sendto recvfrom setcontext polmatch'),
  ...like(
    SOCKET,
    `netlink_kobject_uevent_socket netlink_generic_socket netlink_scsitransport_socket netlink_rdma_socket
    netlink_crypto_socket appletalk_socket`,
  ),
  withoutCommon('packet', 'send recv relabelto forward_in forward_out'),
  withoutCommon('key', 'view read write search link setattr create'),
  ...like(SOCKET, 'dccp_socket', 'node_bind name_connect'),
  withoutCommon('memprotect', 'mmap_zero'),
  withoutCommon('peer', 'recv'),
  ...like(CAPABILITY2, 'capability2'),
  withoutCommon('kernel_service', 'use_as_override create_files_as'),
  ...like(SOCKET, 'tun_socket', 'attach_queue'),
  withoutCommon('binder', 'impersonate call set_context_mgr transfer'),
  ...like(CAPABILITY, 'cap_userns'),
  ...like(CAPABILITY2, 'cap2_userns'),
  ...like(SOCKET, 'sctp_socket', 'node_bind name_connect association'),
  ...like(SOCKET, 'icmp_socket', 'node_bind'),
  ...like(
    SOCKET,
    `ax25_socket ipx_socket netrom_socket atmpvc_socket x25_socket rose_socket decnet_socket atmsvc_socket rds_socket
    irda_socket pppox_socket llc_socket can_socket tipc_socket bluetooth_socket iucv_socket rxrpc_socket isdn_socket
    phonet_socket ieee802154_socket caif_socket alg_socket nfc_socket vsock_socket kcm_socket qipcrtr_socket
    smc_socket`,
  ),
  withoutCommon('infiniband_pkey', 'access'),
  withoutCommon('infiniband_endport', 'manage_subnet'),
  withoutCommon('bpf', 'map_create map_read map_write prog_load prog_run'),
  ...like(SOCKET, 'xdp_socket mctp_socket'),
  withoutCommon('perf_event', 'open cpu kernel tracepoint read write'),
  ...like(FILE, 'anon_inode'),
  withoutCommon('io_uring', 'override_creds sqpoll cmd'),
  withoutCommon('user_namespace', 'create'),
];

const VALUES: ReadonlyMap<string, number> = new Map(KERNEL_CLASSES.map(({ name }, index) => [name, index + 1]));

/** The kernel's value of a class; 0 = it has none of that name. */
export function kernelClass(name: string): number {
  return VALUES.get(name) ?? 0;
}

/** Bit of a permission of a kernel class; 0 = none. */
export function kernelPermission(kernelClassValue: number, name: string): number {
  const bit = KERNEL_CLASSES[kernelClassValue - 1]?.permissions.indexOf(name) ?? -1;
  return bit < 0 ? 0 : (1 << bit) >>> 0;
}
