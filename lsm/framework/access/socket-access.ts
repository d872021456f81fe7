/**
 * Hooks of sockets: socket_*() in net/socket.c, by the names of include/linux/lsm_hook_defs.h. The
 * numbers are those of socket(2).
 */
import type { Tid } from '../../../linux/ids.ts';

/** What kind of socket it is, with the numbers of socket(2). */
export interface SocketKind {
  readonly family: number;
  readonly type: number;
}

export interface SocketProtocol extends SocketKind {
  readonly protocol: number;
}

/** A socket that the task has open. */
export interface AccessedSocket extends SocketProtocol {
  /** Inode number. */
  readonly ino: number;
  /** What it is bound and connected to. */
  readonly local?: InternetAddress;
  readonly remote?: InternetAddress;
  /** Of a UNIX socket: the name it is bound to, bytes as characters; one of the abstract namespace begins with NUL. */
  readonly name?: string;
}

/** The UNIX socket at the other end. `holder`: a task that has it open. */
export interface UnixPeer extends AccessedSocket {
  readonly holder: Tid;
}

/** `address`: 4 or 16 bytes, in the network's order. */
export interface InternetAddress {
  readonly address: readonly number[];
  readonly port: number;
}

export interface SocketAccess {
  socketCreate: SocketProtocol;
  /** `to`: absent where it is no address of the internet. `named`: the port is not one of those that sockets get by themselves. */
  socketBind: { readonly socket: AccessedSocket; readonly to?: InternetAddress; readonly named: boolean };
  socketConnect: { readonly socket: AccessedSocket; readonly to?: InternetAddress };
  /** connect(2) of a UNIX stream socket to one that listens. */
  unixStreamConnect: { readonly socket: AccessedSocket; readonly peer: UnixPeer };
  /** A UNIX datagram socket sends to another, or is connected to it. */
  unixMaySend: { readonly socket: AccessedSocket; readonly peer: UnixPeer };
  /** socket_listen and the hooks of the other calls named here. */
  socketUse: {
    readonly socket: AccessedSocket;
    readonly operation:
      | 'listen'
      | 'accept'
      | 'shutdown'
      | 'getsockopt'
      | 'setsockopt'
      | 'getsockname'
      | 'getpeername'
      | 'sendmsg'
      | 'recvmsg';
  };
  /** A message that a netlink socket sends: `type` of its header. */
  netlinkSend: { readonly socket: AccessedSocket; readonly type: number };
}
