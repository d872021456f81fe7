/** What the hooks of sockets are asked about. The numbers are those of socket(2). */
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
  /** Of a UNIX socket: name of the one that it is connected to, which is empty for the other of a pair. */
  readonly peer?: string;
  /** Of a UNIX socket: others may connect to it. */
  readonly listens?: true;
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
