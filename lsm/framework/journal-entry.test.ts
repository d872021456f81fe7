import { expect, it } from 'vitest';
import { eventToJson } from '../../vfs/recorder/events.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { LogEntry } from './journal.ts';
import { JournalError, readLogEntry } from './journal-entry.ts';

const write: LogEntry = {
  source: 'vfs',
  event: { kind: 'write', handle: 1, offset: 0, data: 'MQ==', caller: { ...KERNEL_CALLER, capabilities: 1n << 40n } },
};

it('is the inverse of writing', () => {
  expect(readLogEntry(eventToJson(write))).toEqual(write);
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
