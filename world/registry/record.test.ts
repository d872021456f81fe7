import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tgidOf } from '../../linux/ids.ts';
import { formatRecord, parseRecord, type WorldRecord } from './record.ts';

const RECORD: WorldRecord = {
  name: 'calm-fjord',
  id: '0123456789abcdef',
  owner: { pid: tgidOf(12), startTime: 345 },
  state: 'running',
  started: 1_700_000_000,
  lsm: 'latch,capability,toy',
  profile: 'talk',
  seccomp: true,
  command: ['sh', '-c', 'a "b"\n'],
  madeDirectories: ['/etc/toy'],
  devices: ['0:45', '8:1'],
};

describe('world.json', () => {
  it('reads back what was written', () => {
    expect(parseRecord(formatRecord(RECORD))).toEqual(RECORD);
  });

  it.each(Object.keys(RECORD))('is refused without %s', (key) => {
    expect(parseRecord(JSON.stringify({ ...RECORD, [key]: undefined }))).toBeUndefined();
  });

  it.each([
    ['owner', { pid: -1, startTime: 1 }],
    ['owner', { pid: 1 }],
    ['state', 'gone'],
    ['profile', 'x'],
    ['command', [1]],
    ['seccomp', 1],
    ['id', '../0123456789ab'],
    ['devices', ['0:1', '/']],
  ])('is refused with a wrong %s', (key, value) => {
    expect(parseRecord(JSON.stringify({ ...RECORD, [key]: value }))).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => parseRecord(text) === undefined));
    const text = formatRecord(RECORD);
    fc.assert(
      fc.property(fc.nat(text.length), (length) => {
        const parsed = parseRecord(text.slice(0, length));
        expect(parsed === undefined || length >= text.length - 1).toBe(true);
      }),
    );
  });
});
