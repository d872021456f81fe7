import { closeSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { tgidOf } from '../../linux/ids.ts';
import {
  PROC_EVENT_COMM,
  PROC_EVENT_COREDUMP,
  PROC_EVENT_EXEC,
  PROC_EVENT_EXIT,
  PROC_EVENT_FORK,
  PROC_EVENT_UID,
} from '../../linux/netlink.ts';
import { netlinkLikePair, PacketReceiver, type SeqPacketPair, sendPacket } from '../sockets/seqpacket.ts';
import { SocketFilter } from '../sockets/socket-filter.ts';
import { eventFilter, FILTER_LENGTH, MOST_PROCESSES } from './event-filter.ts';
import { EVENT_ACTOR, PROC_EVENT } from './process-event.ts';

const [UID, COMM] = [PROC_EVENT_UID, PROC_EVENT_COMM];
const LENGTH = 100;

/** Sockets of UNIX take filters like those of netlink, and anybody may make them. */
const pair = made();
const receiver = new PacketReceiver();

afterAll(() => {
  closeSync(pair.ours);
  closeSync(pair.theirs);
});

function made(): SeqPacketPair {
  const result = netlinkLikePair(process.pid, true);
  if (typeof result === 'number') throw new Error(`socketpair: errno ${-result}`);
  return result;
}

function passes(what: number, actor: number): boolean {
  const event = Buffer.alloc(LENGTH);
  event.writeUInt32LE(what, PROC_EVENT);
  event.writeUInt32LE(actor, EVENT_ACTOR);
  sendPacket(pair.theirs, event);
  return typeof receiver.receive(pair.ours) !== 'number';
}

function hear(processes?: readonly number[], changes = false): void {
  expect(new SocketFilter(FILTER_LENGTH).attach(pair.ours, eventFilter(processes?.map(tgidOf), changes))).toBe(0);
}

describe('what is queued', () => {
  it('are forks, execs, core dumps and exits of all', () => {
    hear();
    const events = [PROC_EVENT_FORK, PROC_EVENT_EXEC, PROC_EVENT_COREDUMP, PROC_EVENT_EXIT, COMM];
    expect(events.map((what) => passes(what, 7))).toEqual([true, true, true, true, false]);
  });

  it('are changes of ids and names, where they are asked for', () => {
    hear(undefined, true);
    expect([PROC_EVENT_EXIT, UID, COMM, 0x100].map((what) => passes(what, 7))).toEqual([true, true, true, false]);
    hear([7], true);
    expect([7, 8].map((actor) => passes(UID, actor))).toEqual([true, false]);
  });

  it('are those of the processes that are named, and of no others', () => {
    hear([7, 0x12345678, 4_194_303]);
    const actors = [7, 0x12345678, 4_194_303, 8, 0x78563412, 0x07000000];
    expect(actors.map((actor) => passes(PROC_EVENT_EXIT, actor))).toEqual([true, true, true, false, false, false]);
    expect(passes(COMM, 7)).toBe(false);
  });

  it('is nothing where no process is named', () => {
    hear([]);
    expect(passes(PROC_EVENT_FORK, 0)).toBe(false);
    expect(passes(PROC_EVENT_FORK, 7)).toBe(false);
  });

  it('are those of as many as there is room for, and of all where there are more', () => {
    const many = Array.from({ length: MOST_PROCESSES }, (_, index) => 1000 + index);
    hear(many);
    expect(passes(PROC_EVENT_FORK, 1000 + MOST_PROCESSES - 1)).toBe(true);
    expect(passes(PROC_EVENT_FORK, 7)).toBe(false);
    hear([...many, 1]);
    expect(passes(PROC_EVENT_FORK, 7)).toBe(true);
    expect(passes(COMM, 7)).toBe(false);
  });
});
