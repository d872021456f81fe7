/**
 * Which files the next message of a UNIX socket of another process brings (SCM_RIGHTS), before that process receives it.
 *
 * Model: recvmsg(2) with MSG_PEEK gives the peeker descriptors of its own and leaves the message where it is. A helper
 * does it: who reads from the socket at the same time can make it wait (`iolock` is held while memory of the reader is
 * written), and so can the server of a filesystem when the descriptors are closed (fuse_flush()).
 */

import { type Tgid, type Tid, tidOf } from '../../linux/ids.ts';
import { MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_PEEK, SCM_RIGHTS, SO_PEEK_OFF, SOL_SOCKET } from '../../linux/socket.ts';
import { NR } from '../libc.ts';
import { BoundedCalls, type CallHelper, WaitingError } from '../process/helper/bounded-calls.ts';
import type { PreparedCall } from '../process/helper/helper.ts';

/** The files, by descriptors of the process `holder`. */
export interface WaitingFiles {
  readonly holder: Tid;
  readonly descriptors: readonly number[];
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

/** In the helper's data: an option and its length, the header, parts, control data, and where all content goes. */
const [OPTION, HEADER, PARTS, CONTROL, CONTENT] = [0, 64, 128, 1024, 16384];
const CONTROL_SIZE = CONTENT - CONTROL;
const CONTENT_SIZE = 32768;
/** A message is looked for in this much of what comes: parts that lie one on the other. */
const MOST_PARTS = 32;
const [PIDFD, SOCKET] = [0, 1];
const CLOSE_ALL: PreparedCall = [NR.close_range, 0, 0xffffffff, 0];

export class MessagePeek {
  readonly #calls: BoundedCalls;

  constructor(calls = new BoundedCalls()) {
    this.#calls = calls;
  }

  /**
   * Lets `look` see the files that recvmsg(2) of `length` bytes would bring now.
   * @param tgid of the process that has the socket. @returns what `look` returned; 'none' = there are none;
   * `undefined`: that cannot be found out, or not in time.
   */
  look<T>(tgid: Tgid, socket: number, length: number, look: (files: WaitingFiles) => T): T | 'none' | undefined {
    let found: T | 'none' | undefined;
    if (!this.#calls.available) return undefined;
    try {
      this.#calls.use(tgid, (helper, run) => {
        const files = peek(helper, run, { tgid, socket, length });
        found = typeof files === 'object' ? look(files) : files;
        run([CLOSE_ALL]);
      });
    } catch (error) {
      if (!(error instanceof WaitingError)) throw error;
    }
    return found;
  }

  close(): void {
    this.#calls.close();
  }
}

interface Peeked {
  readonly tgid: Tgid;
  readonly socket: number;
  readonly length: number;
}

function peek(
  helper: CallHelper,
  run: (calls: readonly PreparedCall[]) => void,
  { tgid, socket, length }: Peeked,
): WaitingFiles | 'none' | undefined {
  const at = (place: number): number => helper.dataAddress + place;
  const data = new DataView(helper.data.buffer, helper.data.byteOffset, helper.data.byteLength);
  data.setInt32(OPTION, -1, true);
  data.setUint32(OPTION + 4, 4, true);
  const parts = Math.min(Math.max(Math.ceil(length / CONTENT_SIZE), 1), MOST_PARTS);
  for (let part = 0; part < parts; part++) {
    const size = Math.max(Math.min(length - part * CONTENT_SIZE, CONTENT_SIZE), 0);
    data.setBigUint64(PARTS + part * IOVEC_SIZE, BigInt(at(CONTENT)), true);
    data.setBigUint64(PARTS + part * IOVEC_SIZE + 8, BigInt(size), true);
  }
  helper.data.fill(0, HEADER, HEADER + MSGHDR.SIZE);
  data.setBigUint64(HEADER + MSGHDR.PARTS, BigInt(at(PARTS)), true);
  data.setBigUint64(HEADER + MSGHDR.COUNT, BigInt(parts), true);
  data.setBigUint64(HEADER + MSGHDR.CONTROL, BigInt(at(CONTROL)), true);
  data.setBigUint64(HEADER + MSGHDR.CONTROL_LENGTH, BigInt(CONTROL_SIZE), true);
  run([
    [NR.pidfd_open, tgid, 0],
    [NR.pidfd_getfd, PIDFD, socket, 0],
    [NR.getsockopt, SOCKET, SOL_SOCKET, SO_PEEK_OFF, at(OPTION), at(OPTION + 4)],
  ]);
  if (helper.result(0) !== PIDFD || helper.result(1) !== SOCKET) return undefined;
  // Peeking would move the place that the program has set.
  if (helper.result(2) === 0 && data.getInt32(OPTION, true) >= 0) return undefined;
  run([[NR.recvmsg, SOCKET, at(HEADER), MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC]]);
  if (helper.result(0) < 0) return 'none';
  const filled = Number(data.getBigUint64(HEADER + MSGHDR.CONTROL_LENGTH, true));
  return rightsIn(data, filled, tidOf(helper.pid));
}

function rightsIn(data: DataView, filled: number, holder: Tid): WaitingFiles | 'none' {
  for (let offset = 0; offset + CMSGHDR_SIZE <= filled; ) {
    const place = CONTROL + offset;
    const length = Number(data.getBigUint64(place, true));
    if (length < CMSGHDR_SIZE) break;
    if (data.getInt32(place + 8, true) === SOL_SOCKET && data.getInt32(place + 12, true) === SCM_RIGHTS) {
      const count = (length - CMSGHDR_SIZE) >> 2;
      const descriptors = Array.from({ length: count }, (_, i) => data.getInt32(place + CMSGHDR_SIZE + 4 * i, true));
      return { holder, descriptors, offset };
    }
    offset += (length + 7) & ~7;
  }
  return 'none';
}
