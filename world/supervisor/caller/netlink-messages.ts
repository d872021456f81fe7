/**
 * recvmsg(2) on an audit socket whose reader wants to know who sent a message (SO_PASSCRED) or to which group (NETLINK_PKTINFO): as
 * netlink_recvmsg() of net/netlink/af_netlink.c and put_cmsg() of net/core/scm.c tell it, Linux 6.12. The message is received in the
 * caller's place, because what the host's kernel would say of its sender is true: the daemon of the world.
 */

import type { RemoteMemory } from '../../../host/memory/remote-memory.ts';
import { IOVEC_SIZE, MessageReceiver, MSGHDR, RECEIVED_MAX } from '../../../host/sockets/message-receive.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { CallerFd, Tgid, Tid } from '../../../linux/ids.ts';
import { NETLINK_PKTINFO } from '../../../linux/netlink.ts';
import {
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SCM_CREDENTIALS,
  SOL_NETLINK,
  SOL_SOCKET,
} from '../../../linux/socket.ts';

const { EAGAIN, EFAULT } = ERRNO;
/** Flags that change nothing but what is done here. */
const KNOWN = MSG_CMSG_CLOEXEC | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK | MSG_TRUNC | MSG_WAITALL;
/** More parts are left to the host's kernel. */
const MOST_PARTS = 64;
/** struct cmsghdr { size_t length; int level; int type; } */
const CMSGHDR = 16;

const low = (address: bigint): number => Number(BigInt.asUintN(32, address));
const high = (address: bigint): number => Number(address >> 32n);

/** The caller's struct msghdr. */
export interface MessageHeader {
  readonly place: bigint;
  readonly bytes: DataView;
}

/** Whose message it is to be. */
export interface MessageReader {
  readonly tid: Tid;
  readonly tgid: Tgid;
  readonly socket: CallerFd;
  readonly flags: number;
  /** struct sockaddr_nl of the sender. */
  readonly address: Uint8Array;
  /** struct ucred of the sender; absent = not wanted. */
  readonly credentials?: Uint8Array | undefined;
  /** Group that it was sent to; absent = not wanted. */
  readonly group?: number | undefined;
}

interface Part {
  readonly base: bigint;
  readonly size: number;
}

export class NetlinkMessages {
  readonly #memory: Pick<RemoteMemory, 'copy' | 'write'>;
  readonly #receiver: MessageReceiver;

  constructor(memory: Pick<RemoteMemory, 'copy' | 'write'>, receiver = new MessageReceiver()) {
    this.#memory = memory;
    this.#receiver = receiver;
  }

  /** Does not wait. @returns what the call returns; `undefined`: it is to be left to the host's kernel. */
  receive(reader: MessageReader, header: MessageHeader): number | undefined {
    const { tid, tgid, socket, flags, address } = reader;
    const parts = (flags & ~KNOWN) === 0 ? this.#parts(tid, header.bytes) : undefined;
    const name = header.bytes.getBigUint64(MSGHDR.NAME, true);
    const nameRoom = header.bytes.getInt32(MSGHDR.NAME_LENGTH, true);
    if (parts === undefined || (name !== 0n && nameRoom < 0)) return undefined;
    const room = Math.min(
      parts.reduce((sum, { size }) => sum + size, 0),
      RECEIVED_MAX,
    );
    const received = this.#receiver.receive(tgid, socket, room, flags);
    if (received === undefined || received === -EAGAIN) return undefined; // another reader was faster: who wants to wait does
    if (typeof received === 'number') return received;
    const write = (place: bigint, data: Uint8Array): boolean => this.#memory.write(tid, low(place), high(place), data);
    let done = 0;
    for (const { base, size } of parts) {
      if (!write(base, received.data.subarray(done, done + size))) return -EFAULT;
      done += size;
    }
    const { place } = header;
    if (name !== 0n) {
      const told =
        write(name, address.subarray(0, nameRoom)) && write(place + BigInt(MSGHDR.NAME_LENGTH), int(address.length));
      if (!told) return -EFAULT;
    }
    const control = controlData(reader, header.bytes);
    const truncated = control.truncated ? MSG_CTRUNC : 0;
    const told =
      write(header.bytes.getBigUint64(MSGHDR.CONTROL, true), control.data) &&
      write(place + BigInt(MSGHDR.FLAGS), int((received.flags & ~MSG_CTRUNC) | truncated)) &&
      write(place + BigInt(MSGHDR.CONTROL_LENGTH), long(control.data.length));
    return told ? received.result : -EFAULT;
  }

  /** `undefined` where the kernel refuses them, or there are too many. */
  #parts(tid: Tid, header: DataView): readonly Part[] | undefined {
    const count = Number(header.getBigUint64(MSGHDR.COUNT, true));
    if (count > MOST_PARTS) return undefined;
    const place = header.getBigUint64(MSGHDR.PARTS, true);
    const bytes = this.#memory.copy(tid, low(place), high(place), count * IOVEC_SIZE);
    if (bytes === undefined) return undefined;
    const vector = new DataView(bytes.buffer);
    const parts = Array.from({ length: count }, (_, index) => ({
      base: vector.getBigUint64(index * IOVEC_SIZE, true),
      size: Number(vector.getBigUint64(index * IOVEC_SIZE + 8, true)),
    }));
    return parts.every(({ size }) => size < 2 ** 31) ? parts : undefined;
  }
}

/** put_cmsg() for each that is wanted. */
function controlData(
  { credentials, group }: MessageReader,
  header: DataView,
): { data: Uint8Array; truncated: boolean } {
  const isThere = header.getBigUint64(MSGHDR.CONTROL, true) !== 0n;
  const room = isThere ? Number(header.getBigUint64(MSGHDR.CONTROL_LENGTH, true)) : 0;
  const wanted = [
    ...(group === undefined ? [] : [{ level: SOL_NETLINK, type: NETLINK_PKTINFO, data: int(group) }]),
    ...(credentials === undefined ? [] : [{ level: SOL_SOCKET, type: SCM_CREDENTIALS, data: credentials }]),
  ];
  let filled = new Uint8Array(0);
  let truncated = false;
  for (const { level, type, data } of wanted) {
    const left = room - filled.length;
    const length = Math.min(CMSGHDR + data.length, left);
    if (length < CMSGHDR + data.length) truncated = true;
    if (left < CMSGHDR) continue;
    const message = new Uint8Array(Math.min((CMSGHDR + data.length + 7) & ~7, left));
    const view = new DataView(message.buffer);
    view.setBigUint64(0, BigInt(length), true);
    view.setInt32(8, level, true);
    view.setInt32(12, type, true);
    message.set(data.subarray(0, length - CMSGHDR), CMSGHDR);
    filled = new Uint8Array([...filled, ...message]);
  }
  return { data: filled, truncated };
}

function int(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  return bytes;
}

function long(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}
