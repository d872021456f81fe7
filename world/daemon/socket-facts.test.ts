import { closeSync, fstatSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UnixDiagnosis } from '../sys/unix-diag.ts';
import { socketPair } from '../sys/unix-socket.ts';
import { SocketFacts } from './socket-facts.ts';

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

it('a socket knows what it is connected to, until that is closed', () => {
  const [a, b] = pair.map(inode) as [number, number];
  expect(facts.pair(a, process.pid)).toEqual({ socket: a, peer: b });
  expect(facts.pair(b, process.pid)).toEqual({ socket: b, peer: a });
  closeSync(pair[1]);
  expect(facts.pair(a, process.pid)).toEqual({ socket: a, peer: 0 });
  expect(facts.pair(b, process.pid)).toEqual({ socket: b, peer: 0 });
  closeSync(pair[0]);
});

it('the sockets of a process are found; what was connected once stays known', () => {
  const [a, b] = pair.map(inode) as [number, number];
  const mine = () => facts.of(process.pid).filter(({ socket }) => socket === a || socket === b);
  expect(mine()).toEqual([
    { socket: a, peer: b },
    { socket: b, peer: a },
  ]);
  closeSync(pair[1]);
  expect(mine()).toEqual([{ socket: a, peer: b }]);
  closeSync(pair[0]);
  expect(mine()).toEqual([]);
  expect(facts.of(2 ** 22 + 1)).toEqual([]);
});

it('asked of several at once, each has its own answer', () => {
  const diagnosis = new UnixDiagnosis();
  const [a, b] = pair.map(inode) as [number, number];
  expect(diagnosis.peersOf([a, 1, b], process.pid)).toEqual([b, -2, a]);
  expect(diagnosis.peersOf([], process.pid)).toEqual([]);
  diagnosis.close();
  for (const fd of pair) closeSync(fd);
});
