/** Parts of paths whose names have lines. */
import { expect, it } from 'vitest';
import { ownLink } from './own-entry.ts';
import { splitPlace } from './place.ts';

it('a directory may have a name of several lines', () => {
  expect(splitPlace('/a\nb/c')).toEqual({ parent: '/a\nb/', name: 'c' });
  expect(splitPlace('a/b\nc/')).toEqual({ parent: 'a/', name: 'b\nc' });
  expect(ownLink('/proc/self/cwd/a\nb/c', true)).toEqual({ name: 'cwd', rest: '/a\nb/c' });
});
