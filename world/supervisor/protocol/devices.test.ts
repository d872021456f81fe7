import { describe, expect, it } from 'vitest';
import { DeviceTable } from './devices.ts';

describe('the table of devices', () => {
  it('answers for what was added, through shared memory', () => {
    const writer = new DeviceTable();
    const reader = new DeviceTable(writer.shared);
    expect(reader.magic(0, 55)).toBe(0);
    writer.add(55, 0xf97cff8c);
    expect(reader.magic(0, 55)).toBe(0xf97cff8c);
    expect(reader.magic(8, 55)).toBe(0);
    writer.add(55, 0x9fa0);
    expect(reader.magic(0, 55)).toBe(0x9fa0);
  });

  it('has room for every device there can be, and forgets those that ended', () => {
    const table = new DeviceTable();
    const minors = Array.from({ length: 5000 }, (_, i) => i * 200 + 1);
    for (const minor of minors) table.add(minor, 0xf97cff8c);
    expect(minors.every((minor) => table.magic(0, minor) === 0xf97cff8c)).toBe(true);
    for (const minor of minors) table.remove(minor);
    expect(minors.some((minor) => table.magic(0, minor) !== 0)).toBe(false);
    table.add((1 << 20) - 1, 0x9fa0);
    expect(table.magic(0, (1 << 20) - 1)).toBe(0x9fa0);
    expect(table.magic(0, 1 << 20)).toBe(0);
  });
});
