/**
 * Security attributes of files, as they are set. Where the filesystem cannot store them the kernel keeps them in memory, which is the daemon's here.
 */
import { latin1 } from '../sys/remote-memory.ts';
import type { FileFacts, FileInspector } from './file-facts.ts';
import type { Answer, Question } from './questions.ts';

const EOPNOTSUPP = 95;

/** @returns 0 or a negative errno. */
export function storeLabel(
  files: FileInspector,
  ask: (question: Question) => Answer | undefined,
  fd: number,
  { inode, path, device }: FileFacts,
  name: string,
  value: Uint8Array,
  flags: number,
): number {
  const stored = files.store(fd, name, value, flags);
  if (stored !== -EOPNOTSUPP) return stored;
  const answer = ask({ kind: 'keep-xattr', inode, path, device, name, value: latin1(value, value.length) });
  return answer === undefined ? stored : -answer.errno;
}
