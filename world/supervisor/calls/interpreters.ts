/**
 * The files that are opened for execution besides a script: load_script() of fs/binfmt_script.c names one, and exec_binprm() goes on with
 * what it finds in that.
 */

import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { interpreterOf, MOST_INTERPRETERS } from '../../../lsm/framework/files/script.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { type FileInspector, factsOf } from '../caller/file-inspector.ts';
import type { Notification } from '../notification.ts';

/** What is needed to read programs. */
interface ProgramReader {
  readonly call: Notification;
  readonly files: FileInspector;
  readonly view: CallerView;
}

/** What execve(2) goes through, and the first page (latin-1) of what it loads in the end, if that is known. */
export interface Loaded {
  readonly interpreters: readonly FileFacts[];
  readonly head: string;
}

export function loadedBy({ call, files, view }: ProgramReader, program: number): Loaded {
  const found: FileFacts[] = [];
  let fd = program;
  while (found.length < MOST_INTERPRETERS) {
    const head = view.readFile(AT_FDCWD, `/proc/thread-self/fd/${fd}`) ?? '';
    const name = interpreterOf(head);
    if (fd !== program) view.close(fd);
    if (name === undefined) return { interpreters: found, head };
    fd = view.resolveForCaller(call.tid, AT_FDCWD, name, 0);
    const file = fd < 0 ? undefined : files.look(fd, call.tid);
    if (file?.inode.class !== 'file') break;
    found.push(factsOf(file));
  }
  if (fd >= 0 && fd !== program) view.close(fd);
  return { interpreters: found, head: '' };
}
