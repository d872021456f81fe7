/**
 * Invalidates directory entries whose names contain thread ids, when one of the threads has ended.
 *
 * Until then the kernel keeps the dentry of a name that was looked up, and the daemon the node behind it, or until memory is needed.
 */

import type { StackEvent } from '../../../lsm/framework/events.ts';
import type { Changes } from '../../../vfs/tree/changes.ts';
import type { Directory } from '../../../vfs/tree/node.ts';

export class ThreadNames {
  readonly #changes: Changes;
  readonly #names = new Map<number, Set<string>>();

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** `name` was found. */
  found(name: string): void {
    for (const tid of idsIn(name)) {
      const names = this.#names.get(tid);
      if (names === undefined) this.#names.set(tid, new Set([name]));
      else names.add(name);
    }
  }

  /** Invalidates all names in `directory` that an event makes stale. */
  after(event: StackEvent, directory: Directory): void {
    const tid = event.kind === 'exit' ? event.tid : event.kind === 'exec' ? event.formerTid : undefined;
    if (tid === undefined) return;
    for (const name of [...(this.#names.get(tid) ?? [])]) {
      this.#changes.entry(directory, name); // a listener may look the name up, which adds it again
      this.#forget(name);
    }
  }

  #forget(name: string): void {
    for (const tid of idsIn(name)) {
      const names = this.#names.get(tid);
      if (names?.delete(name) && names.size === 0) this.#names.delete(tid);
    }
  }
}

/** The numbers in `100,proc,200,task,201,attr,current`. */
function idsIn(name: string): number[] {
  return name.split(',').map(Number).filter(Number.isInteger);
}
