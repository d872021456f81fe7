/** Audit by netlink(7) in a world: never the host's. */
import { expect, it } from 'vitest';
import { isClean } from '../box.ts';
import { lsmfs } from './program.ts';

const ASK = `
import os, socket
for kind in socket.SOCK_RAW, socket.SOCK_DGRAM, socket.SOCK_RAW | socket.SOCK_CLOEXEC:
    try:
        socket.socket(socket.AF_NETLINK, kind, 9)
        print('reached')
    except OSError as error:
        print(error.errno)
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).bind((0, 0))
`;

it("does not reach the host's audit", async () => {
  const result = await lsmfs(['run', '--', 'python3', '-c', ASK]);
  expect(result).toMatchObject({ stdout: '93\n93\n93\n', stderr: '', status: 0 });
  expect(result.leftovers).toSatisfy(isClean);
});
