/** Texts of several parts, some of them odd. */
import fc from 'fast-check';

export const one = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
export const mostly = (usual: fc.Arbitrary<string>, odd: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 10, arbitrary: usual }, { weight: 1, arbitrary: odd });
export const joined = (by: string, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((list) => list.filter((text) => text !== '').join(by));
export const several = (of: readonly string[], by: string): fc.Arbitrary<string> =>
  fc.subarray([...of], { minLength: 1, maxLength: Math.min(3, of.length) }).map((list) => list.join(by));
