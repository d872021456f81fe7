/**
 * recvmsg(2) on a socket of another process, in its place.
 *
 * Model: as in message-peek.ts a helper does it, because who reads from the socket at the same time can make it wait.
 */
import type { Tgid } from '../../linux/ids.ts';
import { MSG_DONTWAIT } from '../../linux/socket.ts';
import { NR } from '../libc.ts';
import { BoundedCalls, type CallHelper, WaitingError } from '../process/helper/bounded-calls.ts';
import { HELPER_DATA_SIZE, type PreparedCall } from '../process/helper/helper.ts';
import { IOVEC_SIZE, MSGHDR } from './message-peek.ts';

/** In the helper's data: the header, one part, control data that nobody looks at, and the message. */
const [HEADER, PART, CONTROL, CONTENT] = [0, 64, 128, 1024];
const [PIDFD, SOCKET] = [0, 1];
const CLOSE_ALL: PreparedCall = [NR.close_range, 0, 0xffffffff, 0];
/** The longest message. */
export const RECEIVED_MAX = HELPER_DATA_SIZE - CONTENT;

export interface ReceivedMessage {
  /** What recvmsg(2) returns. */
  readonly result: number;
  /** `msg_flags` */
  readonly flags: number;
  /** As much as there is room for. */
  readonly data: Uint8Array;
}

export class MessageReceiver {
  readonly #calls: BoundedCalls;

  constructor(calls = new BoundedCalls()) {
    this.#calls = calls;
  }

  /**
   * Without waiting for a message.
   * @param tgid of the process that has the socket. @param room at most {@link RECEIVED_MAX}.
   * @returns a negative errno: of recvmsg(2); `undefined`: nothing was done, or it is not known what.
   */
  receive(tgid: Tgid, socket: number, room: number, flags: number): ReceivedMessage | number | undefined {
    if (!this.#calls.available) return undefined;
    try {
      return this.#calls.use(tgid, (helper, run) => {
        const received = receive(helper, run, [tgid, socket, room, flags]);
        run([CLOSE_ALL]);
        return received;
      });
    } catch (error) {
      if (!(error instanceof WaitingError)) throw error;
      return undefined;
    }
  }

  close(): void {
    this.#calls.close();
  }
}

function receive(
  helper: CallHelper,
  run: (calls: readonly PreparedCall[], undone?: boolean) => void,
  [tgid, socket, room, flags]: readonly [Tgid, number, number, number],
): ReceivedMessage | number | undefined {
  const at = (place: number): number => helper.dataAddress + place;
  const data = new DataView(helper.data.buffer, helper.data.byteOffset, helper.data.byteLength);
  helper.data.fill(0, HEADER, HEADER + MSGHDR.SIZE);
  data.setBigUint64(HEADER + MSGHDR.PARTS, BigInt(at(PART)), true);
  data.setBigUint64(HEADER + MSGHDR.COUNT, 1n, true);
  data.setBigUint64(HEADER + MSGHDR.CONTROL, BigInt(at(CONTROL)), true);
  data.setBigUint64(HEADER + MSGHDR.CONTROL_LENGTH, BigInt(CONTENT - CONTROL), true);
  data.setBigUint64(PART, BigInt(at(CONTENT)), true);
  data.setBigUint64(PART + IOVEC_SIZE / 2, BigInt(room), true);
  run([
    [NR.pidfd_open, tgid, 0],
    [NR.pidfd_getfd, PIDFD, socket, 0],
  ]);
  if (helper.result(0) !== PIDFD || helper.result(1) !== SOCKET) return undefined;
  // One that has to wait for another reader must not take a message when nobody asks for it any more.
  run([[NR.recvmsg, SOCKET, at(HEADER), flags | MSG_DONTWAIT]], true);
  const result = helper.result(0);
  if (result < 0) return result;
  const length = Math.min(result, room);
  return {
    result,
    flags: data.getUint32(HEADER + MSGHDR.FLAGS, true),
    data: helper.data.slice(CONTENT, CONTENT + length),
  };
}
