import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntTable } from './int-table.ts';

const put = (table: IntTable, key: readonly number[]): void => table.key.set(key);

describe('IntTable', () => {
  it('finds what was made, and nothing else', () => {
    const keys = fc.uniqueArray(fc.tuple(fc.integer(), fc.integer()), { maxLength: 40, selector: String });
    fc.assert(
      fc.property(keys, keys, (made, others) => {
        const table = new IntTable(2, 1, 6);
        made.forEach((key, at) => {
          put(table, key);
          table.set(table.make(), 0, at + 1);
        });
        made.forEach((key, at) => {
          put(table, key);
          expect(table.value(table.find(), 0)).toBe(at + 1);
        });
        const known = new Set(made.map(String));
        for (const key of others.filter((one) => !known.has(String(one)))) {
          put(table, key);
          expect(table.find()).toBe(-1);
        }
      }),
    );
  });

  it('forgets all when it is cleared, or full', () => {
    const table = new IntTable(1, 0, 2);
    for (const key of [1, 2, 3]) {
      put(table, [key]);
      table.make();
    }
    put(table, [4]);
    table.make();
    put(table, [1]);
    expect(table.find()).toBe(-1);
    put(table, [4]);
    expect(table.find()).not.toBe(-1);
    table.clear();
    expect(table.find()).toBe(-1);
  });
});
