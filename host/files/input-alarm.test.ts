import { expect, it } from 'vitest';
import { netlinkLikePair, PacketReceiver, sendPacket } from '../sockets/seqpacket.ts';
import { InputAlarm } from './input-alarm.ts';

it('rings once for each time it is set, also for what was there before', async () => {
  const pair = netlinkLikePair(process.pid, true);
  if (typeof pair === 'number') throw new Error(`socketpair: errno ${-pair}`);
  let rung = 0;
  let heard: () => void = () => undefined;
  const alarm = new InputAlarm(pair.ours, () => {
    rung++;
    heard();
  });
  const next = () => new Promise<void>((resolve) => (heard = resolve));
  const first = next();
  alarm.set();
  sendPacket(pair.theirs, new Uint8Array(1));
  await first;
  sendPacket(pair.theirs, new Uint8Array(1));
  await new Promise(setImmediate);
  expect(rung).toBe(1);
  const second = next();
  alarm.set();
  await second;
  expect(rung).toBe(2);
  const receiver = new PacketReceiver();
  while (typeof receiver.receive(pair.ours) !== 'number');
  const third = next();
  alarm.set();
  process.kill(process.pid, 'SIGIO'); // about something else
  await third;
  expect(rung).toBe(3);
});

it('ignores what was about another descriptor where nobody else reads this one', async () => {
  const pair = netlinkLikePair(process.pid, true);
  if (typeof pair === 'number') throw new Error(`socketpair: errno ${-pair}`);
  let rung = 0;
  let heard: () => void = () => undefined;
  const alarm = new InputAlarm(
    pair.ours,
    () => {
      rung++;
      heard();
    },
    true,
  );
  alarm.set();
  await new Promise(setImmediate);
  const signalled = new Promise((resolve) => process.once('SIGIO', resolve));
  process.kill(process.pid, 'SIGIO');
  await signalled;
  expect(rung).toBe(0);
  const next = new Promise<void>((resolve) => (heard = resolve));
  sendPacket(pair.theirs, new Uint8Array(1));
  await next;
  expect(rung).toBe(1);
});
