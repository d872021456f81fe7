/**
 * Threads that were told of a directory which keeps its entries briefly, and have not looked into it yet.
 *
 * Model: a path walk of the kernel that meets a change starts anew (d_seq of a dentry, fs/namei.c), so that it finds what was before
 * or what is now. A walk that asks us in steps finds the directory, waits for a processor, and asks for a name in what has been
 * removed meanwhile: it gets what was before, as it does from open(2) of a directory to its first getdents(2).
 */
import type { Tid } from '../../linux/ids.ts';
import type { Node } from '../../vfs/tree/node.ts';

/** Whoever takes longer has the directory open, as its working directory say. */
const STEP_MS = 1000;
/** The oldest goes first. */
const REMEMBERED = 256;

export class Walkers {
  readonly #told = new Map<Tid, { readonly node: Node; readonly until: number }>();

  /** To be called when the thread has found this node, or opened it. */
  told(tid: Tid, node: Node): void {
    if (node.kind !== 'directory' || node.keepsEntriesBriefly !== true) return;
    this.#told.delete(tid);
    const [oldest] = this.#told.size < REMEMBERED ? [] : this.#told.keys();
    if (oldest !== undefined) this.#told.delete(oldest);
    this.#told.set(tid, { node, until: performance.now() + STEP_MS });
  }

  /** Is this the next step of the thread? Once. */
  takesStep(tid: Tid, node: Node): boolean {
    const told = this.#told.get(tid);
    if (told?.node !== node) return false;
    this.#told.delete(tid);
    return told.until > performance.now();
  }
}
