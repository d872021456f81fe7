/** docs/reference/mediation.md says what is mediated: its tables are those of the code. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAMILIES } from './mediation.ts';
import { CALLS } from './supervisor/calls/index.ts';
import { mediationFamily } from './supervisor/features.ts';

const page = readFileSync(new URL('../docs/reference/mediation.md', import.meta.url), 'utf8');

/** Cells of the rows of the table whose heading begins so, the first two each. */
function rows(heading: string): [string, string][] {
  const [, table = ''] = page.split(`\n${heading}`);
  const lines = table.split('\n').slice(2);
  return lines.slice(0, lines.indexOf('')).map((line) => {
    const [, first = '', second = ''] = line.split('|').map((cell) => cell.trim());
    return [first.replaceAll('`', ''), second];
  });
}

const called = FAMILIES.map((family): [string, string] => {
  const names = CALLS.filter(({ when }) => mediationFamily(when) === family).map(({ name }) => name);
  return [family, [...new Set(names)].sort().join(', ')];
});

it('every family has a row that says what the modules decide', () => {
  const told = rows('| family | system calls |').map(([family]) => family);
  expect(new Set(told.filter((family) => family !== ''))).toEqual(new Set(FAMILIES));
});

it('the system calls of each family are listed', () => {
  expect(rows('| family | notified |')).toEqual(called);
});
