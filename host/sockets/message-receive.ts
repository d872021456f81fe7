/**
 * recvmsg(2) on a socket of another process: in its place, or with MSG_PEEK, to see which files the next message brings (SCM_RIGHTS)
 * before that process receives it.
 *
 * Model: with MSG_PEEK the peeker gets descriptors of its own, and the message stays where it is.
 */
import { type CallerFd, callerFd, type Tgid, type Tid, tidOf } from '../../linux/ids.ts';
import { MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_PEEK, SCM_RIGHTS, SO_PEEK_OFF, SOL_SOCKET } from '../../linux/socket.ts';
import { NR } from '../libc.ts';
import { allocateNative, type NativeMemory } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

/** The files, by descriptors of the thread `holder`. */
export interface WaitingFiles {
  readonly holder: Tid;
  readonly descriptors: readonly CallerFd[];
  /** Where their message begins in the control data. */
  readonly offset: number;
}

/** struct msghdr { void *name; int length; struct iovec *parts; size_t count; void *control; size_t length; int flags; } */
export const MSGHDR = {
  NAME: 0,
  NAME_LENGTH: 8,
  SIZE: 56,
  PARTS: 16,
  COUNT: 24,
  CONTROL: 32,
  CONTROL_LENGTH: 40,
  FLAGS: 48,
} as const;
/** struct iovec { void *base; size_t length; } */
export const IOVEC_SIZE = 16;
/** struct cmsghdr { size_t length; int level; int type; } */
export const CMSGHDR_SIZE = 16;

/** Layout of the memory: an option and its length, the header, parts, control data, and where all content goes. */
const [OPTION, HEADER, PARTS, CONTROL, CONTENT] = [0, 64, 128, 1024, 16384];
const CONTENT_SIZE = 1 << 16;
/** A message is looked for in this much of what comes: parts that lie one on the other. */
const MOST_PARTS = 32;
/** The longest message that is received. */
export const RECEIVED_MAX = CONTENT_SIZE;

export interface ReceivedMessage {
  /** What recvmsg(2) returns. */
  readonly result: number;
  /** `msg_flags` */
  readonly flags: number;
  /** As much as there is room for. */
  readonly data: Uint8Array;
}

/** Belongs to the thread that made it. */
export class MessageReceiver {
  #allocated: NativeMemory | undefined;

  /**
   * Without waiting for a message.
   * @param tgid of the process that has the socket. @param room at most {@link RECEIVED_MAX}.
   * @returns a negative errno: of recvmsg(2); `undefined`: nothing was done.
   */
  receive(tgid: Tgid, socket: number, room: number, flags: number): ReceivedMessage | number | undefined {
    return this.#with(tgid, socket, (copy) => {
      const { bytes, view } = this.#memory;
      const result = this.#receive(copy, [room], flags);
      if (result < 0) return result;
      const data = bytes.slice(CONTENT, CONTENT + Math.min(result, room));
      return { result, flags: view.getUint32(HEADER + MSGHDR.FLAGS, true), data };
    });
  }

  /**
   * Lets `look` see the files that recvmsg(2) of `length` bytes would bring now.
   * @param tgid of the process that has the socket. @returns what `look` returned; 'none' = there are none;
   * `undefined`: that cannot be found out.
   */
  peek<T>(tgid: Tgid, socket: number, length: number, look: (files: WaitingFiles) => T): T | 'none' | undefined {
    return this.#with(tgid, socket, (copy) => {
      // Peeking would move the place that the program has set.
      if (this.#peekOffset(copy) >= 0) return undefined;
      const parts = Math.min(Math.max(Math.ceil(length / CONTENT_SIZE), 1), MOST_PARTS);
      const rooms = Array.from({ length: parts }, (_, part) =>
        Math.max(Math.min(length - part * CONTENT_SIZE, CONTENT_SIZE), 0),
      );
      const result = this.#receive(copy, rooms, MSG_PEEK | MSG_CMSG_CLOEXEC);
      const files = result < 0 ? undefined : this.#rights();
      if (files === undefined) return 'none';
      try {
        return look(files);
      } finally {
        for (const fd of files.descriptors) rawSyscall(NR.close, fd);
      }
    });
  }

  get #memory(): NativeMemory {
    this.#allocated ??= allocateNative(CONTENT + CONTENT_SIZE);
    return this.#allocated;
  }

  /** With a copy of the socket. */
  #with<T>(tgid: Tgid, socket: number, work: (copy: number) => T): T | undefined {
    const pidfd = rawSyscall(NR.pidfd_open, tgid, 0);
    if (pidfd < 0) return undefined;
    const copy = rawSyscall(NR.pidfd_getfd, pidfd, socket, 0);
    rawSyscall(NR.close, pidfd);
    if (copy < 0) return undefined;
    try {
      return work(copy);
    } finally {
      rawSyscall(NR.close, copy);
    }
  }

  /** -1 = none is set. */
  #peekOffset(socket: number): number {
    const { address, view } = this.#memory;
    view.setInt32(OPTION, -1, true);
    view.setUint32(OPTION + 4, 4, true);
    const option = address + OPTION;
    const result = rawSyscall(NR.getsockopt, socket, SOL_SOCKET, SO_PEEK_OFF, option, option + 4);
    return result < 0 ? -1 : view.getInt32(OPTION, true);
  }

  #receive(socket: number, rooms: readonly number[], flags: number): number {
    const { address, bytes, view } = this.#memory;
    for (const [part, room] of rooms.entries()) {
      view.setBigUint64(PARTS + part * IOVEC_SIZE, BigInt(address + CONTENT), true);
      view.setBigUint64(PARTS + part * IOVEC_SIZE + 8, BigInt(room), true);
    }
    bytes.fill(0, HEADER, HEADER + MSGHDR.SIZE);
    view.setBigUint64(HEADER + MSGHDR.PARTS, BigInt(address + PARTS), true);
    view.setBigUint64(HEADER + MSGHDR.COUNT, BigInt(rooms.length), true);
    view.setBigUint64(HEADER + MSGHDR.CONTROL, BigInt(address + CONTROL), true);
    view.setBigUint64(HEADER + MSGHDR.CONTROL_LENGTH, BigInt(CONTENT - CONTROL), true);
    return rawSyscall(NR.recvmsg, socket, address + HEADER, flags | MSG_DONTWAIT);
  }

  /** Of the message that was peeked at. */
  #rights(): WaitingFiles | undefined {
    const { view } = this.#memory;
    const filled = Number(view.getBigUint64(HEADER + MSGHDR.CONTROL_LENGTH, true));
    for (let offset = 0; offset + CMSGHDR_SIZE <= filled; ) {
      const place = CONTROL + offset;
      const length = Number(view.getBigUint64(place, true));
      if (length < CMSGHDR_SIZE) break;
      if (view.getInt32(place + 8, true) === SOL_SOCKET && view.getInt32(place + 12, true) === SCM_RIGHTS) {
        const count = (length - CMSGHDR_SIZE) >> 2;
        const descriptors = Array.from({ length: count }, (_, i) =>
          callerFd(view.getInt32(place + CMSGHDR_SIZE + 4 * i, true)),
        );
        return { holder: tidOf(rawSyscall(NR.gettid)), descriptors, offset };
      }
      offset += (length + 7) & ~7;
    }
    return undefined;
  }
}
