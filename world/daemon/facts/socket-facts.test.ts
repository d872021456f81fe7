import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { UnixDiagnosis } from '../../../host/sockets/unix-diag.ts';
import { socketPair } from '../../../host/sockets/unix-socket.ts';
import { tgidOf, tidOf } from '../../../linux/ids.ts';

import { SocketFacts } from './socket-facts.ts';

const SELF = tgidOf(process.pid);
let facts: SocketFacts;
let pair: readonly [number, number];
const inode = (fd: number): number => fstatSync(fd).ino;

beforeEach(() => {
  facts = new SocketFacts();
  const made = socketPair();
  if (typeof made === 'number') throw new Error(`socketpair: errno ${-made}`);
  pair = made;
});

afterEach(() => facts.close());

/** Asked of one that remembers nothing. */
function freshly<T>(ask: (facts: SocketFacts) => T): T {
  const other = new SocketFacts();
  try {
    return ask(other);
  } finally {
    other.close();
  }
}

it('a socket knows what it is connected to, until that is closed', () => {
  const [a, b] = pair.map(inode) as [number, number];
  expect(facts.peerOf(a, SELF)).toBe(b);
  expect(facts.peerOf(b, SELF)).toBe(a);
  closeSync(pair[1]);
  expect(facts.peerOf(a, SELF)).toBe(0);
  expect(facts.peerOf(b, SELF)).toBe(0);
  closeSync(pair[0]);
});

it('the sockets of a process are found; what was connected once stays known', () => {
  const [a, b] = pair.map(inode) as [number, number];
  const mine = () => facts.of(SELF).filter(({ socket }) => socket === a || socket === b);
  expect(mine()).toEqual([
    { socket: a, peer: b },
    { socket: b, peer: a },
  ]);
  closeSync(pair[1]);
  expect(mine()).toEqual([{ socket: a, peer: b }]);
  closeSync(pair[0]);
  expect(mine()).toEqual([]);
  expect(facts.of(tgidOf(2 ** 22 + 1))).toEqual([]);
});

it('a look that fails is made again', () => {
  const [a, b] = pair.map(inode) as [number, number];
  const diagnosis = new UnixDiagnosis();
  let fails = true;
  const again = new SocketFacts({
    look: (sockets, tid) => (fails ? sockets.map(() => ({ peer: 0 })) : diagnosis.look(sockets, tid)),
    close: () => diagnosis.close(),
  });
  expect(again.of(SELF)).toContainEqual({ socket: a, peer: 0 });
  fails = false;
  expect(again.of(SELF)).toContainEqual({ socket: a, peer: b });
  again.close();
  for (const fd of pair) closeSync(fd);
});

it('they are those of the thread, though the first one of its process has ended', async () => {
  const program = `
import ctypes, os, socket, sys, threading
pair = socket.socketpair()
def work():
    numbers = [threading.get_native_id(), *(os.fstat(end.fileno()).st_ino for end in pair)]
    os.write(1, ' '.join(map(str, numbers)).encode())
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=work).start()
ctypes.CDLL(None).syscall(int(sys.argv[1]), 0)
`;
  const child = spawn('python3', ['-c', program, String(NR.exit)], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line] = await once(child.stdout, 'data');
    const [tid = 0, a = 0, b = 0] = String(line).split(' ').map(Number);
    const leader = tgidOf(child.pid ?? 0);
    await expect.poll(() => freshly((other) => other.of(leader)), { timeout: 20_000 }).toEqual([]);
    expect(facts.of(tidOf(tid))).toEqual(
      expect.arrayContaining([
        { socket: a, peer: b },
        { socket: b, peer: a },
      ]),
    );
  } finally {
    child.kill('SIGKILL');
  }
});

it('sockets of other families are found too', async () => {
  const before = new Set(facts.of(SELF).map(({ socket }) => socket));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const made = facts.of(SELF).filter(({ socket }) => !before.has(socket));
  expect(made).toContainEqual({ socket: expect.any(Number), peer: 0 });
  server.close();
  for (const fd of pair) closeSync(fd);
});

it('asked of several at once, each has its own answer', () => {
  const diagnosis = new UnixDiagnosis();
  const [a, b] = pair.map(inode) as [number, number];
  expect(diagnosis.look([a, 1, b], SELF)).toEqual([{ peer: b }, undefined, { peer: a }]);
  expect(diagnosis.look([], SELF)).toEqual([]);
  diagnosis.close();
  for (const fd of pair) closeSync(fd);
});

it('a listening socket and those accepted from it have one address', async () => {
  const address = `\0lsmfs-test-${process.pid}`;
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket)).listen(address);
  await once(server, 'listening');
  const client = connect(address);
  await Promise.all([once(client, 'connect'), once(server, 'connection')]);
  const bound = facts.of(SELF).filter((socket) => socket.address?.startsWith(address) === true);
  expect(bound.map(({ peer }) => peer === 0).sort()).toEqual([false, true]);
  for (const { socket, address: known } of bound) expect(facts.addressOf(socket, SELF)).toBe(known);
  for (const socket of [client, ...accepted]) socket.destroy();
  server.close();
  for (const fd of pair) closeSync(fd);
});
