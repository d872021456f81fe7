/**
 * The fields of audit records that all modules write alike: who acts, and on which file, task or socket.
 *
 * Model: dump_common_audit_data() of security/lsm_audit.c, Linux 6.12. Each text begins with a blank.
 */

import type { Tgid } from '../../../linux/ids.ts';
import { TASK_COMM_LEN } from '../../../linux/process.ts';
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  IPPROTO_ICMP,
  IPPROTO_MPTCP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_RAW,
  SOCK_STREAM,
} from '../../../linux/socket.ts';
import type { AccessedSocket, InternetAddress, SocketProtocol } from '../access/socket-access.ts';
import type { InodeFacts } from '../files/inode.ts';
import { hexText, untrusted } from './audit-text.ts';

/** Who is recorded as acting. */
export interface ActingTask {
  readonly tgid: Tgid;
  readonly comm: string;
}

/** What a task is called that executed this name (begin_new_exec). */
export function commOf(filename: string): string {
  return filename.slice(filename.lastIndexOf('/') + 1).slice(0, TASK_COMM_LEN - 1);
}

export function actingFields({ tgid, comm }: ActingTask): string {
  return ` pid=${tgid} comm=${untrusted(comm)}`;
}

/** Another task: LSM_AUDIT_DATA_TASK. */
export function taskFields({ tgid, comm }: ActingTask): string {
  return ` opid=${tgid} ocomm=${untrusted(comm)}`;
}

/** A file by the name of its directory entry: LSM_AUDIT_DATA_DENTRY. */
export function entryFields(inode: InodeFacts): string {
  const { path, socket } = inode;
  const kernels = NAMES_OF_THE_KERNEL.exec(path);
  const name =
    (socket && entryOfSocket(socket)) ??
    (kernels === null ? path.slice(path.lastIndexOf('/') + 1) || '/' : (kernels[1] ?? ''));
  return `${nameField(name)}${placeFields(inode)}`;
}

/** A file by a name under which it can be found: LSM_AUDIT_DATA_INODE, d_find_alias(). A directory keeps its own when it is removed. */
export function inodeFields(inode: InodeFacts): string {
  return inode.unlisted === true && inode.class !== 'dir' ? placeFields(inode) : entryFields(inode);
}

/** A file by its path: LSM_AUDIT_DATA_PATH and LSM_AUDIT_DATA_FILE. */
export function pathFields(path: string, inode: InodeFacts): string {
  return ` path=${untrusted(path)}${placeFields(inode)}`;
}

/** A directory entry without an inode. */
export function nameField(name: string): string {
  return ` name=${untrusted(name)}`;
}

/** `dev` is the name of the superblock (s_id). */
export function placeFields({ filesystem, ino }: InodePlace): string {
  return ` dev=${untrusted(filesystem.id)} ino=${ino}`;
}

export interface InodePlace {
  readonly filesystem: Pick<InodeFacts['filesystem'], 'id'>;
  readonly ino: number;
}

/** struct proto.name, by protocol of socket(2). */
const INTERNET_NAMES: ReadonlyMap<number, string> = new Map([
  [IPPROTO_ICMP, 'PING'],
  [IPPROTO_TCP, 'TCP'],
  [IPPROTO_UDP, 'UDP'],
  [IPPROTO_SCTP, 'SCTP'],
  [IPPROTO_MPTCP, 'MPTCP'],
]);

/** The name of a socket's entry: sock_alloc_file() gives it that of its protocol. */
function entryOfSocket({ family, type, protocol }: SocketProtocol): string | undefined {
  if (family === AF_UNIX) return type === SOCK_STREAM ? 'UNIX-STREAM' : 'UNIX';
  if (family === AF_NETLINK) return 'NETLINK';
  if (family === AF_PACKET) return 'PACKET';
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const name = type === SOCK_RAW ? 'RAW' : INTERNET_NAMES.get(protocol);
  return name && `${name}${family === AF_INET6 ? 'v6' : ''}`;
}

/** The entry of an anonymous inode is called as its path after the colon, that of a pipe has an empty name. */
const NAMES_OF_THE_KERNEL = /^(?:anon_inode:(.*)|pipe:\[\d+\])$/;

type SocketShown = Pick<AccessedSocket, 'local' | 'remote'> & { readonly name?: string | undefined };

/** Addresses and ports of a socket of the internet; the name of a UNIX socket. */
export function socketFields({ local, remote, name }: SocketShown): string {
  if (name !== undefined) return ` path=${name.startsWith('\0') ? hexText(name) : untrusted(name)}`;
  const part = (address: string, port: string, of: InternetAddress | undefined): string =>
    of === undefined ? '' : `${addressField(address, of)}${of.port === 0 ? '' : ` ${port}=${of.port}`}`;
  return part('laddr', 'lport', local) + part('faddr', 'fport', remote);
}

/** Nothing for the address that stands for any. */
export function addressField(name: string, { address }: InternetAddress): string {
  if (address.every((byte) => byte === 0)) return '';
  return ` ${name}=${addressText(address)}`;
}

/** @param address 4 or 16 bytes, network order. */
export function addressText(address: readonly number[]): string {
  return address.length === 4 ? address.join('.') : internet6(address);
}

/** %pI6c: the longest run of zero groups is left out. */
function internet6(address: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((address[2 * index] ?? 0) << 8) | (address[2 * index + 1] ?? 0)).toString(16),
  );
  const runs = [...groups.join(':').matchAll(/\b0(:0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  const longest = runs[0];
  if (longest === undefined) return groups.join(':');
  const text = groups.join(':');
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}
