import { expect, test } from 'vitest';
import { formatJson, formatTable } from './table.ts';

test('columns are as wide as their widest cell and lines end without blanks', () => {
  expect(
    formatTable(
      ['NAME', 'PID'],
      [
        ['a', '1'],
        ['longer', '20'],
      ],
    ),
  ).toBe('NAME    PID\na       1\nlonger  20\n');
});

test('a table without rows is its header', () => {
  expect(formatTable(['A', 'B'], [])).toBe('A  B\n');
});

test('json ends with one newline', () => {
  expect(formatJson([])).toBe('[]\n');
});
