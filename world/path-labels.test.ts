import { expect, it } from 'vitest';
import { PathLabels } from './path-labels.ts';

const OPENED = { library: 'none', handle: 0n };

it('asks once for a path and class, also where there is none, and forgets all together', () => {
  const asked: string[] = [];
  const lookup = (name: string, mode: number): string | undefined => {
    asked.push(`${name} ${mode.toString(8)}`);
    return name === '/none' ? undefined : `label of ${name}`;
  };
  const labels = new PathLabels(OPENED, { lookup });
  for (let round = 0; round < 2; round++) {
    expect(labels.of('/a', 'file')).toBe('label of /a');
    expect(labels.of('/a', 'dir')).toBe('label of /a');
    expect(labels.of('/none', 'file')).toBeUndefined();
  }
  expect(asked).toEqual(['/a 100000', '/a 40000', '/none 100000']);
  for (let i = 0; i < 8192; i++) labels.of(`/${i}`, 'file');
  labels.of('/a', 'file');
  expect(asked.at(-1)).toBe('/a 100000');
  const long = `/${'x'.repeat(600)}`;
  for (let round = 0; round < 2; round++) expect(labels.of(long, 'file')).toBe(`label of ${long}`);
  expect(asked.slice(-2)).toEqual([`${long} 100000`, `${long} 100000`]);
});
