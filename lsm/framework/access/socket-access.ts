/**
 * Hooks of sockets: socket_*() in net/socket.c, by the names of include/linux/lsm_hook_defs.h. The
 * numbers are those of socket(2).
 */

/** What kind of socket it is, with the numbers of socket(2). */
export interface SocketKind {
  readonly family: number;
  readonly type: number;
}

interface Protocol extends SocketKind {
  readonly protocol: number;
}

/** A socket that the task has open. */
export interface AccessedSocket extends Protocol {
  /** Inode number. */
  readonly ino: number;
  /** What it is bound and connected to. */
  readonly local?: InternetAddress;
  readonly remote?: InternetAddress;
}

/** `address`: 4 or 16 bytes, in the network's order. */
export interface InternetAddress {
  readonly address: readonly number[];
  readonly port: number;
}

export interface SocketAccess {
  socketCreate: Protocol;
  /** `to`: absent where it is no address of the internet. `named`: the port is not one of those that sockets get by themselves. */
  socketBind: { readonly socket: AccessedSocket; readonly to?: InternetAddress; readonly named: boolean };
  socketConnect: { readonly socket: AccessedSocket; readonly to?: InternetAddress };
  /** socket_listen and the hooks of the other calls named here. */
  socketUse: {
    readonly socket: AccessedSocket;
    readonly operation: 'listen' | 'accept' | 'shutdown' | 'getsockopt' | 'setsockopt' | 'getsockname' | 'getpeername';
  };
}
