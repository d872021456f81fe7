/** What tells the directory of a path apart, each changed alone. */
import { expect, it } from 'vitest';
import { IDENTITY, Paths } from './paths.ts';
import { STAT } from './scratch.ts';

const SUBJECT = 1;
const CALL = Int32Array.of(257, 0, 0);
const WAY = Buffer.from('a/b/');
const FILE = Buffer.from('a/b/f');

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
    paths.rememberWay(SUBJECT, start, WAY, WAY.length, stat());
    paths.rememberFile(SUBJECT, CALL, start, FILE, FILE.length, stat());
    const other = startOf(stat(word));
    expect([
      paths.leads(SUBJECT, start, WAY, WAY.length, stat()),
      paths.leads(SUBJECT, start, WAY, WAY.length, stat(word)),
      paths.leads(SUBJECT, other, WAY, WAY.length, stat()),
    ]).toEqual([true, false, false]);
    expect(paths.find(SUBJECT, CALL, other, FILE, FILE.length)).toBe(-1);
    const slot = paths.find(SUBJECT, CALL, start, FILE, FILE.length);
    expect([paths.isFile(slot, stat()), paths.isFile(slot, stat(word))]).toEqual([true, false]);
  },
);
