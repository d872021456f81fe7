import { expect, it } from 'vitest';
import { programText } from './program-text.ts';

it('arguments follow their number', () => {
  expect(programText('true\0a b\0\xe9\0\0')).toEqual(['argc=4 a0="true" a1=612062 a2=E9 a3=""']);
});

it('those that do not fit go on in further records, and a long one in parts', () => {
  const many = programText(`${'x'.repeat(7000)}\0${'y'.repeat(1000)}\0`);
  expect(many.map((text) => text.slice(0, 12))).toEqual(['argc=2 a0="x', ' a1="yyyyyyy']);
  const long = programText(`${'x'.repeat(9000)}\0`);
  expect(long.map((text) => text.replace(/x+/, 'x'))).toEqual(['argc=1 a0_len=9000 a0[0]="x"', ' a0[1]="x"']);
  expect(long.join('').match(/x/g)).toHaveLength(9000);
});
