/** What recvmsg(2) on an audit socket leaves in the memory of a reader who wants to know the sender. */
import { describe, expect, it } from 'vitest';
import { type MessageReceiver, MSGHDR } from '../../../host/sockets/message-receive.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { callerFd, tgidOf, tidOf } from '../../../linux/ids.ts';
import { MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_PEEK } from '../../../linux/socket.ts';
import { netlinkAddress } from './audit-sockets.ts';
import { NetlinkMessages } from './netlink-messages.ts';

const [HEADER, VECTOR, NAME, CONTROL, DATA, SIZE] = [0, 64, 128, 192, 320, 512];
const KERNEL = new Uint8Array(12);
const ADDRESS = netlinkAddress({ port: 0, groups: 1 });

interface Room {
  readonly name?: number;
  readonly control?: number;
  /** Sizes of parts, one behind the other. */
  readonly parts?: readonly number[];
  /** How many there are said to be. */
  readonly count?: number;
  /** What lies from here on cannot be written. */
  readonly writable?: number;
  /** What recvmsg(2) answers instead of a message. */
  readonly refusal?: number;
}

function reading(
  { name = 12, control = 64, parts = [64], count = parts.length, writable = SIZE, refusal }: Room,
  text = 'hello',
) {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(HEADER + MSGHDR.NAME, name < 0 ? 0n : BigInt(NAME), true);
  view.setInt32(HEADER + MSGHDR.NAME_LENGTH, name, true);
  view.setBigUint64(HEADER + MSGHDR.PARTS, BigInt(VECTOR), true);
  view.setBigUint64(HEADER + MSGHDR.COUNT, BigInt(count), true);
  view.setBigUint64(HEADER + MSGHDR.CONTROL, control < 0 ? 0n : BigInt(CONTROL), true);
  view.setBigUint64(HEADER + MSGHDR.CONTROL_LENGTH, BigInt(Math.max(control, 0)), true);
  let at = DATA;
  for (const [index, size] of parts.entries()) {
    view.setBigUint64(VECTOR + 16 * index, BigInt(at), true);
    view.setBigUint64(VECTOR + 16 * index + 8, BigInt(size), true);
    at += size;
  }
  const asked: number[][] = [];
  const receiver = {
    receive: (_tgid: number, _socket: number, room: number, flags: number) => {
      asked.push([room, flags]);
      if (refusal !== undefined) return refusal;
      return { result: text.length, flags: flags & MSG_CMSG_CLOEXEC, data: Buffer.from(text.slice(0, room)) };
    },
  } as unknown as MessageReceiver;
  const memory = {
    copy: (_tid: number, low: number, _high: number, length: number) => bytes.slice(low, low + length),
    write: (_tid: number, low: number, _high: number, data: Uint8Array) => {
      if (low + data.length > writable) return false;
      bytes.set(data, low);
      return true;
    },
  };
  const receive = (flags: number, more: { credentials?: Uint8Array; group?: number } = { credentials: KERNEL }) =>
    new NetlinkMessages(memory, receiver).receive(
      { tid: tidOf(7), tgid: tgidOf(7), socket: callerFd(3), flags, address: ADDRESS, ...more },
      { place: BigInt(HEADER), bytes: new DataView(bytes.slice(HEADER, HEADER + MSGHDR.SIZE).buffer) },
    );
  const text_ = (from: number, length: number): string => Buffer.from(bytes.slice(from, from + length)).toString();
  return { view, bytes, asked, receive, text: text_ };
}

describe('a message of the kernel', () => {
  it('tells address, credentials and flags', () => {
    const { view, bytes, asked, receive, text } = reading({ parts: [2, 100] });
    expect(receive(MSG_CMSG_CLOEXEC | MSG_PEEK)).toBe(5);
    expect(asked).toEqual([[102, MSG_CMSG_CLOEXEC | MSG_PEEK]]);
    expect(text(DATA, 5)).toBe('hello');
    expect(bytes.slice(NAME, NAME + 12)).toEqual(ADDRESS);
    expect(view.getInt32(MSGHDR.NAME_LENGTH, true)).toBe(12);
    expect(view.getBigUint64(MSGHDR.CONTROL_LENGTH, true)).toBe(32n);
    expect(view.getInt32(MSGHDR.FLAGS, true)).toBe(MSG_CMSG_CLOEXEC);
    const control = [28, 0, 1, 2, 0, 0, 0, 0];
    expect([...new Int32Array(bytes.slice(CONTROL, CONTROL + 32).buffer)]).toEqual(control);
  });

  it('tells the group before, where that is wanted', () => {
    const { view, bytes, receive } = reading({});
    expect(receive(0, { credentials: KERNEL, group: 1 })).toBe(5);
    expect(view.getBigUint64(MSGHDR.CONTROL_LENGTH, true)).toBe(56n);
    expect([...new Int32Array(bytes.slice(CONTROL, CONTROL + 24).buffer)]).toEqual([20, 0, 270, 3, 1, 0]);
  });

  it('tells as much as there is room for', () => {
    const small = reading({ name: 4, control: 20 });
    expect(small.receive(0)).toBe(5);
    expect([...small.bytes.slice(NAME, NAME + 6)]).toEqual([16, 0, 0, 0, 0, 0]);
    expect(small.view.getInt32(MSGHDR.NAME_LENGTH, true)).toBe(12);
    expect(small.view.getBigUint64(CONTROL, true)).toBe(20n);
    expect(small.view.getBigUint64(MSGHDR.CONTROL_LENGTH, true)).toBe(20n);
    expect(small.view.getInt32(MSGHDR.FLAGS, true)).toBe(MSG_CTRUNC);
    const none = reading({ name: -1, control: -1 });
    expect(none.receive(0)).toBe(5);
    expect(none.view.getInt32(MSGHDR.NAME_LENGTH, true)).toBe(-1);
    expect(none.view.getInt32(MSGHDR.FLAGS, true)).toBe(MSG_CTRUNC);
  });

  it('is left to the host where it is asked for in another way', () => {
    expect(reading({}).receive(1)).toBeUndefined();
    expect(reading({ count: 65 }).receive(0)).toBeUndefined();
  });

  it('is waited for by the caller when another reader has taken it', () => {
    expect(reading({ refusal: -ERRNO.EAGAIN }).receive(0)).toBeUndefined();
    expect(reading({ refusal: -ERRNO.ENOTSOCK }).receive(0)).toBe(-ERRNO.ENOTSOCK);
  });

  it('is EFAULT where it cannot be written', () => {
    expect(reading({ writable: DATA }).receive(0)).toBe(-ERRNO.EFAULT);
    expect(reading({ writable: MSGHDR.FLAGS }).receive(0)).toBe(-ERRNO.EFAULT);
  });
});
