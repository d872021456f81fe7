/**
 * What random policies and calls of mediation speak of: types, labels, and the tree of files of a chapter. In a path `@C` is the
 * chapter's folder.
 */
import fc from 'fast-check';

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index}_t`);

export const DOMAINS = numbered('x', 6);
/** What it is refused is logged, and granted. */
export const PERMISSIVE_DOMAIN = 'x5_t';
export const FILE_TYPES = numbered('f', 6);
/** No filesystem takes it. */
export const STRANGE_TYPE = 'f5_t';
export const DIRECTORY_TYPES = numbered('d', 4);
export const PROGRAM_TYPES = numbered('p', 3);
export const BOOLEANS = ['b0', 'b1', 'b2', 'b3'];

const USERS = ['u', 'u', 'u', 'v'];
const LEVELS = ['s0', 's0', 's0', 's0:c1', 's1'];
const RANGES = ['s0', 's0', 's0-s1:c0.c2', 's0:c1', 's1'];

const label = (users: readonly string[], role: string, types: readonly string[], levels: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...users), fc.constantFrom(...types), fc.constantFrom(...levels))
    .map(([user, type, level]) => `${user}:${role}:${type}:${level}`);

export const domain = label(USERS, 'r', DOMAINS, RANGES);
export const fileLabel = label(
  USERS,
  'object_r',
  FILE_TYPES.filter((type) => type !== STRANGE_TYPE),
  LEVELS,
);
export const directoryLabel = label(USERS, 'object_r', DIRECTORY_TYPES, LEVELS);
export const programLabel = label(USERS, 'object_r', PROGRAM_TYPES, ['s0']);
/** Labels that calls give to what is there, some of which no policy knows. */
export const anyLabel = fc.oneof(
  { weight: 6, arbitrary: fileLabel },
  { weight: 2, arbitrary: directoryLabel },
  { weight: 1, arbitrary: fc.constantFrom(`u:object_r:${STRANGE_TYPE}:s0`, 'u:object_r:none_t:s0', 'u:r:x0_t:s0', '') },
);

export const FOLDERS = ['@C/a', '@C/a/s', '@C/b', '@C/b/s', '@C/c'];
/** In each folder: files, a FIFO, links to a file, to a folder and to nothing; then names that are not there at first. */
export const FILES = ['f', 'g', 'k'];
export const FIFO = 'w';
export const LINKS: Readonly<Record<string, string>> = { lf: 'f', ld: '.', lb: '@C/b/g', lx: 'none' };
export const NEW_NAMES = ['n0', 'n1', 'n2'];
export const PROGRAMS = ['@C/a/p0', '@C/a/p1', '@C/b/p2'];

export const folder = fc.constantFrom(...FOLDERS);
export const newName = fc.tuple(folder, fc.constantFrom(...NEW_NAMES)).map((parts) => parts.join('/'));
const inFolder = fc
  .tuple(folder, fc.constantFrom(...FILES, ...FILES, FIFO, ...Object.keys(LINKS), ...NEW_NAMES))
  .map((parts) => parts.join('/'));
const roundabout = fc.constantFrom(
  '@C/a/../b/f',
  '@C/a/s/../f',
  '@C/b/ld/g',
  '@C/c/ld/ld/k',
  '@C//a/./f',
  '@C/a/f/',
  '@C/c/f/x',
);

export const file = fc.tuple(folder, fc.constantFrom(...FILES)).map((parts) => parts.join('/'));
export const anyPath = fc.oneof(
  { weight: 12, arbitrary: inFolder },
  { weight: 2, arbitrary: folder },
  { weight: 1, arbitrary: roundabout },
  // relative to where an earlier call went
  { weight: 1, arbitrary: fc.constantFrom('f', 'g', 'n0', 's', 's/f', '../b/f', '.') },
);
