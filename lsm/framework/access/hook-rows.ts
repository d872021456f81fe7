/**
 * The rows of mediated system calls in the table of hooks (hook-table.ts). Names follow include/linux/lsm_hook_defs.h.
 */
import type { Tid } from '../../../linux/ids.ts';
import type { GuardedFile } from '../../../vfs/tree/guarded.ts';
import type { FileFacts } from '../files/file-facts.ts';
import type { FilesystemFacts } from '../files/inode.ts';
import { mediated } from '../hook-kinds.ts';
import type { MappedArea, NewName, OpenFile } from './file-access.ts';
import type { AccessedIpc, IpcType } from './ipc-access.ts';
import type { AccessedKey, KeyNeed, SoughtKey } from './key-access.ts';
import type { MountCall, MovedMount } from './mount-access.ts';
import type { AccessedSocket, InternetAddress, SocketKind, SocketProtocol, UnixPeer } from './socket-access.ts';
import type { AboutTask } from './task-access.ts';

export const MEDIATED_HOOKS = {
  // Mediated system calls on files.
  /** `mask`: MAY_*. Of a directory, MAY_EXEC is a step of a path through it. */
  inodePermission: mediated<{ readonly file: FileFacts; readonly mask: number }>(),
  /** A symbolic link on the way. */
  inodeFollowLink: mediated<{ readonly file: FileFacts }>(),
  inodeReadlink: mediated<{ readonly file: FileFacts }>(),
  inodeGetattr: mediated<{ readonly file: FileFacts }>(),
  /** `attributes`: ATTR of access/file-access.ts */
  inodeSetattr: mediated<{ readonly file: FileFacts; readonly attributes: number }>(),
  inodeCreate: mediated<NewName>(),
  inodeMkdir: mediated<NewName>(),
  inodeMknod: mediated<NewName>(),
  inodeSymlink: mediated<NewName>(),
  /** `file` gets a further name in the directory. */
  inodeLink: mediated<{ readonly directory: FileFacts; readonly file: FileFacts }>(),
  inodeUnlink: mediated<{ readonly directory: FileFacts; readonly file: FileFacts }>(),
  inodeRmdir: mediated<{ readonly directory: FileFacts; readonly file: FileFacts }>(),
  inodeRename: mediated<{
    readonly directory: FileFacts;
    readonly file: FileFacts;
    readonly newDirectory: FileFacts;
    readonly newName: string;
    /** What has the new name. */
    readonly target?: FileFacts;
  }>(),
  /** The path_ hooks are called before the kernel checks whether the directory may be changed. */
  pathMknod: mediated<NewName>(),
  pathMkdir: mediated<NewName>(),
  pathSymlink: mediated<NewName>(),
  pathUnlink: mediated<{ readonly file: FileFacts }>(),
  pathRmdir: mediated<{ readonly file: FileFacts }>(),
  pathLink: mediated<{ readonly file: FileFacts; readonly directory: FileFacts; readonly name: string }>(),
  pathRename: mediated<{
    readonly file: FileFacts;
    readonly newDirectory: FileFacts;
    readonly newName: string;
    /** RENAME_EXCHANGE: with this one. */
    readonly exchanged?: FileFacts;
  }>(),
  pathTruncate: mediated<{ readonly file: FileFacts }>(),
  pathChmod: mediated<{ readonly file: FileFacts }>(),
  pathChown: mediated<{ readonly file: FileFacts }>(),
  /** `acl`: it is inode_get_acl; of the other row inode_set_acl or inode_remove_acl. */
  inodeGetxattr: mediated<{ readonly file: FileFacts; readonly acl?: true }>(),
  inodeListxattr: mediated<{ readonly file: FileFacts }>(),
  /** inode_setxattr and inode_removexattr of names that no module decides about. */
  xattrChange: mediated<{ readonly file: FileFacts; readonly removes?: boolean; readonly acl?: true }>(),
  /** inode_file_getattr or, if it `changes` them, inode_file_setattr: flags and project of a file, since Linux 6.17. */
  inodeFileAttr: mediated<{ readonly file: FileFacts; readonly changes: boolean }>(),
  /** capable: called when the task has the capability (CAP_*) in its effective set. */
  capable: mediated<{
    readonly capability: number;
    /** It counts in a user namespace other than the initial one. */
    readonly inner?: boolean;
    /** Nothing is recorded (ns_capable_noaudit()). */
    readonly silent?: boolean;
    /** Asked when the first is refused. */
    readonly otherwise?: number;
  }>(),
  /** flock(2), locks of fcntl(2) and leases, also to unlock. `exclusive`: of writers (F_WRLCK). */
  fileLock: mediated<OpenFile & { readonly exclusive: boolean }>(),
  /** The content is about to be read (MAY_READ) or written (MAY_WRITE). */
  filePermission: mediated<OpenFile & { readonly mask: number }>(),
  /** The task gets a descriptor of another. */
  fileReceive: mediated<OpenFile>(),
  /** fcntl(2) */
  fileFcntl: mediated<OpenFile & { readonly command: number; readonly argument: number }>(),
  fileIoctl: mediated<OpenFile & { readonly command: number }>(),
  /**
   * mmap(2): `protection` of PROT_*, `mapFlags` of MAP_TYPE. `file`: absent for anonymous memory. `again`: another part of the same
   * open file was allowed just before.
   */
  mmapFile: mediated<
    Partial<OpenFile> & { readonly protection: number; readonly mapFlags: number; readonly again?: true }
  >(),
  /** mmap(2) at a low address. */
  mmapAddr: mediated<{ readonly address: number }>(),
  /** mprotect(2) of one mapping. */
  fileMprotect: mediated<{ readonly file?: FileFacts; readonly protection: number; readonly mapping: MappedArea }>(),
  /** inotify_add_watch(2), fanotify_mark(2): `mask` of IN_* and FAN_*. `of`: what is watched, if not the file alone. */
  pathNotify: mediated<{ readonly file: FileFacts; readonly mask: number; readonly of?: 'mount' | 'superblock' }>(),
  /**
   * open(2): `flags` as there, as far as a transport passes them on. `made`: by this open, in that directory; then
   * there is no inode. Nor is there of an emulated file, which answers for its label itself. FMODE_EXEC: execve(2)
   * opens it, of which the exec hooks hear as well.
   */
  fileOpen: mediated<{ readonly file: FileFacts | GuardedFile; readonly flags: number } & Partial<NewName>>(),

  // On tasks, others and the caller itself (kernel/signal.c, kernel/sys.c, kernel/sched, kernel/capability.c, block/ioprio.c).
  /** The task makes a process or thread. */
  taskAlloc: mediated<Record<string, never>>(),
  /** `signal`: 0 = does it exist? */
  taskKill: mediated<AboutTask & { readonly signal: number }>(),
  /** `mode`: PTRACE_MODE_READ or PTRACE_MODE_ATTACH. `attaches`: by ptrace(2), of which `ptraceAccessCheck` hears as well. */
  ptraceAccess: mediated<AboutTask & { readonly mode: number; readonly attaches?: true }>(),
  /** PTRACE_TRACEME: the parent of the task is to trace it. */
  ptraceTracemeAccess: mediated<{ readonly parent: Tid }>(),
  taskSetpgid: mediated<AboutTask>(),
  taskGetpgid: mediated<AboutTask>(),
  taskGetsid: mediated<AboutTask>(),
  taskSetnice: mediated<AboutTask>(),
  taskSetioprio: mediated<AboutTask>(),
  taskGetioprio: mediated<AboutTask>(),
  taskSetscheduler: mediated<AboutTask>(),
  taskGetscheduler: mediated<AboutTask>(),
  /** Pages of a task are moved to other nodes. */
  taskMovememory: mediated<AboutTask>(),
  /** Another task's limits (LSM_PRLIMIT_READ, LSM_PRLIMIT_WRITE). */
  taskPrlimit: mediated<AboutTask & { readonly read: boolean; readonly write: boolean }>(),
  /** `hard`: the hard limit becomes another. `limit`: the hard limit that is wanted. */
  taskSetrlimit: mediated<AboutTask & { readonly resource: number; readonly hard: boolean; readonly limit: bigint }>(),
  capget: mediated<AboutTask>(),
  /** The task makes a user namespace. */
  usernsCreate: mediated<Record<string, never>>(),
  /** The task's own capabilities become others. */
  capset: mediated<Record<string, never>>(),

  // On objects of the kernel that have no name (fs/anon_inodes.c, io_uring, kernel/bpf, drivers/net/tun.c).
  /** inode_init_security_anon: the task makes an anonymous inode of this kind (`InodeFacts.anonymous`). */
  inodeInitSecurityAnon: mediated<{ readonly kind: string }>(),
  /** An io_uring is to be served by a thread of the kernel. */
  uringSqpoll: mediated<Record<string, never>>(),
  /** What is submitted to one is to be done with registered credentials, known by the name of who registered them (named-makers.ts). */
  uringOverrideCreds: mediated<{ readonly personality: string }>(),
  /** bpf(2) */
  bpf: mediated<{ readonly makes: 'map' | 'program' }>(),
  /** The task gets a descriptor of a map that it makes. */
  bpfMap: mediated<{ readonly read: boolean; readonly write: boolean }>(),
  /** The same of a program. */
  bpfProg: mediated<Record<string, never>>(),
  /** A network interface of user space is made. */
  tunDevCreate: mediated<Record<string, never>>(),
  /** One that is there is opened; it has the label of who does so then. */
  tunDevOpen: mediated<{ readonly interface: string }>(),
  /** A queue of one is used again. `interface`: absent = not known, it is taken for one of the task. */
  tunDevAttachQueue: mediated<{ readonly interface?: string }>(),

  /** kernel_read_file of a module that is open, or kernel_load_data of one in memory. */
  kernelLoadModule: mediated<Partial<OpenFile>>(),
  /** perf_event_open(2): at all, of a whole processor, of the kernel. */
  perfEventOpen: mediated<{ readonly type: 'open' | 'cpu' | 'kernel' }>(),

  // On filesystems and mounts (fs/super.c, fs/statfs.c, fs/quota/quota.c, fs/namespace.c).
  /** A filesystem is mounted, maybe for the first time. */
  sbKernMount: mediated<{ readonly filesystem: FilesystemFacts }>(),
  /** `file`: one of the filesystem. `root`: inode number of its root, if that is known. */
  sbStatfs: mediated<{ readonly file: FileFacts; readonly root?: number }>(),
  /** quotactl(2): `command` of Q_*. `file`: one of the filesystem. */
  quotactl: mediated<{ readonly file: FileFacts; readonly command: number }>(),
  sbMount: mediated<MountCall>(),
  sbUmount: mediated<{ readonly root: FileFacts }>(),
  moveMount: mediated<MovedMount>(),
  sbPivotroot: mediated<{ readonly newRoot: FileFacts; readonly putOld: FileFacts }>(),

  // On sockets (net/socket.c).
  socketCreate: mediated<SocketProtocol>(),
  /** `to`: absent where it is no address of the internet. `named`: the port is not one of those that sockets get by themselves. */
  socketBind: mediated<{
    readonly socket: AccessedSocket;
    readonly to?: InternetAddress;
    /** AF_* of the address. */
    readonly family?: number;
    readonly named: boolean;
  }>(),
  socketConnect: mediated<{
    readonly socket: AccessedSocket;
    readonly to?: InternetAddress;
    /** AF_* of the address. */
    readonly family?: number;
  }>(),
  /** connect(2) of a UNIX stream socket to one that listens. */
  unixStreamConnect: mediated<{ readonly socket: AccessedSocket; readonly peer: UnixPeer }>(),
  /** A UNIX datagram socket sends to another, or is connected to it. */
  unixMaySend: mediated<{ readonly socket: AccessedSocket; readonly peer: UnixPeer }>(),
  socketListen: mediated<{ readonly socket: AccessedSocket }>(),
  socketAccept: mediated<{ readonly socket: AccessedSocket }>(),
  socketShutdown: mediated<{ readonly socket: AccessedSocket }>(),
  socketSetsockopt: mediated<{ readonly socket: AccessedSocket }>(),
  socketGetsockname: mediated<{ readonly socket: AccessedSocket }>(),
  socketGetpeername: mediated<{ readonly socket: AccessedSocket }>(),
  socketSendmsg: mediated<{ readonly socket: AccessedSocket }>(),
  socketRecvmsg: mediated<{ readonly socket: AccessedSocket }>(),
  /** Asked in every world for an option about the other end, about nothing but the kind of socket then. */
  socketGetsockopt: mediated<{ readonly socket: SocketKind & Partial<AccessedSocket> }>(),
  /** A message that a netlink socket sends: `type` of its header. */
  netlinkSend: mediated<{ readonly socket: AccessedSocket; readonly type: number }>(),

  // On System V IPC (ipc/); one row where the hooks of the three kinds differ in name alone.
  /** shm_alloc_security, msg_queue_alloc_security, sem_alloc_security: the task makes one. */
  ipcAlloc: mediated<{ readonly type: IpcType; readonly key: number }>(),
  /** `read`, `write`: which of the mode bits are asked for. */
  ipcPermission: mediated<{ readonly object: AccessedIpc; readonly read: boolean; readonly write: boolean }>(),
  /** shm_associate and its like: the task gets the id of one that exists. */
  ipcAssociate: mediated<{ readonly object: AccessedIpc; readonly read: boolean; readonly write: boolean }>(),
  /** shm_shmctl and its like, of the object. `value`: of a semaphore. */
  ipcControl: mediated<{
    readonly object: AccessedIpc;
    readonly operation: 'stat' | 'getattr' | 'read-value' | 'write-value' | 'set' | 'lock' | 'remove';
  }>(),
  /** The same of limits and counts of all (IPC_INFO, SHM_INFO, ...). */
  ipcInfo: mediated<{ readonly type: IpcType }>(),
  shmShmat: mediated<{ readonly object: AccessedIpc; readonly write: boolean }>(),
  /** `alter`: the call changes a value. */
  semSemop: mediated<{ readonly object: AccessedIpc; readonly alter: boolean }>(),
  msgQueueMsgsnd: mediated<{ readonly object: AccessedIpc }>(),
  /** Of the task itself, which takes a message from the queue. */
  msgQueueMsgrcv: mediated<{ readonly object: AccessedIpc }>(),

  // On keys (security/keys).
  keyPermission: mediated<{ readonly key: AccessedKey; readonly need: KeyNeed }>(),
  /** key_permission of the rings that are searched for the key, and of the key that is found: ENOKEY if it is not. */
  keySearch: mediated<SoughtKey>(),
};
