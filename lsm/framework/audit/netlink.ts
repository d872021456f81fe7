/** Messages of netlink(7): struct nlmsghdr { u32 length; u16 type; u16 flags; u32 sequence; u32 port } and what follows. */
import { bytesOf } from '../../../linux/bytes.ts';
import { NLM_F_ACK, NLM_F_CAPPED, NLMSG_ERROR } from '../../../linux/netlink.ts';

const HEADER = 16;

export interface Message {
  readonly type: number;
  readonly acknowledge: boolean;
  readonly sequence: number;
  /** With its header. */
  readonly whole: Uint8Array;
  readonly data: Uint8Array;
}

/** The messages of a datagram, up to one that is malformed. */
export function splitMessages(datagram: Uint8Array): Message[] {
  const messages: Message[] = [];
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  for (let at = 0; at + HEADER <= datagram.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER || at + length > datagram.length) break;
    const whole = datagram.subarray(at, at + length);
    messages.push({
      type: view.getUint16(at + 4, true),
      acknowledge: (view.getUint16(at + 6, true) & NLM_F_ACK) !== 0,
      sequence: view.getUint32(at + 8, true),
      whole,
      data: whole.subarray(HEADER),
    });
    at += (length + 3) & ~3;
  }
  return messages;
}

export interface Envelope {
  readonly type: number;
  readonly flags?: number;
  readonly sequence?: number;
  readonly port?: number;
}

/** @param length as it stands in the header; absent = that of the whole message. */
export function encodeMessage(
  { type, flags = 0, sequence = 0, port = 0 }: Envelope,
  data: Uint8Array,
  length?: number,
): Uint8Array {
  const message = new Uint8Array(HEADER + data.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, length ?? message.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  view.setUint32(12, port >>> 0, true);
  message.set(data, HEADER);
  return message;
}

/** Who is answered. */
export interface Asker {
  readonly port: number;
  readonly capsAcknowledgements?: boolean;
}

/** netlink_ack(): a refusal has the whole request behind it, 0 its header only. */
export function acknowledgement(request: Message, error: number, to: Asker): Uint8Array {
  const capped = error === 0 || to.capsAcknowledgements === true;
  const echo = capped ? request.whole.subarray(0, HEADER) : request.whole;
  const data = new Uint8Array(4 + ((echo.length + 3) & ~3)); // nlmsg_append() fills up
  new DataView(data.buffer).setInt32(0, error, true);
  data.set(echo, 4);
  const flags = capped ? NLM_F_CAPPED : 0;
  return encodeMessage({ type: NLMSG_ERROR, flags, sequence: request.sequence, port: to.port }, data);
}

export function words(...values: readonly number[]): Uint8Array {
  const data = new Uint8Array(4 * values.length);
  const view = new DataView(data.buffer);
  values.forEach((value, index) => {
    view.setUint32(4 * index, value >>> 0, true);
  });
  return data;
}

/** A record as it is sent. To the daemon its length is that of the text alone, in all kernels. */
export function recordMessage(type: number, text: string, port: number, toDaemon: boolean): Uint8Array {
  const data = bytesOf(text);
  return encodeMessage({ type, port }, data, toDaemon ? data.length : undefined);
}

/** The inverse of {@link recordMessage}, whatever length it says. */
export function splitRecord(message: Uint8Array): { readonly type: number; readonly text: Uint8Array } {
  const type = new DataView(message.buffer, message.byteOffset).getUint16(4, true);
  return { type, text: message.subarray(HEADER) };
}
