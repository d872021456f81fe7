import { expect, it } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { eventToJson } from '../../vfs/recorder/events.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { StackEvent } from './events.ts';
import type { LogEntry } from './journal.ts';
import { JournalError, readLogEntry } from './journal-entry.ts';

const write: LogEntry = {
  source: 'vfs',
  event: { kind: 'write', handle: 1, offset: 0, data: 'MQ==', caller: { ...KERNEL_CALLER, capabilities: 1n << 40n } },
};

it('is the inverse of writing', () => {
  expect(readLogEntry(eventToJson(write))).toEqual(write);
});

it('knows what is noted of keys and network interfaces', () => {
  const tid = tidOf(7);
  const events: readonly StackEvent[] = [
    { kind: 'key-note', tid, note: { made: 'ring', ring: 'process' } },
    { kind: 'key-note', tid, note: { made: 'session', name: 'keyring;0;s' } },
    { kind: 'key-note', tid, note: { made: 'parent-session', parent: 8 } },
    { kind: 'key-note', tid, note: { made: 'key', name: 'user;0;k', into: { ring: 'thread' } } },
    { kind: 'key-note', tid, note: { made: 'seen', name: 'user;0;k', serial: 9, hidden: true } },
    { kind: 'key-note', tid, note: { made: 'link', key: { name: 'user;0;k', serial: 9 }, ring: { ring: 'process' } } },
    {
      kind: 'key-note',
      tid,
      note: { made: 'unlink', key: { name: 'user;0;k' }, ring: { name: 'keyring;0;r', serial: 8 } },
    },
    { kind: 'key-note', tid, note: { made: 'clear', ring: { ring: 'session' } } },
    { kind: 'maker-note', tid, object: 'net:[1] tun0', from: 'net:[1] /proc/7/fdinfo/3' },
    { kind: 'maker-note', tid, object: 'mounting 5', user: '1000' },
    { kind: 'maker-note', tid, object: 'io_uring 5', numbered: true, user: '1000' },
  ];
  for (const event of events) {
    const entry: LogEntry = { source: 'stack', event };
    expect(readLogEntry(eventToJson(entry))).toEqual(entry);
  }
});

it.each([
  ['{"source":"vfs"', /JSON/],
  ['7', /Expected Object/],
  ['{"source":"disk"}', /source: .*"disk"/],
  ['{"source":"stack","event":{"kind":"boom"}}', /event\.kind: .*"boom"/],
  ['{"source":"stack","event":{"kind":"exit","tid":"1"}}', /event\.tid: .*number/],
  ['{"source":"stack","event":{"kind":"exit","tid":1.5}}', /event\.tid: .*safe integer/],
  [eventToJson(write).replace('"$bigint":"1099511627776"', '"x":1'), /event\.caller\.capabilities: .*bigint/],
  [eventToJson(write).replace('"$bigint":"1099511627776"', '"$bigint":"x"'), /BigInt/],
])('refuses %s', (line, reason) => {
  expect(() => readLogEntry(line)).toThrow(JournalError);
  expect(() => readLogEntry(line)).toThrow(reason);
});
