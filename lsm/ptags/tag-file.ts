/** /proc/<pid>/attr/ptags. Of others only who is privileged, or has the tag for it, changes anything. */
import { slice } from '../../linux/bytes.ts';
import { CAP } from '../../linux/capability.ts';
import { E, type Errno } from '../../linux/errno.ts';
import { type Caller, capable } from '../../vfs/tree/caller.ts';
import type { OwnAttrFile } from '../framework/proc/attr-file.ts';
import type { Task, TaskBlob } from '../framework/task.ts';
import { change, permits, show, type Tags } from './tags.ts';

export function tagFile(tags: TaskBlob<Tags>, taskOf: (caller: Caller) => Task): OwnAttrFile {
  /** The first error, and the number of bytes of the lines before it. Lines are complete ones. */
  const write = (target: Task, data: Uint8Array, caller: Caller): { done: number; errno?: Errno } => {
    const writer = taskOf(caller);
    const may = (tag: string, action: 'add' | 'sub' | 'set'): boolean => {
      if (capable(caller, CAP.MAC_ADMIN)) return true;
      const own = tags.of(writer);
      return permits(own, tag, action) && (writer === target || permits(own, tag, 'others'));
    };
    const text = Buffer.from(data);
    // One copy for all lines: users decide how many there are. It is the task's from the first line on, for what that permits.
    const draft = new Map(tags.of(target));
    tags.set(target, draft);
    let done = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', done)) {
      const line = text.subarray(done, end);
      const errno = Buffer.from(line.toString()).equals(line) ? change(draft, line.toString(), may) : E.EINVAL; // not UTF-8
      if (errno !== undefined) return { done, errno };
      done = end + 1;
    }
    return { done };
  };
  return {
    name: 'ptags',
    mode: 0o666,
    open: (target) => ({
      writeMovesPosition: false,
      read: (length, at) => slice(Buffer.from(show(tags.of(target))), length, at.offset),
      write: (data, _at, caller) => {
        const { done, errno = E.EINVAL } = write(target, data, caller);
        return done > 0 ? done : errno;
      },
    }),
  };
}
