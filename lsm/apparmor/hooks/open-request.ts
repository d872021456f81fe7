import {
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_PATH,
  O_TRUNC,
  opensForReading,
  opensForWriting,
} from '../../../linux/fcntl.ts';
import { MAY } from '../policy/index.ts';

/** What opening a file with these flags asks for: aa_map_file_to_perms(). Access mode 3 is neither reading nor writing. */
export function openRequest(flags: number): number {
  if ((flags & O_PATH) !== 0) return 0;
  const written = (flags & O_APPEND) === 0 ? MAY.WRITE : MAY.APPEND;
  const neither = (flags & O_ACCMODE) === O_ACCMODE;
  return (
    (!neither && opensForReading(flags) ? MAY.READ : 0) |
    (!neither && opensForWriting(flags) ? written : 0) |
    ((flags & O_TRUNC) === 0 ? 0 : MAY.WRITE) |
    ((flags & O_CREAT) === 0 ? 0 : MAY.CREATE)
  );
}
