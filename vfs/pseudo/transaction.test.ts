import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf } from '../../linux/bytes.ts';
import { E, type Result } from '../../linux/errno.ts';
import { TestOpenFile } from '../user/testing.ts';
import { TRANSACTION_LIMIT, TransactionFile } from './transaction.ts';

const INIT = { ino: 6, mode: 0o666 };
const echo = (answer: (query: string) => Result<string>) =>
  new TransactionFile(INIT, { answer: (query) => answer(textOf(query)) });

describe('TransactionFile', () => {
  it('answers the query from offset 0', () => {
    const open = new TestOpenFile(echo((query) => `<${query}>\0`));
    expect(open.read()).toBe('');
    expect(open.write('who', 12)).toBe(3);
    expect(open.read()).toBe('<who>\0');
    expect(open.read(4)).toBe('>\0');
    expect(open.read(6)).toBe('');
  });

  it('is spent by the first query, also by a failed one', () => {
    const good = new TestOpenFile(echo(() => 'x'));
    expect([good.write('a'), good.write('b')]).toEqual([1, 'EBUSY']);
    const bad = new TestOpenFile(echo(() => E.EINVAL));
    expect([bad.write('a'), bad.read(), bad.write('b')]).toEqual(['EINVAL', '', 'EBUSY']);
  });

  it('limits the query before it counts as used', () => {
    const open = new TestOpenFile(echo((query) => String(query.length)));
    expect(open.write('q'.repeat(TRANSACTION_LIMIT))).toBe('EFBIG');
    expect(open.write('q'.repeat(TRANSACTION_LIMIT - 1))).toBe(4087);
    expect(open.read()).toBe('4087');
  });

  it('limits the answer', () => {
    expect(new TestOpenFile(echo(() => 'a'.repeat(TRANSACTION_LIMIT))).write('q')).toBe(1);
    const long = new TestOpenFile(echo(() => 'a'.repeat(TRANSACTION_LIMIT + 1)));
    expect([long.write('q'), long.read()]).toEqual(['ERANGE', '']);
  });

  it('asks checkFirst before anything else', () => {
    const file = new TransactionFile(INIT, { checkFirst: () => E.EPERM, answer: () => 'x' });
    expect(new TestOpenFile(file).write('q'.repeat(9000))).toBe('EPERM');
  });

  it('keeps opens apart and gives any piece of the answer', () => {
    const file = echo((query) => query);
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 50 }), fc.nat(60), fc.nat(60), (query, from, length) => {
        const other = new TestOpenFile(file);
        const open = new TestOpenFile(file);
        open.write(query);
        expect(open.read(from, length)).toBe(query.slice(from, from + length));
        expect(other.read()).toBe('');
      }),
    );
  });
});
