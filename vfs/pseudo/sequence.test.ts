import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { E } from '../../linux/errno.ts';
import { TestOpenFile } from '../user/testing.ts';
import { SequenceFile } from './sequence.ts';

const INIT = { ino: 9, mode: 0o444 };
const sequence = (records: readonly string[]) => new SequenceFile(INIT, { records: () => records });

function readAll(open: TestOpenFile, size: number): string {
  let text = '';
  for (let part = open.read(0, size); part !== ''; part = open.read(text.length, size)) text += part;
  return text;
}

describe('SequenceFile', () => {
  it('delivers whole records, as many as fit into a page', () => {
    const record = `${'r'.repeat(999)}\n`;
    const open = new TestOpenFile(sequence(Array.from({ length: 9 }, () => record)));
    expect(open.read().length).toBe(4000);
    expect(open.read(4000).length).toBe(4000);
    expect(open.read(8000).length).toBe(1000);
    expect(open.read(9000)).toBe('');
  });

  it('grows its buffer for a record of a page or more, and keeps it', () => {
    const open = new TestOpenFile(sequence(['x'.repeat(4096), 'y'.repeat(4095), 'z'.repeat(4095), '!']));
    expect(open.read(0).length).toBe(8191);
    expect(open.read(8191).length).toBe(4096);
  });

  it('generates the list again at another position', () => {
    let generated = 0;
    const records = function* () {
      generated++;
      yield 'ab\n';
      yield 'cd\n';
    };
    const open = new TestOpenFile(new SequenceFile(INIT, { records }));
    expect([open.read(0, 2), open.read(2, 2), open.read(4, 2)]).toEqual(['ab', '\nc', 'd\n']);
    expect(generated).toBe(1);
    expect([open.read(1, 3), open.read(99)]).toEqual(['b\nc', '']);
    expect(generated).toBe(3);
  });

  it('sees records added after its end was reached', () => {
    const records = ['a\n'];
    const open = new TestOpenFile(new SequenceFile(INIT, { records: () => records }));
    expect(readAll(open, 10)).toBe('a\n');
    records.push('b\n');
    expect(open.read(2)).toBe('b\n');
  });

  it('passes errors on and writes through', () => {
    const failing = new SequenceFile(INIT, { records: () => E.EACCES, write: (data) => data.length });
    expect(new TestOpenFile(failing).read()).toBe('EACCES');
    expect(new TestOpenFile(failing).write('abc', 5)).toBe(3);
    expect(new TestOpenFile(sequence([])).write('abc')).toBe('EINVAL');
  });

  it('is the same text for any read size and from any position', () => {
    const records = fc.array(fc.string({ unit: 'binary-ascii', maxLength: 30 }), { maxLength: 20 });
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 50 }), fc.nat(300), (list, size, from) => {
        const text = list.join('');
        expect(readAll(new TestOpenFile(sequence(list)), size)).toBe(text);
        expect(new TestOpenFile(sequence(list)).read(from, size)).toBe(text.slice(from, from + size));
      }),
    );
  });
});
