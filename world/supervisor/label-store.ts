/**
 * Security attributes of files, as they are set. Where the filesystem cannot store them the kernel keeps them in memory, which is the daemon's here.
 */
import { latin1 } from '../sys/remote-memory.ts';
import type { FileFacts, FileInspector } from './file-facts.ts';
import type { Answer, Question } from './questions.ts';

/** sockfs leaves it to a module that is not there. */
const EAGAIN = 11;
const EOPNOTSUPP = 95;

/** @param setter who sets it, and how he calls the attribute; absent = the file is new. @returns 0 or a negative errno. */
export function storeLabel(
  files: FileInspector,
  ask: (question: Question) => Answer | undefined,
  fd: number,
  { inode, path, device }: FileFacts,
  name: string,
  value: Uint8Array,
  flags: number,
  setter?: { readonly tid: number; readonly name: string },
): number {
  const stored = files.store(fd, name, value, flags);
  if (stored !== -EOPNOTSUPP && stored !== -EAGAIN) return stored;
  const answer = ask({
    kind: 'keep-xattr',
    inode,
    path,
    device,
    name,
    value: latin1(value, value.length),
    ...(setter && { setter }),
  });
  return answer === undefined ? stored : -answer.errno;
}
