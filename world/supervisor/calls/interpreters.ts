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

export function interpretersOf({ call, files, view }: ProgramReader, program: number): FileFacts[] {
  const found: FileFacts[] = [];
  let fd = program;
  while (found.length < MOST_INTERPRETERS) {
    const name = interpreterOf(view.readFile(AT_FDCWD, `/proc/thread-self/fd/${fd}`) ?? '');
    if (fd !== program) view.close(fd);
    if (name === undefined) return found;
    fd = view.resolveForCaller(call.tid, AT_FDCWD, name, 0);
    const file = fd < 0 ? undefined : files.look(fd, call.tid);
    if (file?.inode.class !== 'file') break;
    found.push(factsOf(file));
  }
  if (fd >= 0 && fd !== program) view.close(fd);
  return found;
}
