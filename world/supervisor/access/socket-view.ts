/**
 * Sockets of a caller as the modules know them: kind, addresses, inode. Read through a copy of its descriptor.
 */
import { NR } from '../../../host/libc.ts';
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { NETLINK_AUDIT } from '../../../linux/netlink.ts';
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_SEQPACKET,
} from '../../../linux/socket.ts';
import type { AccessedSocket, InternetAddress } from '../../../lsm/framework/access/socket-access.ts';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';
import { copySocket } from '../caller/caller-descriptor.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { socketOption } from '../calls/peersec.ts';
import type { WorkerContext } from '../context.ts';

/** struct sockaddr_in, and of sockaddr_in6 what every kernel wants (SIN6_LEN_RFC2133). */
const INET_SIZE = 16;
const INET6_SIZE = 24;
/** Longest struct sockaddr. */
export const ADDRESS_MAX = 128;
/** Place of a length after an address in the result area. */
const LENGTH = 128;

/** The socket that a descriptor of the caller, or of `holder`, is; `undefined` = none, which the kernel says itself. */
export function socketOf(
  { ask, call, view }: WorkerContext,
  descriptor: CallerFd,
  holder = call.tid,
): AccessedSocket | undefined {
  const copy = copySocket(view, holder, descriptor);
  if (copy < 0) return undefined;
  const [family, type, protocol] = [SO_DOMAIN, SO_TYPE, SO_PROTOCOL].map((name) => socketOption(view, copy, name));
  const isUnix = family === AF_UNIX;
  const [local, remote] = [NR.getsockname, NR.getpeername].map((number) =>
    isUnix ? undefined : addressOf(view, copy, number),
  );
  const [name, peer] = isUnix ? [NR.getsockname, NR.getpeername].map((number) => nameOf(view, copy, number)) : [];
  const listens = isUnix && (socketOption(view, copy, SO_ACCEPTCONN) ?? 0) !== 0;
  const ino = view.identity(copy)?.ino;
  view.close(copy);
  if (family === undefined || type === undefined || protocol === undefined || ino === undefined) return undefined;
  if (type === SOCK_SEQPACKET && (name ?? '') === '') {
    const audit = ask({ kind: 'audit-state', socket: ino })?.value;
    if (audit !== undefined) return { family: AF_NETLINK, type: audit.type, protocol: NETLINK_AUDIT, ino };
  }
  return {
    ...{ family, type, protocol, ino },
    ...{ ...(local && { local }), ...(remote && { remote }), ...(name && { name }) },
    ...{ ...(peer !== undefined && { peer }), ...(listens && { listens }) },
  };
}

/** Facts of its inode, with what kind of socket it is. */
export const ofSocket = (inode: InodeFacts, { family, type, protocol }: AccessedSocket): InodeFacts => ({
  ...inode,
  socket: { family, type, protocol },
});

/** The name that a UNIX socket, or its peer, is bound to: empty = none; `undefined` = it has no peer. */
function nameOf(view: CallerView, copy: number, number: number): string | undefined {
  view.resultView.setUint32(LENGTH, ADDRESS_MAX, true);
  if (rawSyscall(number, copy, view.resultAddress, view.resultAddress + LENGTH) < 0) return undefined;
  return unixName(view.result, Math.min(view.resultView.getUint32(LENGTH, true), ADDRESS_MAX));
}

function addressOf(view: CallerView, copy: number, number: number): InternetAddress | undefined {
  view.resultView.setUint32(LENGTH, ADDRESS_MAX, true);
  if (rawSyscall(number, copy, view.resultAddress, view.resultAddress + LENGTH) < 0) return undefined;
  return internetAddress(view.result, view.resultView.getUint32(LENGTH, true));
}

/** struct sockaddr_un { u16 family; char path[]; }: a path ends with NUL or with the address. */
export function unixName(bytes: Uint8Array, length: number): string {
  const text = latin1(bytes, length).slice(2);
  return text.startsWith('\0') ? text : text.replace(/\0.*$/s, '');
}

/**
 * struct sockaddr_in { u16 family; be16 port; u8 address[4]; ... }, sockaddr_in6 { u16 family; be16 port; be32 flow; u8
 * address[16]; ... }
 */
export function internetAddress(bytes: Uint8Array, length: number): InternetAddress | undefined {
  const family = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  const port = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  if (family === AF_INET && length >= INET_SIZE) return { address: [...bytes.subarray(4, 8)], port };
  if (family === AF_INET6 && length >= INET6_SIZE) return { address: [...bytes.subarray(8, 24)], port };
  return undefined;
}
