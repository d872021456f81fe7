/** What a path in a rule of audit leads to, in the view of who gives the rule. */
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../../../linux/fcntl.ts';
import { NAME_MAX } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import { type FileKey, keyOfFile } from '../../../lsm/framework/audit/names.ts';
import type { LookUp } from '../../../lsm/framework/audit/paths.ts';
import type { CallerView } from './caller-view.ts';

const { EINVAL, ENAMETOOLONG } = ERRNO;

interface Looked {
  readonly errno: number;
  readonly key?: FileKey;
  /** Its path, without links. */
  readonly canonical?: string;
}

/** Looked up with the caller's credentials, and only where that cannot block us. */
export function lookUpRulePath(view: CallerView, tid: Tid, path: string): LookUp {
  const look = (name: string, flags: number): Looked => {
    const fd = view.resolveForCaller(tid, AT_FDCWD, name, flags);
    if (fd < 0) return { errno: -fd };
    const identity = view.identity(fd);
    const canonical = view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`);
    view.close(fd);
    return { errno: 0, ...(identity && { key: keyOfFile(identity) }), ...(canonical !== undefined && { canonical }) };
  };
  const [, directory = '', last = ''] = /^(.*\/)?([^/]+)\/*$/s.exec(path) ?? [path, path];
  // By its own name, so that the right to search it is needed.
  const parent = look(`${directory}.`, O_PATH | O_DIRECTORY);
  const itself = look(path || '.', O_PATH | O_NOFOLLOW);
  return {
    path,
    parent: parent.errno || unnamed(last),
    itself: itself.errno,
    ...(parent.key !== undefined && { directory: parent.key }),
    ...(look(path || '.', O_PATH | O_DIRECTORY).errno === 0 && { isDirectory: true as const }),
    ...(itself.key !== undefined && { file: itself.key }),
    ...(parent.canonical !== undefined && { canonical: `${parent.canonical.replace(/\/$/, '')}/${last}` }),
  };
}

/** Why there can be no entry of this name in a directory; 0 = there can. */
function unnamed(name: string): number {
  if (name === '' || name === '.' || name === '..') return EINVAL;
  return name.length > NAME_MAX ? ENAMETOOLONG : 0;
}
