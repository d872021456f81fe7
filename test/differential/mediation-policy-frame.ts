/**
 * What all random policies of mediation have in common, as CIL source: classes, types, labels of what is not generated, and the rules
 * without which the probe and its interpreter do not run.
 */
import { POLICY_SIDS } from '../../lsm/selinux/decide/index.ts';
import {
  BOOLEANS,
  DIRECTORY_TYPES,
  DOMAINS,
  FILE_TYPES,
  PERMISSIVE_DOMAIN,
  PROGRAM_TYPES,
  STRANGE_TYPE,
} from './mediation-names.ts';

export const split = (text: string): string[] => text.trim().split(/\s+/);

const COMMON_FILE =
  split(`ioctl read write create getattr setattr lock relabelfrom relabelto append map unlink link rename execute quotaon
  mounton audit_access open execmod watch watch_mount watch_sb watch_with_perm watch_reads`);
const COMMON_IPC = split('create destroy getattr setattr read write associate unix_read unix_write');
export const CAPABILITIES =
  split(`chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
  net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice
  sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap`);
const COMMON_SOCKET =
  split(`ioctl read write create getattr setattr lock relabelfrom relabelto append map bind connect listen accept getopt setopt shutdown
  recvfrom sendto name_bind`);
const PROCESS =
  split(`fork transition sigchld sigkill sigstop signull signal ptrace getsched setsched getsession getpgid setpgid getcap setcap
  share getattr setexec setfscreate noatsecure siginh setrlimit rlimitinh dyntransition setcurrent execmem execstack execheap setkeycreate
  setsockcreate getrlimit`);
const SECURITY =
  split(`compute_av compute_create compute_member check_context load_policy compute_relabel compute_user setenforce setbool
  setsecparam setcheckreqprot read_policy validate_trans`);
const FILESYSTEM = split('mount remount unmount getattr relabelfrom relabelto associate quotamod quotaget watch');

/** Each with its permissions; the order is that of the first policies. */
export const CLASSES: Readonly<Record<string, readonly string[]>> = {
  security: SECURITY,
  process: PROCESS,
  system: split('ipc_info syslog_read syslog_mod syslog_console module_request module_load'),
  capability: CAPABILITIES,
  filesystem: FILESYSTEM,
  file: [...COMMON_FILE, 'execute_no_trans', 'entrypoint'],
  dir: [...COMMON_FILE, 'add_name', 'remove_name', 'reparent', 'search', 'rmdir'],
  fd: ['use'],
  lnk_file: COMMON_FILE,
  chr_file: COMMON_FILE,
  sock_file: COMMON_FILE,
  fifo_file: COMMON_FILE,
  sem: COMMON_IPC,
  msg: ['send', 'receive'],
  msgq: [...COMMON_IPC, 'enqueue'],
  shm: [...COMMON_IPC, 'lock'],
  ipc: COMMON_IPC,
  capability2: split(
    'mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore',
  ),
  socket: COMMON_SOCKET,
  tcp_socket: [...COMMON_SOCKET, 'node_bind', 'name_connect'],
  udp_socket: [...COMMON_SOCKET, 'node_bind'],
  rawip_socket: [...COMMON_SOCKET, 'node_bind'],
  unix_stream_socket: [...COMMON_SOCKET, 'connectto'],
  unix_dgram_socket: COMMON_SOCKET,
  netlink_route_socket: [...COMMON_SOCKET, 'nlmsg_read', 'nlmsg_write'],
  key: split('view read write search link setattr create'),
  anon_inode: COMMON_FILE,
  io_uring: split('override_creds sqpoll cmd'),
  user_namespace: ['create'],
  cap_userns: CAPABILITIES,
};

const BASE_TYPES = ['kern_t', 'root_t', 'tmp_t', 'proc_t', 'dev_t', 'sec_t', 'mq_t'];
const RANGE = '((s0) (s1 ((range c0 c2))))';
const object = (type: string): string => `(u object_r ${type} ((s0) (s0)))`;

export const FRAME: readonly string[] = [
  '(handleunknown allow)',
  ...Object.entries(CLASSES).map(([name, permissions]) => `(class ${name} (${permissions.join(' ')}))`),
  `(classorder (${Object.keys(CLASSES).join(' ')}))`,
  ...POLICY_SIDS.map((name) => `(sid ${name})`),
  `(sidorder (${POLICY_SIDS.join(' ')}))`,
  '(mls true)',
  ...['s0', 's1'].map((name) => `(sensitivity ${name})`),
  '(sensitivityorder (s0 s1))',
  ...['c0', 'c1', 'c2'].map((name) => `(category ${name})`),
  '(categoryorder (c0 c1 c2))',
  ...['s0', 's1'].map((name) => `(sensitivitycategory ${name} ((range c0 c2)))`),
  ...[...BASE_TYPES, ...DOMAINS, ...FILE_TYPES, ...DIRECTORY_TYPES, ...PROGRAM_TYPES].map((name) => `(type ${name})`),
  ...['any', 'base', 'plain'].map((name) => `(typeattribute ${name})`),
  `(typeattributeset any (${[...BASE_TYPES, ...DOMAINS, ...FILE_TYPES, ...DIRECTORY_TYPES, ...PROGRAM_TYPES].join(' ')}))`,
  '(typeattributeset base (root_t tmp_t proc_t dev_t sec_t))',
  `(typeattributeset plain (${DOMAINS.join(' ')}))`,
  `(typepermissive ${PERMISSIVE_DOMAIN})`,
  '(role r)',
  '(role object_r)',
  ...['kern_t', ...DOMAINS].map((type) => `(roletype r ${type})`),
  '(roletype object_r any)',
  ...['u', 'v'].flatMap((user) => [
    `(user ${user})`,
    `(userrole ${user} r)`,
    `(userrole ${user} object_r)`,
    `(userlevel ${user} (s0))`,
    `(userrange ${user} ${RANGE})`,
  ]),
  '(policycap open_perms)',
  `(sidcontext kernel (u r kern_t ${RANGE}))`,
  `(sidcontext init (u r kern_t ${RANGE}))`,
  ...POLICY_SIDS.filter((name) => !/^(kernel|init|security|devnull)$/.test(name)).map(
    (name) => `(sidcontext ${name} ${object('root_t')})`,
  ),
  `(sidcontext security ${object('sec_t')})`,
  `(sidcontext devnull ${object('dev_t')})`,
  ...['devpts', 'devtmpfs'].map((name) => `(fsuse trans ${name} ${object('dev_t')})`),
  `(fsuse trans tmpfs ${object('tmp_t')})`,
  `(fsuse trans mqueue ${object('mq_t')})`,
  ...['pipefs', 'sockfs'].map((name) => `(fsuse task ${name} ${object('root_t')})`),
  ...['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'overlay'].map((name) => `(fsuse xattr ${name} ${object('root_t')})`),
  ...['hostfs', 'rootfs', 'ramfs'].map((name) => `(genfscon ${name} "/" ${object('root_t')})`),
  ...['proc', 'sysfs', 'securityfs', 'cgroup2'].map((name) => `(genfscon ${name} "/" ${object('proc_t')})`),
  `(genfscon selinuxfs "/" ${object('sec_t')})`,
  ...BOOLEANS.map((name, index) => `(boolean ${name} ${index % 2 === 0})`),
  ...Object.entries(CLASSES).map(([name, permissions]) => `(allow kern_t any (${name} (${permissions.join(' ')})))`),
  '(allow plain base (chr_file (ioctl read write getattr lock append map open)))',
  '(allow plain base (dir (ioctl read getattr lock open search)))',
  '(allow plain base (fifo_file (ioctl read write getattr lock append open)))',
  '(allow plain base (file (ioctl read getattr lock map execute open execute_no_trans)))',
  '(allow plain base (lnk_file (read getattr)))',
  '(allow plain kern_t (fd (use)))',
  // A kernel asks nothing about sockets that were made with its own label; lsmfs asks the policy.
  '(allow plain kern_t (unix_stream_socket (all)))',
  '(allow plain kern_t (fifo_file (ioctl read write getattr lock append)))',
  '(allow plain plain (process (sigchld)))',
  '(allow plain kern_t (process (sigchld)))',
  '(allow plain self (dir (read getattr open search)))',
  '(allow plain self (fd (use)))',
  '(allow plain self (fifo_file (ioctl read write getattr lock append)))',
  '(allow plain self (file (ioctl read write getattr lock append open)))',
  '(allow plain self (lnk_file (read getattr)))',
  '(allow plain self (process (fork sigchld getattr execmem execstack execheap)))',
  // What a program is mapped by.
  ...PROGRAM_TYPES.map((type) => `(allow plain ${type} (file (read getattr open map execute)))`),
  ...[...BASE_TYPES, ...DOMAINS, ...FILE_TYPES, ...DIRECTORY_TYPES, ...PROGRAM_TYPES]
    .filter((type) => type !== STRANGE_TYPE)
    .map((type) => `(allow ${type} tmp_t (filesystem (associate)))`),
  ...[...DOMAINS, 'mq_t'].map((type) => `(allow ${type} mq_t (filesystem (associate)))`),
];
