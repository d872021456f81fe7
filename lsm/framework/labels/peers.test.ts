import { beforeEach, describe, expect, it } from 'vitest';
import { E, failed } from '../../../linux/errno.ts';
import { O_RDONLY, O_WRONLY } from '../../../linux/fcntl.ts';
import { type Tgid, type Tid, tgidOf, tidOf } from '../../../linux/ids.ts';
import { MountTable } from '../../../vfs/user/mounts.ts';
import { Session } from '../../../vfs/user/session.ts';
import type { SocketPair } from '../events.ts';
import { type LogEntry, recordStack, replayLog } from '../journal.ts';
import { bootToys, callerOf, type FactTable, type ToyStack, toy } from '../testing/toy.ts';

const client = callerOf(100);
const server = callerOf(200);
/** Inode numbers of the two ends. */
const CLIENT = 5;
const SERVER = 6;

let booted: ToyStack;
let facts: FactTable & {
  sockets?: (tid: Tid) => SocketPair[];
  socketAddress?: (socket: number) => string | undefined;
};

let log: LogEntry[];

beforeEach(() => {
  log = [];
  booted = bootToys([toy('one', 901), toy('two', 902)], { profile: 'talk' });
  recordStack(booted.stack, (entry) => log.push(entry));
  facts = booted.facts;
  for (const caller of [client, server]) {
    facts.add(caller.tid);
    booted.stack.apply({ kind: 'enter', task: caller });
  }
  facts.sockets = (tid) => (tid === client.tid ? [{ socket: CLIENT, peer: SERVER }] : []);
});

function setLabel(text: string, caller = client): void {
  const name = Buffer.from(text);
  const ctx = Buffer.alloc(32 + name.length);
  ctx.writeBigUInt64LE(901n, 0);
  ctx.writeBigUInt64LE(BigInt(ctx.length), 16);
  ctx.writeBigUInt64LE(BigInt(name.length), 24);
  name.copy(ctx, 32);
  expect(booted.stack.syscalls.setSelfAttr({ attr: 100, ctx, size: ctx.length, flags: 0 }, caller)).toBe(0);
}

const ask = (socket: number, peer: number, connector: Tgid) => {
  const label = booted.stack.peers.label({ socket, peer, connector: connector }, server);
  return label instanceof Uint8Array ? Buffer.from(label).toString() : label;
};

describe('the label of the other end', () => {
  it('is that of the process that SO_PEERCRED names, as long as it has not changed', () => {
    expect(ask(SERVER, CLIENT, client.tgid)).toBe('one\0');
    expect(ask(SERVER, 0, tgidOf(999))).toBe(E.ENOPROTOOPT);
  });

  it('is for the modules to say when there is none', () => {
    const unconnected = booted.stack.peers.label(undefined, server);
    expect(unconnected).toEqual(Buffer.from('nobody\0'));
    const compound = booted.stack.peers.context(undefined, server);
    expect(compound).toEqual(Buffer.from('one\0nobody\0two\0nobody\0'));
  });

  it('stays what it was when the process gets another', () => {
    setLabel('changed');
    expect(ask(SERVER, CLIENT, client.tgid)).toBe('one\0');
    setLabel('again');
    expect(ask(SERVER, CLIENT, client.tgid)).toBe('one\0');
  });

  it('also when the other end is closed and cannot be told any more', () => {
    setLabel('changed');
    expect(ask(SERVER, 0, client.tgid)).toBe('one\0');
    booted.stack.apply({ kind: 'exit', tid: client.tid });
    expect(ask(SERVER, 0, client.tgid)).toBe('one\0');
  });

  it('a socket made afterwards has the label of then', () => {
    setLabel('changed');
    expect(ask(16, 15, client.tgid)).toBe('changed\0');
    facts.sockets = () => [
      { socket: CLIENT, peer: SERVER },
      { socket: 15, peer: 16 },
    ];
    setLabel('again');
    expect(ask(16, 15, client.tgid)).toBe('changed\0');
    expect(ask(SERVER, CLIENT, client.tgid)).toBe('one\0');
  });

  it('opening the attr file for writing is when it is looked at', () => {
    const mounts = new MountTable();
    mounts.mount('/proc', booted.stack.attrTree);
    const session = new Session(mounts);
    const open = (flags: number) => session.open('/proc/100/attr/one/current', flags, 0, client);
    const before = log.length;
    open(O_RDONLY);
    expect(log).toHaveLength(before);
    const fd = open(O_WRONLY);
    expect(log.slice(before)).toMatchObject([{ event: { kind: 'sockets', tid: tidOf(100) } }]);
    expect(failed(fd) || session.write(fd, Buffer.from('changed'), undefined, client)).toBe(7);
    expect(ask(SERVER, CLIENT, client.tgid)).toBe('one\0');
    expect(ask(16, 15, client.tgid)).toBe('changed\0');
  });

  it('a socket that was noted before it was connected keeps that label for its peer', () => {
    facts.sockets = () => [{ socket: CLIENT, peer: 0 }];
    setLabel('changed');
    facts.sockets = () => [{ socket: CLIENT, peer: SERVER }];
    setLabel('again');
    expect(ask(SERVER, 0, client.tgid)).toBe('one\0');
  });

  it('a listening socket gives its label to those that are accepted from it', () => {
    facts.sockets = () => [{ socket: 20, peer: 0, address: '/run/x\0' }];
    setLabel('serving');
    const accepted = { socket: 31, peer: 30, connector: client.tgid };
    const label = (end: object) => {
      const value = booted.stack.peers.label({ ...accepted, ...end }, server);
      return value instanceof Uint8Array ? Buffer.from(value).toString() : value;
    };
    expect(label({ address: '/run/x\0' })).toBe('one\0');
    expect(label({ address: '/run/other\0' })).toBe('serving\0');
    expect(label({})).toBe('serving\0');
    facts.sockets = () => [{ socket: 30, peer: 31, address: '/run/x\0' }];
    setLabel('again');
    expect(label({ peer: 30 })).toBe('one\0');
  });

  it('a socket that was handed down keeps the label of who made it', () => {
    const child = callerOf(101);
    facts.add(101);
    booted.stack.apply({ kind: 'fork', parent: client.tid, child });
    facts.sockets = () => [{ socket: CLIENT, peer: SERVER }];
    setLabel('child', child);
    setLabel('parent');
    expect(ask(SERVER, CLIENT, client.tgid)).toBe('one\0');
  });

  it('a thread that changes its label notes the sockets that it has itself', () => {
    const thread = callerOf(101, client.tgid);
    facts.add(101, client.tgid);
    booted.stack.apply({ kind: 'fork', parent: client.tid, child: thread });
    facts.sockets = (tid) => (tid === thread.tid ? [{ socket: CLIENT, peer: SERVER }] : []);
    setLabel('leader');
    setLabel('changed', thread);
    expect(ask(SERVER, CLIENT, client.tgid)).toBe('one\0');
  });

  it('its maker can be told, also of one that was accepted', () => {
    const holder = booted.stack.find(client.tid);
    expect(booted.stack.socketMaker(CLIENT, client.tid)).toBe(holder);
    facts.sockets = () => [{ socket: CLIENT, peer: 0, address: '/run/x\0' }];
    setLabel('changed');
    const maker = booted.stack.socketMaker(CLIENT, client.tid);
    expect(maker).not.toBe(holder);
    expect(booted.stack.socketMaker(15, client.tid)).toBe(holder);
    facts.socketAddress = (socket) => (socket === 31 ? '/run/x\0' : undefined);
    expect(booted.stack.socketMaker(31, client.tid)).toBe(maker);
    expect(booted.stack.socketMaker(15, client.tid)).toBe(holder);
    expect(booted.stack.socketMaker(CLIENT, tidOf(999))).toBeUndefined();
  });

  it('is the same after a replay', () => {
    const fresh = bootToys([toy('one', 901), toy('two', 902)], { profile: 'talk' });
    setLabel('changed');
    replayLog(fresh.stack, structuredClone(log));
    fresh.facts.add(server.tid);
    const label = fresh.stack.peers.label({ socket: SERVER, peer: CLIENT, connector: tgidOf(999) }, server);
    expect(label).toEqual(Buffer.from('one\0'));
  });
});
