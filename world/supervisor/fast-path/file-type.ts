/** The type of a file, by what statx(2) has told of it. */
import { S_IFDIR, S_IFLNK, S_IFMT } from '../../../linux/stat.ts';
import { STAT } from './scratch.ts';

export const isDirectory = (stat: Int32Array): boolean => ((stat[STAT.MODE] as number) & S_IFMT) === S_IFDIR;

/** Is it a directory or a link, by which paths lead on? */
export function leadsOn(stat: Int32Array): boolean {
  const type = (stat[STAT.MODE] as number) & S_IFMT;
  return type === S_IFDIR || type === S_IFLNK;
}
