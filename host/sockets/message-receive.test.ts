import { closeSync, openSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { ERRNO } from '../../linux/errno.ts';
import { tgidOf } from '../../linux/ids.ts';
import { MSG_PEEK, MSG_TRUNC } from '../../linux/socket.ts';
import { MessageReceiver } from './message-receive.ts';
import { netlinkLikePair, sendPacket } from './seqpacket.ts';

const pair = netlinkLikePair(process.pid, false);
if (typeof pair === 'number') throw new Error(`socketpair: errno ${-pair}`);
const { ours, theirs } = pair;
const receiver = new MessageReceiver();
const own = tgidOf(process.pid);

afterAll(() => {
  closeSync(ours);
  closeSync(theirs);
});

it('receives a message of the socket of a process, without waiting for one', () => {
  expect(receiver.receive(own, theirs, 100, 0)).toBe(-ERRNO.EAGAIN);
  sendPacket(ours, Buffer.from('hello'));
  const peeked = receiver.receive(own, theirs, 100, MSG_PEEK);
  expect(peeked).toMatchObject({ result: 5, flags: 0 });
  const received = receiver.receive(own, theirs, 100, 0);
  expect(typeof received === 'object' && Buffer.from(received.data).toString()).toBe('hello');
  expect(receiver.receive(own, theirs, 100, 0)).toBe(-ERRNO.EAGAIN);
});

it('says what does not fit', () => {
  sendPacket(ours, Buffer.from('hello'));
  const received = receiver.receive(own, theirs, 2, MSG_TRUNC);
  expect(received).toEqual({ result: 5, flags: MSG_TRUNC, data: new Uint8Array(Buffer.from('he')) });
});

it('does nothing with what is no socket of that process', () => {
  expect(receiver.receive(own, 9999, 2, 0)).toBeUndefined();
  const file = openSync('/dev/null', 'r');
  expect(receiver.receive(own, file, 2, 0)).toBe(-ERRNO.ENOTSOCK);
  closeSync(file);
});
