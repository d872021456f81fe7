/**
 * What UNIX sockets are bound and connected to: sock_diag(7) over netlink, by inode number.
 *
 * Source: include/uapi/linux/{netlink,sock_diag,unix_diag}.h. A netlink socket sees the sockets of the network
 * namespace that it was made in; for another namespace one is made there for the occasion.
 */

import { closeSync, openSync, readlinkSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';
import type { Tid } from '../../linux/ids.ts';
import {
  NETLINK_SOCK_DIAG,
  NLM_F_REQUEST,
  NLMSG_HEADER,
  SOCK_DIAG_BY_FAMILY,
  UDIAG_SHOW_NAME,
  UDIAG_SHOW_PEER,
  UNIX_DIAG_NAME,
  UNIX_DIAG_PEER,
} from '../../linux/netlink.ts';
import { CLONE_NEWNET } from '../../linux/process.ts';
import { AF_NETLINK, AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from '../../linux/socket.ts';
import { libcFunction } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';
import { followProcessLink, openProcessFile } from '../process/process-files.ts';
import { attributesIn } from './netlink-attributes.ts';

const ANY = 0xffffffff;

/** struct nlmsghdr, then struct unix_diag_req or unix_diag_msg. */
const REQUEST = NLMSG_HEADER + 24;
const ATTRIBUTES = NLMSG_HEADER + 16;
const ANSWER = REQUEST;
const ANSWER_SIZE = 1024;

const openSocket = libcFunction('socket', ['int', 'int', 'int']);
const send = libcFunction('send', ['int', 'uint64', 'size_t', 'int'], 'long');
const receive = libcFunction('recv', ['int', 'uint64', 'size_t', 'int'], 'long');
const setns = libcFunction('setns', ['int', 'int']);

export interface UnixSocket {
  /** Inode number of the socket at the other end; 0 when there is none: not connected, closed, not accepted yet. */
  readonly peer: number;
  /** What it is bound to: sun_path, latin-1. */
  readonly address?: string;
}

const UNKNOWN: UnixSocket = { peer: 0 };

export class UnixDiagnosis {
  readonly #memory = allocateNative(ANSWER + ANSWER_SIZE);
  /** For our own namespace. */
  #socket: number | undefined;
  #sequence = 0;

  /**
   * `undefined` where there is no UNIX socket of this number. Where the kernel cannot tell at present, no peer and no address.
   * @param tid thread whose network namespace the sockets are in.
   */
  look(inodes: readonly number[], tid: Tid): (UnixSocket | undefined)[] {
    if (inodes.length === 0) return [];
    const own = this.#isOurNamespace(tid);
    const socket = own ? (this.#socket ?? netlinkSocket()) : netlinkSocketOf(tid);
    if (socket < 0) return inodes.map(() => UNKNOWN);
    if (own) this.#socket = socket;
    const sockets = inodes.map((inode) => this.#ask(socket, inode));
    if (!own) closeSync(socket);
    return sockets;
  }

  close(): void {
    if (this.#socket !== undefined) closeSync(this.#socket);
    this.#socket = undefined;
  }

  #isOurNamespace(tid: Tid): boolean {
    const theirs = followProcessLink(tid, 'ns/net');
    // It is gone; ours is the likeliest.
    return typeof theirs === 'number' || theirs === readlinkSync('/proc/thread-self/ns/net');
  }

  /** The answer is in the queue when send(2) returns. */
  #ask(socket: number, inode: number): UnixSocket | undefined {
    const { address, view } = this.#memory;
    const sequence = ++this.#sequence >>> 0;
    view.setUint32(0, REQUEST, true);
    view.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
    view.setUint16(6, NLM_F_REQUEST, true);
    view.setUint32(8, sequence, true);
    view.setUint8(NLMSG_HEADER, AF_UNIX);
    view.setUint32(NLMSG_HEADER + 4, ANY, true); // states
    view.setUint32(NLMSG_HEADER + 8, inode, true);
    view.setUint32(NLMSG_HEADER + 12, UDIAG_SHOW_NAME | UDIAG_SHOW_PEER, true);
    view.setUint32(NLMSG_HEADER + 16, ANY, true); // no cookie
    view.setUint32(NLMSG_HEADER + 20, ANY, true);
    if (send(socket, address, REQUEST, 0) < 0) return UNKNOWN;
    for (;;) {
      const count = receive(socket, address + ANSWER, ANSWER_SIZE, 0);
      if (count < 0) return UNKNOWN;
      if (view.getUint32(ANSWER + 8, true) === sequence) return this.#socketIn(count);
    }
  }

  #socketIn(count: number): UnixSocket | undefined {
    const bytes = this.#memory.bytes.subarray(ANSWER, ANSWER + count);
    const view = new DataView(bytes.buffer, bytes.byteOffset, count);
    // struct nlmsgerr: a header and the errno.
    if (view.getUint16(4, true) !== SOCK_DIAG_BY_FAMILY)
      return view.getInt32(NLMSG_HEADER, true) === -ERRNO.ENOENT ? undefined : UNKNOWN;
    let peer = 0;
    let address: string | undefined;
    for (const [type, value] of attributesIn(bytes, ATTRIBUTES)) {
      if (type === UNIX_DIAG_PEER) peer = value.readUInt32LE();
      if (type === UNIX_DIAG_NAME) address = value.toString('latin1');
    }
    return address === undefined ? { peer } : { peer, address };
  }
}

function netlinkSocket(): number {
  return openSocket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

/** The namespace is changed for this thread alone. */
function netlinkSocketOf(tid: Tid): number {
  const namespace = openProcessFile(tid, 'ns/net');
  if (namespace < 0) return namespace;
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    const entered = setns(namespace, CLONE_NEWNET);
    if (entered < 0) return entered;
    const socket = netlinkSocket();
    const back = setns(home, CLONE_NEWNET);
    if (back < 0) throw new Error(`cannot return to our network namespace: errno ${-back}`);
    return socket;
  } finally {
    closeSync(namespace);
    closeSync(home);
  }
}
