/** Property tests of the two structures that everything is built on. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AVTAB_ALLOWED, AVTAB_TRANSITION, AvTable } from './avtab.ts';
import { Ebitmap, readEbitmap } from './ebitmap.ts';
import { Reader } from './reader.ts';

const bits = fc.uniqueArray(fc.oneof(fc.nat(200), fc.nat(0xffffffff)), { maxLength: 40 });

it('an ebitmap behaves as a set', () => {
  fc.assert(
    fc.property(bits, bits, fc.nat(300), (a, b, probe) => {
      const [left, right] = [Ebitmap.of(a), Ebitmap.of(b)];
      const [leftSet, rightSet] = [new Set(a), new Set(b)];
      expect([...left]).toEqual([...a].sort((x, y) => x - y));
      expect(left.has(probe)).toBe(leftSet.has(probe));
      expect(a.every((bit) => left.has(bit))).toBe(true);
      expect(left.last).toBe(a.length === 0 ? -1 : Math.max(...a));
      expect(left.contains(right)).toBe(b.every((bit) => leftSet.has(bit)));
      expect(left.contains(Ebitmap.of(a.slice(1)))).toBe(true);
      expect(left.equals(Ebitmap.of([...a].reverse()))).toBe(true);
      expect([...left.intersection(right)]).toEqual([...left].filter((bit) => rightSet.has(bit)));
    }),
  );
});

it('an ebitmap is read back as it was written', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(100_000), { maxLength: 40 }), (values) => {
      const set = Ebitmap.of(values);
      const words = [64, set.last + 1, set.starts.length];
      for (const [i, start] of set.starts.entries())
        words.push(start, set.words[2 * i] ?? 0, set.words[2 * i + 1] ?? 0);
      const image = new Uint8Array(Uint32Array.from(words).buffer);
      expect([...readEbitmap(new Reader(image))]).toEqual([...set]);
    }),
  );
});

it('a rule table finds every rule after it has grown', () => {
  const small = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(fc.array(fc.tuple(small, small, small), { minLength: 1, maxLength: 300 }), (keys) => {
      const table = new AvTable(0);
      keys.forEach(([source, target, ruleClass], i) => {
        table.add(source, target, ruleClass, i % 2 === 0 ? AVTAB_ALLOWED : AVTAB_TRANSITION, i);
      });
      expect(table.length).toBe(keys.length);
      const found = new Set<number>();
      for (const [source, target, ruleClass] of keys) {
        expect(table.mayHave(source, ruleClass)).toBe(true);
        let rule = table.first(source, target, ruleClass);
        for (; rule >= 0; rule = table.next(rule)) {
          expect(keys[table.data(rule)]).toEqual([source, target, ruleClass]);
          found.add(table.data(rule));
        }
      }
      expect(found.size).toBe(keys.length);
      expect(table.first(41, 1, 1)).toBe(-1);
      expect(table.mayHave(41, 1)).toBe(false);
      expect(table.find(keys[0]?.[0] ?? 0, keys[0]?.[1] ?? 0, keys[0]?.[2] ?? 0, AVTAB_ALLOWED)).toBeGreaterThanOrEqual(
        0,
      );
    }),
  );
});
