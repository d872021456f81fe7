import path from 'node:path';

/** Of Go's compiler, for all tests: its standard library is compiled once on a machine, which takes longer than the tests. */
export const GO_CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache/go');
