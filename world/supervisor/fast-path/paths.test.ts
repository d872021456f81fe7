/** What tells the directory of a path apart, each changed alone. */
import { expect, it } from 'vitest';
import { IDENTITY, Paths } from './paths.ts';
import { STAT } from './scratch.ts';

const SUBJECT = 1;
const CALL = Int32Array.of(257, 0, 0);
const WAY = 'a/b/';
const FILE = 'a/b/f';

/** struct statx with another value in each word, but for one that differs from the usual one. */
function stat(other?: number): Int32Array {
  const words = Int32Array.from({ length: 64 }, (_, at) => at);
  if (other !== undefined) words[other] = 1000;
  return words;
}

const startOf = (words: Int32Array): Int32Array => Int32Array.from(IDENTITY, (at) => words[at] as number);

it.each(Object.entries({ MOUNT: 36, MOUNT_HIGH: 37, INO: 8, INO_HIGH: 9, BORN: 20, BORN_NS: 22 }))(
  '%s',
  (name, word) => {
    expect(STAT[name as keyof typeof STAT]).toBe(word);
    const paths = new Paths();
    const start = startOf(stat());
    paths.rememberWay(SUBJECT, start, WAY, stat());
    paths.rememberFile(SUBJECT, CALL, start, FILE, stat());
    const other = startOf(stat(word));
    expect([
      paths.leads(SUBJECT, start, WAY, stat()),
      paths.leads(SUBJECT, start, WAY, stat(word)),
      paths.leads(SUBJECT, other, WAY, stat()),
    ]).toEqual([true, false, false]);
    expect(paths.find(SUBJECT, CALL, other, FILE)).toBe(-1);
    const slot = paths.find(SUBJECT, CALL, start, FILE);
    expect([paths.isFile(slot, stat()), paths.isFile(slot, stat(word))]).toEqual([true, false]);
  },
);
