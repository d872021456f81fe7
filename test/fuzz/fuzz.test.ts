/** A short share of `npm run fuzz`, always the same one: new seeds are for people. */
import { expect, it } from 'vitest';
import { FUZZES } from './fuzz.ts';

const SECONDS = 2;
const SEED = 1;

it.each(Object.keys(FUZZES))('%s answers whatever it gets', async (name) => {
  expect(await FUZZES[name]?.(SECONDS, SEED)).toBeGreaterThan(0);
});
