import { describe, expect, it } from 'vitest';
import { textOf } from '../../../linux/bytes.ts';
import type { Measurement } from './measurements.ts';
import { ShownRecords } from './shown-records.ts';

const TEMPLATE = { name: 'none', format: '', fields: [] };
const entry = (pcr: number): Measurement => ({
  ...{ pcr, template: TEMPLATE, fields: [], violation: false },
  record: Buffer.alloc(0),
  digests: new Map(),
});

describe('ShownRecords', () => {
  it('makes each record once, and those that are added while somebody reads', () => {
    const made: number[] = [];
    const shown = new ShownRecords((out, { pcr }) => {
      made.push(pcr);
      out.text(`${pcr}\n`.repeat(pcr));
    });
    const entries = [entry(1), entry(2)];
    const reader = shown.of(entries);
    const next = () => textOf(reader.next().value ?? new Uint8Array());
    expect(next()).toBe('1\n');
    entries.push(entry(3));
    expect([next(), next(), reader.next().done]).toEqual(['2\n2\n', '3\n3\n3\n', true]);
    expect([...shown.of(entries)].map((record) => textOf(record))).toEqual(['1\n', '2\n2\n', '3\n3\n3\n']);
    expect(made).toEqual([1, 2, 3]);
  });

  it('keeps a limited amount, and shows all', () => {
    const large = 'x'.repeat(10 << 20);
    let made = 0;
    const shown = new ShownRecords((out) => {
      made++;
      out.text(large);
    });
    const entries = [entry(1), entry(2), entry(3)];
    for (let turn = 0; turn < 2; turn++)
      expect([...shown.of(entries)].map((record) => record.length)).toEqual([large.length, large.length, large.length]);
    expect(made).toBe(5);
  });
});
