import { expect, it } from 'vitest';
import { callerFd, tidOf } from '../../../linux/ids.ts';
import { SharedFlag } from '../protocol/shared-flag.ts';
import { CallerAuditSockets } from './audit-sockets.ts';

const STATE = {
  type: 3,
  contained: false,
  port: 7,
  groups: 0,
  groupCount: 0,
  peer: { port: 0, groups: 0 },
  options: [],
};
const TID = tidOf(7);

function sockets(links: Readonly<Record<string, string>>) {
  const asked: number[] = [];
  const opened = new SharedFlag();
  const found = new CallerAuditSockets(opened, { readlinkAt: (_dirfd, path) => links[path] }, ({ socket }) => {
    asked.push(socket);
    return socket === 40 ? { errno: 0, value: STATE } : { errno: 88 };
  });
  return { asked, opened, found };
}

it('nobody is asked while the world has had no audit socket', () => {
  const { asked, opened, found } = sockets({ '/proc/7/fd/3': 'socket:[40]' });
  expect(found.find(TID, callerFd(3))).toBeUndefined();
  expect(asked).toEqual([]);
  opened.set();
  expect(found.find(TID, callerFd(3))).toEqual({ socket: 40, state: STATE });
});

it('one that is known is asked about again when it is to be looked at, or was changed', () => {
  const { asked, opened, found } = sockets({ '/proc/7/fd/3': 'socket:[40]' });
  opened.set();
  const recall = () => expect(found.recall(TID, callerFd(3))).toEqual({ socket: 40, state: STATE });
  recall();
  recall();
  expect(asked).toEqual([40]);
  found.find(TID, callerFd(3));
  expect(asked).toEqual([40, 40]);
  found.forget(40);
  recall();
  expect(asked).toEqual([40, 40, 40]);
});

it('what is no socket is not asked about, and another socket once', () => {
  const { asked, opened, found } = sockets({ '/proc/7/fd/3': '/dev/null', '/proc/7/fd/4': 'socket:[41]' });
  opened.set();
  for (const fd of [3, 4, 4, 5]) expect(found.find(TID, callerFd(fd))).toBeUndefined();
  expect(asked).toEqual([41]);
});
