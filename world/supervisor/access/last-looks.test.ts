import { expect, it } from 'vitest';
import { callerFd } from '../../../linux/ids.ts';
import { SETTLED_MS } from '../caller/file-stamp.ts';
import { fileStamp as stamp } from '../caller/testing/file-stamps.ts';
import { LastLooks } from './last-looks.ts';

const FOUR = callerFd(4);
const XATTRS = { 'security.toy': 'one' };

function looked() {
  const looks = new LastLooks();
  const caller = { calls: 1 };
  looks.keep(caller, FOUR, stamp(), XATTRS);
  return { looks, caller };
}

it('knows the attributes of a file that the calls before were about, though it has changed', () => {
  const { looks, caller } = looked();
  for (const mode of [0o100600, 0o100400]) {
    caller.calls++;
    expect(looks.has(caller, FOUR)).toBe(true);
    expect(looks.attributes(caller, stamp({ mode, nanoseconds: mode }))).toBe(XATTRS);
  }
});

it('knows nothing after a call about something else, of another descriptor, or for another caller', () => {
  const { looks, caller } = looked();
  expect(looks.has(caller, callerFd(5))).toBe(false);
  expect(looks.has({ calls: 1 }, FOUR)).toBe(false);
  caller.calls += 2; // the file may have been removed, and its number given to another one
  expect(looks.has(caller, FOUR)).toBe(false);
});

it('does not take another file for it, nor one whose label somebody outside may have changed long ago', () => {
  const { looks, caller } = looked();
  caller.calls++;
  for (const other of [
    { ino: 13n },
    { born: 6 },
    { born: undefined },
    { mount: 8n },
    { device: '8:2' },
    { at: 1001 + SETTLED_MS },
    { at: 999 },
  ])
    expect(looks.attributes(caller, stamp(other))).toBeUndefined();
  expect(looks.attributes(caller, stamp({ at: 1000 + SETTLED_MS }))).toBe(XATTRS);
});

it('counts the time from when the attributes were read', () => {
  const { looks, caller } = looked();
  caller.calls++;
  expect(looks.attributes(caller, stamp({ at: 1015 }))).toBe(XATTRS);
  caller.calls++;
  expect(looks.attributes(caller, stamp({ at: 1030 }))).toBeUndefined();
});

it('forgets what it knows when labels are stored', () => {
  const { looks, caller } = looked();
  looks.forget();
  caller.calls++;
  expect(looks.has(caller, FOUR)).toBe(false);
});
