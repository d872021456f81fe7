import { expect, it } from 'vitest';
import { ANY_STATE, LISTENING } from '../../../host/sockets/bound-sockets.ts';
import { SOCK_DGRAM, SOCK_STREAM } from '../../../linux/socket.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { namedBy, socketsIn } from './unix-peers.ts';

const TABLE = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 101 /run/a b
0000000000000000: 00000002 00000000 00000000 0002 01   102 @two@parts
0000000000000000: 00000003 00000000 00000000 0001 03 103
`;

it('the table of the network namespace has types, numbers and names', () => {
  const listens = { type: SOCK_STREAM, ino: 101, name: '/run/a b' };
  expect(socketsIn(TABLE, ANY_STATE)).toEqual([listens, { type: SOCK_DGRAM, ino: 102, name: '\0two\0parts' }]);
  expect(socketsIn(TABLE, LISTENING)).toEqual([listens]);
});

it('a path names the socket that was bound to its file, whatever it is called, and whoever else has the name', () => {
  const bound = (ino: number, file: number, name = '/run/s', device = '0:30') => ({
    type: SOCK_STREAM,
    ino,
    name,
    file: { ino: file, device },
  });
  const at = (ino: number, device = '0:30') =>
    ({ type: SOCK_STREAM, name: '/run/s', file: { device, inode: { ino } } as FileFacts }) as const;
  const sockets = [bound(1, 71), bound(2, 72), bound(3, 73, 's'), bound(4, 73, '/run/s', '0:31')];
  const found = (...args: Parameters<typeof at>) => namedBy(sockets, at(...args)).map(({ ino }) => ino);
  expect(found(71)).toEqual([1]);
  expect(found(72)).toEqual([2]);
  expect(found(73)).toEqual([3]);
  expect(found(2 ** 32 + 72)).toEqual([2]);
  expect(found(74)).toEqual([]);
  // The kernel's device number is none that the filesystem shows.
  expect(found(71, '0:99')).toEqual([1]);
  expect(found(73, '0:99')).toEqual([4]);
  expect(namedBy(sockets, { type: SOCK_STREAM, name: '\0s', file: undefined })).toEqual([]);
  expect(namedBy(sockets, { ...at(71), type: SOCK_DGRAM })).toEqual([]);
});
