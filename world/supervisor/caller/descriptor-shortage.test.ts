import { expect, test } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { DescriptorShortage } from './descriptor-shortage.ts';

class Call {
  errno: number | undefined;
  readonly answered: boolean;

  constructor(answered = false) {
    this.answered = answered;
  }

  fail(errno: number): void {
    this.errno = errno;
  }
}

test('a call that met a shortage and is not answered fails with ENFILE; the log says so once in ten seconds', () => {
  const shortage = new DescriptorShortage();
  const lines: string[] = [];
  const errnoAt = (now: number, call = new Call()): number | undefined => {
    shortage.answer(call, (text) => lines.push(text), now);
    return call.errno;
  };
  expect(shortage.note(7)).toBe(7);
  expect(errnoAt(0)).toBeUndefined();
  expect(shortage.note(-ERRNO.EMFILE)).toBe(-ERRNO.EMFILE);
  expect(errnoAt(0, new Call(true))).toBeUndefined();
  expect([errnoAt(1), errnoAt(9000), errnoAt(10_001)]).toEqual([ERRNO.ENFILE, ERRNO.ENFILE, ERRNO.ENFILE]);
  expect(lines).toHaveLength(2);
  shortage.forget();
  expect(errnoAt(30_000)).toBeUndefined();
});
