import { expect, it } from 'vitest';
import { socketsNamed } from './unix-peers.ts';

const TABLE = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 101 /run/a b
0000000000000000: 00000002 00000000 00000000 0002 01   102 @two@parts
0000000000000000: 00000003 00000000 00000000 0001 03 103
`;

it('finds sockets by the name they are bound to', () => {
  expect(socketsNamed(TABLE, '/run/a b')).toEqual([{ type: 1, ino: 101, listening: true }]);
  expect(socketsNamed(TABLE, '\0two\0parts')).toEqual([{ type: 2, ino: 102, listening: false }]);
  expect(socketsNamed(TABLE, '/run/a')).toEqual([]);
  expect(socketsNamed(TABLE, '')).toEqual([]);
});
