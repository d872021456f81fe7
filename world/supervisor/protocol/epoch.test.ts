import { expect, it } from 'vitest';
import { Epoch } from './epoch.ts';

const at = (ino: number, name = 'd', born = 1) => ({ born, device: '8:1', ino, name });

it('tells in all threads where directories were removed', () => {
  const epoch = new Epoch();
  const other = new Epoch(epoch.shared);
  expect([other.mayLeadElsewhere(at(5)), other.mayLeadElsewhere(undefined)]).toEqual([false, false]);
  epoch.removes(at(5));
  const places = [at(5, 'e'), at(6), at(5, 'd', 2), at(5), undefined];
  expect(places.map((place) => other.mayLeadElsewhere(place))).toEqual([false, false, false, true, true]);
  expect(epoch.names).toBe(0);
});

it('moves names when too many were removed to be told apart', () => {
  const epoch = new Epoch();
  for (let ino = 0; ino < 8192; ino++) epoch.removes(at(ino));
  expect(epoch.names).toBe(0);
  epoch.removes(at(8192));
  expect([epoch.names, epoch.mayLeadElsewhere(at(8192))]).toEqual([1, true]);
  const known = Array.from({ length: 8192 }, (_, ino) => ino).filter((ino) => epoch.mayLeadElsewhere(at(ino)));
  expect(known.length).toBeLessThan(10);
});
