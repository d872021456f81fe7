/** Directories of one task in /proc. */
import { E, type Errno } from '../../../linux/errno.ts';
import { DynamicDirectory, type DynamicDirectoryInit } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AttributeChange, Attributes } from '../../../vfs/tree/node.ts';
import type { Task } from '../task.ts';
import { type AttrNodeContext, refuseMode } from './attr-file.ts';

/** Gone with it, owned by its effective ids, and nothing can be made in it. */
export class ProcDirectory extends DynamicDirectory {
  readonly #context: AttrNodeContext;
  readonly #task: Task;

  constructor(
    context: AttrNodeContext,
    task: Task,
    content: Pick<DynamicDirectoryInit, 'lookup' | 'entries' | 'nlink'>,
  ) {
    const gone = (): boolean => !context.dispatch.isAlive(task);
    super({
      ino: context.numbers.next(),
      mode: 0o555,
      time: context.time,
      ...(content.nlink === undefined ? {} : { nlink: content.nlink }),
      lookup: (name, caller) => (gone() ? E.ENOENT : content.lookup(name, caller)),
      entries: (caller) => (gone() ? E.ENOENT : content.entries(caller)),
    });
    this.#context = context;
    this.#task = task;
  }

  override attributes(caller: Caller): Attributes {
    const owner = this.#context.host.facts.thread(this.#task.tid);
    const own = super.attributes(caller);
    return owner === undefined ? own : { ...own, uid: owner.uid, gid: owner.gid };
  }

  override setAttributes(change: AttributeChange): Errno | undefined {
    return refuseMode(change);
  }

  create(): Errno {
    return E.ENOENT;
  }

  mkdir(): Errno {
    return E.ENOENT;
  }

  mknod(): Errno {
    return E.ENOENT;
  }

  symlink(): Errno {
    return E.ENOENT;
  }

  link(): Errno {
    return E.ENOENT;
  }
}
