import { closeSync, writeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pipe } from '../../host/files/descriptors.ts';
import { NR } from '../../host/libc.ts';
import { WaitingError } from '../../host/memory/remote-memory.ts';
import { ERRNO } from '../../linux/errno.ts';
import { NETLINK_AUDIT } from '../../linux/netlink.ts';
import { AF_NETLINK } from '../../linux/socket.ts';
import type { WorkerContext } from './context.ts';
import { type Service, serveCalls } from './loop.ts';
import { RELIEVED } from './protocol/call-clock.ts';
import { Epoch } from './protocol/epoch.ts';

it('what other threads remember of callers holds neither after a spare has begun nor after it has ended', () => {
  const epoch = new Epoch();
  const seen: number[] = [];
  const clock = {
    begin: () => false,
    end: () => undefined,
    get relieved() {
      seen.push(epoch.now);
      return true;
    },
  };
  const context = {
    call: { listener: -1 },
    epoch,
    newLabels: { fresh: false },
    auditedCalls: { waits: false },
    deferredCalls: { pause: undefined, resume: () => undefined },
    securePrograms: { look() {}, pause: undefined },
  } as unknown as WorkerContext;
  const spare: Service['spare'] = { left: undefined, isNeeded: () => true };
  const service: Service = {
    table: [],
    wakesAtEnd: true,
    clock,
    begun: () => undefined,
    spare,
  };
  expect(serveCalls(context, service)).toBe(RELIEVED);
  expect(seen).toEqual([1]);
  expect(epoch.now).toBe(2);
});

it.each([
  ['a socket of audit is refused', NETLINK_AUDIT, true, [`fail ${ERRNO.ENOBUFS}`]],
  ['there is none of audit where there is no audit', NETLINK_AUDIT, false, [`fail ${ERRNO.EPROTONOSUPPORT}`]],
  ['another one is made by the kernel', NETLINK_AUDIT + 1, true, ['proceed']],
])('when we have to leave a call alone, %s', (_what, protocol, hasAudit, expected) => {
  const done: string[] = [];
  const received = [0, -ERRNO.EIO];
  const forget = () => undefined;
  const call = {
    ...{ listener: -1, tid: 7, number: NR.socket, answered: false, receive: () => received.shift() },
    int: (argument: number) => [AF_NETLINK, 3, protocol][argument],
    fail: (errno: number) => {
      call.answered = true;
      done.push(`fail ${errno}`);
    },
    proceed: () => void done.push('proceed'),
  };
  const nothing = {
    forget,
    fresh: false,
    waits: false,
    pause: undefined,
    resume: forget,
    look: forget,
    answered: forget,
    goesOn: forget,
  };
  const waits = () => {
    throw new WaitingError();
  };
  const context = {
    ...{ call, view: nothing, memory: nothing, tasks: nothing, places: nothing, newLabels: nothing },
    ...{
      auditedCalls: nothing,
      deferredCalls: nothing,
      securePrograms: nothing,
      newPrograms: { complete: waits },
      hasAudit,
    },
  } as unknown as WorkerContext;
  const clock = { begin: () => false, end: forget, relieved: false };
  const service: Service = {
    table: [],
    wakesAtEnd: true,
    clock,
    begun: forget,
  };
  expect(serveCalls(context, service)).toBe(`receive failed: errno ${ERRNO.EIO}`);
  expect(done).toEqual(expected);
});

it('a spare takes no call when the first thread is free again, before it is relieved', () => {
  const ends = pipe();
  if (typeof ends === 'number') throw new Error(`no pipe: errno ${-ends}`);
  const [reader, writer] = ends;
  writeSync(writer, 'a call');
  let looks = 0;
  let received = 0;
  const clock = {
    begin: () => false,
    end: () => undefined,
    get relieved() {
      return ++looks > 3;
    },
  };
  const context = {
    call: { listener: reader, receive: () => ++received },
    epoch: new Epoch(),
    newLabels: { fresh: false },
    auditedCalls: { waits: false },
    deferredCalls: { pause: undefined, resume: () => undefined },
    securePrograms: { look() {}, pause: undefined },
  } as unknown as WorkerContext;
  const service: Service = {
    table: [],
    wakesAtEnd: true,
    clock,
    begun: () => undefined,
    spare: { left: undefined, isNeeded: () => false },
  };
  expect([serveCalls(context, service), received]).toEqual([RELIEVED, 0]);
  for (const fd of [reader, writer]) closeSync(fd);
});
