import { describe, expect, it } from 'vitest';
import { DeviceTable } from './devices.ts';

describe('the table of devices', () => {
  it('answers for what was added, through shared memory', () => {
    const writer = new DeviceTable();
    const reader = new DeviceTable(writer.shared);
    expect(reader.magic(0, 55)).toBe(0);
    expect(writer.add(55, 0xf97cff8c)).toBe(true);
    expect(reader.magic(0, 55)).toBe(0xf97cff8c);
    expect(reader.magic(8, 55)).toBe(0);
    writer.add(55, 0x9fa0);
    expect(reader.magic(0, 55)).toBe(0x9fa0);
  });

  it('says when it is full', () => {
    const table = new DeviceTable();
    let added = 0;
    while (added < 100_000 && table.add(added + 1, 1)) added++;
    expect(added).toBe(4096);
    expect(table.add(1, 2)).toBe(true);
  });
});
