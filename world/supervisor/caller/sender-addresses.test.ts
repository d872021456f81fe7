import { expect, it } from 'vitest';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { SenderAddresses } from './sender-addresses.ts';

const TID = tidOf(7);
const ADDRESS = Uint8Array.of(16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0);
const [PLACE, LENGTH] = [0x1000n, 0x2000n];

/** A caller with room for an address, and what it says that it has. */
function caller(room: number, unmapped?: bigint) {
  const memory = new Map([
    [PLACE, new Uint8Array(16)],
    [LENGTH, new Uint8Array(new Int32Array([room]).buffer)],
  ]);
  if (unmapped !== undefined) memory.delete(unmapped);
  const addresses = new SenderAddresses({
    copy: (_tid: Tid, low, _high, length) => memory.get(BigInt(low))?.slice(0, length),
    write: (_tid: Tid, low, _high, data) => {
      memory.get(BigInt(low))?.set(data);
      return memory.has(BigInt(low));
    },
  });
  const place = memory.get(PLACE);
  const length = memory.get(LENGTH);
  return {
    put: (waits = true) => addresses.put(TID, { place: PLACE, length: LENGTH, waits }, ADDRESS),
    /** What the kernel does when a message is there. */
    received: () => length?.set([12, 0, 0, 0]),
    say: (value: number) => length?.set(new Uint8Array(new Int32Array([value]).buffer)),
    clear: () => place?.fill(0),
    get seen() {
      return [[...(place ?? [])], [...(length ?? [])]];
    },
  };
}

const shown = (count: number): number[] => [...ADDRESS.subarray(0, count), ...new Uint8Array(16 - count)];
const NOTHING = shown(0);

it('is there before the message, and leaves no room for another', () => {
  const one = caller(16);
  one.put();
  expect(one.seen).toEqual([shown(12), [0, 0, 0, 0]]);
});

it.each([5, 1])('is cut to the room that there is: %d', (room) => {
  const one = caller(room);
  one.put();
  expect(one.seen[0]).toEqual(shown(room));
});

it.each([0, -1])('is not there where there is no room: %d', (room) => {
  const one = caller(room);
  one.put();
  expect(one.seen).toEqual([NOTHING, [...new Uint8Array(new Int32Array([room]).buffer)]]);
});

it('has the room that it had when the call ended without a message and is made again', () => {
  const one = caller(16);
  one.put();
  one.clear();
  one.put();
  expect(one.seen[0]).toEqual(shown(12));
});

it('has none when the call before had its message at once', () => {
  const one = caller(16);
  one.put(false);
  one.clear();
  one.put();
  expect(one.seen[0]).toEqual(NOTHING);
});

it('has the room that is told anew', () => {
  const one = caller(16);
  one.put();
  one.received();
  one.clear();
  one.say(5);
  one.put();
  expect(one.seen[0]).toEqual(shown(5));
});

it('is left to the kernel where memory cannot be written', () => {
  const one = caller(16, PLACE);
  one.put();
  expect(one.seen[1]).toEqual([16, 0, 0, 0]);
  const other = caller(16, LENGTH);
  other.put();
  expect(other.seen[0]).toEqual(NOTHING);
});

it.each([
  ['before', 4n, 0n],
  ['behind', 0n, 12n],
])('is written in one piece with its length if that is just %s it', (_title, place, length) => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setInt32(Number(length), 12, true);
  const written: number[] = [];
  const addresses = new SenderAddresses({
    copy: (_tid: Tid, low, _high, count) => bytes.slice(low, low + count),
    write: (_tid: Tid, low, _high, data) => {
      written.push(low);
      bytes.set(data, low);
      return true;
    },
  });
  addresses.put(TID, { place, length, waits: false }, ADDRESS);
  expect([...bytes.subarray(Number(place), Number(place) + 12)]).toEqual([...ADDRESS]);
  expect(view.getInt32(Number(length), true)).toBe(0);
  expect(written).toEqual([0]);
});
