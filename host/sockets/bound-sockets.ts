/**
 * The UNIX sockets that have a name, of the calling thread's network namespace: sock_diag(7) over netlink.
 *
 * Source: net/unix/diag.c, include/uapi/linux/{netlink,sock_diag,unix_diag}.h. The kernel waits for nobody meanwhile, but for
 * modprobe(8) where unix_diag is a module.
 */
import {
  NETLINK_SOCK_DIAG,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_HEADER,
  SOCK_DIAG_BY_FAMILY,
  UDIAG_SHOW_NAME,
  UDIAG_SHOW_VFS,
  UNIX_DIAG_NAME,
  UNIX_DIAG_VFS,
} from '../../linux/netlink.ts';
import { AF_NETLINK, AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, TCP_LISTEN } from '../../linux/socket.ts';
import { NR } from '../libc.ts';
import { allocateNative, type NativeMemory } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { attributesIn } from './netlink-attributes.ts';

export interface BoundSocket {
  /** SOCK_* */
  readonly type: number;
  /** Inode number of the socket. */
  readonly ino: number;
  /** sun_path, latin-1; in the abstract namespace it begins with NUL. */
  readonly name: string;
  /** The file that the name was when it was bound: lower 32 bits of the inode number, `major:minor` of the superblock. */
  readonly file?: { readonly ino: number; readonly device: string };
}

/** struct nlmsghdr, then struct unix_diag_req or unix_diag_msg. */
const REQUEST = NLMSG_HEADER + 24;
const ATTRIBUTES = NLMSG_HEADER + 16;
/** The kernel fills no more than this at once (netlink_recvmsg()). */
const ANSWER_SIZE = 0x8000;

/** Keeps the memory for the answers. */
export class BoundSockets {
  #memory: NativeMemory | undefined;

  /** @param states bits by number of state: {@link LISTENING}. @returns `undefined` where the kernel cannot tell. */
  list(states: number): BoundSocket[] | undefined {
    const socket = rawSyscall(NR.socket, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (socket < 0) return undefined;
    try {
      this.#memory ??= allocateNative(ANSWER_SIZE);
      return listed(socket, states, this.#memory);
    } finally {
      rawSyscall(NR.close, socket);
    }
  }
}

function listed(socket: number, states: number, { address, bytes, view }: NativeMemory): BoundSocket[] | undefined {
  bytes.fill(0, 0, REQUEST);
  view.setUint32(0, REQUEST, true);
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  view.setUint8(NLMSG_HEADER, AF_UNIX);
  view.setUint32(NLMSG_HEADER + 4, states, true);
  view.setUint32(NLMSG_HEADER + 12, UDIAG_SHOW_NAME | UDIAG_SHOW_VFS, true);
  if (rawSyscall(NR.sendto, socket, address, REQUEST) < 0) return undefined;
  const found: BoundSocket[] = [];
  for (;;) {
    const count = rawSyscall(NR.recvfrom, socket, address, ANSWER_SIZE);
    if (count <= 0) return undefined;
    for (let at = 0; at + NLMSG_HEADER <= count; ) {
      const length = view.getUint32(at, true);
      const type = view.getUint16(at + 4, true);
      if (type === NLMSG_DONE) return found;
      if (type !== SOCK_DIAG_BY_FAMILY || length < ATTRIBUTES) return undefined;
      const seen = socketIn(bytes.subarray(at, Math.min(at + length, count)));
      if (seen !== undefined) found.push(seen);
      at += (length + 3) & ~3;
    }
  }
}

/** Bits of {@link BoundSockets.list}: those that listen, or all. */
export const LISTENING = 1 << TCP_LISTEN;
export const ANY_STATE = 0xffffffff;

/** `undefined` = it has no name. */
function socketIn(message: Uint8Array): BoundSocket | undefined {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const [type, ino] = [view.getUint8(NLMSG_HEADER + 1), view.getUint32(NLMSG_HEADER + 4, true)];
  let name: string | undefined;
  let file: BoundSocket['file'];
  for (const [attribute, value] of attributesIn(message, ATTRIBUTES)) {
    if (attribute === UNIX_DIAG_NAME) name = value.toString('latin1');
    if (attribute === UNIX_DIAG_VFS) {
      // The kernel's own dev_t: 12 bits for the major number, 20 for the minor.
      const device = value.readUInt32LE(4);
      file = { ino: value.readUInt32LE(), device: `${device >>> 20}:${device & 0xfffff}` };
    }
  }
  if (name === undefined) return undefined;
  return { type, ino, name: name.startsWith('\0') ? name : name.replace(/\0.*$/s, ''), ...(file && { file }) };
}
