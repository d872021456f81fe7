import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECSID_NULL, sidOf } from '../policy/index.ts';
import { AccessVectorCache } from './avc.ts';

const vector = (allowed: number, seqno = 1) => ({
  allowed,
  auditallow: 0,
  auditdeny: 0xffffffff,
  seqno,
  permissive: false,
});

const [SOURCE, TARGET] = [sidOf(1), sidOf(2)];

describe('AccessVectorCache', () => {
  it('computes once per key and counts look-ups, misses and allocations', () => {
    let computed = 0;
    const avc = new AccessVectorCache(() => {
      computed++;
      return vector(5);
    });
    expect(avc.decide(SOURCE, TARGET, 3).allowed).toBe(5);
    expect(avc.decide(SOURCE, TARGET, 3).allowed).toBe(5);
    expect(avc.decide(SOURCE, TARGET, 4).allowed).toBe(5);
    expect(computed).toBe(2);
    expect(avc.statistics).toEqual({ lookups: 3, misses: 2, allocations: 2, reclaims: 0, frees: 0 });
  });

  it('keeps granted permissions until a reset', () => {
    const avc = new AccessVectorCache(() => vector(1));
    avc.grant(SOURCE, TARGET, 3, 8, 1);
    expect(avc.decide(SOURCE, TARGET, 3).allowed).toBe(1);
    avc.grant(SOURCE, TARGET, 3, 0x80000000, 1);
    expect(avc.decide(SOURCE, TARGET, 3).allowed).toBe(0x80000001);
    avc.grant(SOURCE, TARGET, 3, 4, 2);
    expect(avc.decide(SOURCE, TARGET, 3).allowed).toBe(0x80000001);
    avc.reset(0);
    expect(avc.decide(SOURCE, TARGET, 3).allowed).toBe(1);
    expect(avc.statistics).toMatchObject({ allocations: 5, frees: 4 });
  });

  it('does not keep decisions older than the last notification', () => {
    let computed = 0;
    const avc = new AccessVectorCache(() => {
      computed++;
      return vector(1, 1);
    });
    avc.reset(2);
    avc.decide(SOURCE, TARGET, 3);
    avc.decide(SOURCE, TARGET, 3);
    expect(computed).toBe(2);
    expect(avc.statistics.allocations).toBe(0);
  });

  it('reclaims sixteen when over the threshold', () => {
    const avc = new AccessVectorCache(() => vector(1));
    for (let ssid = 1; ssid <= 513; ssid++) avc.decide(sidOf(ssid), SECSID_NULL, 0);
    expect(avc.statistics).toMatchObject({ allocations: 513, reclaims: 16, frees: 16 });
    expect(avc.hashStatistics).toMatchObject({ entries: 497, slots: 512 });
    avc.threshold = 0;
    avc.decide(sidOf(1000), SOURCE, 1);
    expect(avc.statistics.reclaims).toBe(32);
  });

  it('never loses count: entries = allocations - frees = nodes in slots, and answers never change by caching', () => {
    const step = fc.record({
      ssid: fc.nat(40).map(sidOf),
      tsid: fc.nat(40).map(sidOf),
      tclass: fc.nat(3),
      kind: fc.constantFrom('decide', 'decide', 'decide', 'grant', 'reset', 'threshold'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const avc = new AccessVectorCache((s, t, c) => vector(((s * 100 + t) * 8 + c) * 2));
        for (const { ssid, tsid, tclass, kind } of steps) {
          if (kind === 'decide')
            expect(avc.decide(ssid, tsid, tclass).allowed & ~1).toBe(((ssid * 100 + tsid) * 8 + tclass) * 2);
          else if (kind === 'grant') avc.grant(ssid, tsid, tclass, 1, 1);
          else if (kind === 'reset') avc.reset(0);
          else avc.threshold = ssid;
          const { allocations, frees, lookups, misses } = avc.statistics;
          const { entries, used, longest } = avc.hashStatistics;
          expect(entries).toBe(allocations - frees);
          expect(longest * used).toBeGreaterThanOrEqual(entries);
          expect(lookups).toBeGreaterThanOrEqual(misses);
        }
      }),
    );
  });
});
