/** Fields of audit records about ordinary files and sockets: dump_common_audit_data() of security/lsm_audit.c. */
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
  SOCK_DGRAM,
  SOCK_RAW,
} from '../../../linux/socket.ts';
import type { SocketProtocol } from '../../framework/access/socket-access.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';

/** struct proto.name, by protocol of socket(2). */
const INTERNET_NAMES: ReadonlyMap<number, string> = new Map([
  [IPPROTO_ICMP, 'PING'],
  [IPPROTO_TCP, 'TCP'],
  [IPPROTO_UDP, 'UDP'],
  [IPPROTO_SCTP, 'SCTP'],
  [IPPROTO_MPTCP, 'MPTCP'],
]);

/** As audit records name a file by its directory entry: LSM_AUDIT_DATA_INODE and _DENTRY. */
export function inodeDetails(inode: InodeFacts): string {
  const { path, socket } = inode;
  const name = (socket && entryOfSocket(socket)) ?? (path.slice(path.lastIndexOf('/') + 1) || '/');
  return ` name=${untrusted(name)}${place(inode)}`;
}

/** The name of a socket's entry: sock_alloc_file() gives it that of its protocol. */
function entryOfSocket({ family, type, protocol }: SocketProtocol): string | undefined {
  if (family === AF_UNIX) return type === SOCK_DGRAM ? 'UNIX' : 'UNIX-STREAM';
  if (family === AF_NETLINK) return 'NETLINK';
  if (family === AF_PACKET) return 'PACKET';
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const name = type === SOCK_RAW ? 'RAW' : INTERNET_NAMES.get(protocol);
  return name && `${name}${family === AF_INET6 ? 'v6' : ''}`;
}

/** As they name an open one: LSM_AUDIT_DATA_FILE. */
export function openFileDetails(path: string, inode: InodeFacts): string {
  return ` path=${untrusted(path)}${place(inode)}`;
}

function place({ filesystem, ino }: InodeFacts): string {
  return ` dev=${untrusted(filesystem.id)} ino=${ino}`;
}
