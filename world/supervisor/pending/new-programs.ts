/**
 * Programs that were executed and have made no notified call yet. Process tracking by notifications has to see each
 * program before it can fork: a dynamically linked one opens its libraries first.
 */
import { existsSync } from 'node:fs';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import type { OpenDescriptor } from '../../../lsm/framework/files/open-descriptor.ts';
import type { Ask } from '../protocol/questions/index.ts';

/**
 * Of so many processes it is looked for the first time which have ended. The living are not forgotten, however many there are: who let many
 * execute programs at once could have one of them keep what it may not have.
 */
const LIMIT = 1024;

function isThere(process: Tid): boolean {
  return existsSync(`/proc/${process}`);
}

export class NewPrograms {
  readonly #ask: Ask;
  /** Threads, each by the id that it has once the program runs. */
  readonly #executing = new Set<Tid>();
  /** Processes whose programs modules decide about, what these inherit; each with the thread that executes. */
  readonly #judged = new Map<Tgid, Tid>();
  /** The other way round, where that is not the leader. */
  readonly #executors = new Map<Tid, Tgid>();
  /** By process: to be called when nothing has to be taken from its program. */
  readonly #settled = new Map<Tgid, () => void>();
  /** By process: descriptors that its next program is not to have, close-on-exec meanwhile. */
  readonly #closing = new Map<Tgid, readonly OpenDescriptor[]>();
  readonly #isThere: (process: Tid) => boolean;
  /** How many there may be before those that have ended are looked for. */
  #most = LIMIT;

  constructor(ask: Ask, lives = isThere) {
    this.#ask = ask;
    this.#isThere = lives;
  }

  /** To be called before the process executes a program. @param tid of its leader, which the new program has. */
  add(tid: Tid): void {
    this.#executing.add(tid);
    this.#sweep();
  }

  /**
   * The same, of one from which modules may have to take something. @param tid of the thread that executes it.
   * @param settled called when they need not.
   */
  expectRefusals(tgid: Tgid, tid: Tid, settled?: () => void): void {
    this.runs(tgid);
    this.#judged.set(tgid, tid);
    this.#sweep();
    this.#settled.delete(tgid);
    const [first] = this.#settled.size < LIMIT ? [] : this.#settled.keys();
    if (first !== undefined) this.#settled.delete(first);
    if (settled !== undefined) this.#settled.set(tgid, settled);
    if (tid !== tgid) this.#executors.set(tid, tgid);
  }

  /**
   * Is this the first call of such a program, of a process that could not execute it, or of the leader, while another thread
   * is about to? Until {@link runs} the next one is, too, in the last case.
   */
  isFirstCall(tid: Tid): tid is Tgid {
    if (this.#judged.size === 0) return false;
    const failed = this.#executors.get(tid);
    if (failed !== undefined) this.runs(failed);
    const executor = this.#judged.get(tid as Tgid);
    if (executor === tid) this.runs(executor as Tgid);
    return executor !== undefined;
  }

  /** The program is there, or will not be. */
  runs(tgid: Tgid): void {
    const executor = this.#judged.get(tgid);
    if (executor !== undefined) this.#executors.delete(executor);
    this.#judged.delete(tgid);
  }

  /** The program runs. @param free nothing has to be taken from it. */
  settles(tgid: Tgid, free: boolean): void {
    const settled = this.#settled.get(tgid);
    this.#settled.delete(tgid);
    if (free) settled?.();
  }

  /** These are closed when the process executes the program that was announced by {@link expectRefusals}. */
  closes(tgid: Tgid, descriptors: readonly OpenDescriptor[]): void {
    if (descriptors.length > 0) this.#closing.set(tgid, descriptors);
  }

  /** The same, once: to be kept open after all if it could not be executed. */
  takeClosing(tgid: Tgid): readonly OpenDescriptor[] {
    const closing = this.#closing.get(tgid) ?? [];
    this.#closing.delete(tgid);
    return closing;
  }

  /** Forgets those that have ended. */
  #sweep(): void {
    if (this.#executing.size + this.#judged.size <= this.#most) return;
    for (const tid of this.#executing) if (!this.#isThere(tid)) this.#executing.delete(tid);
    for (const tgid of this.#judged.keys()) {
      if (this.#isThere(tgid)) continue;
      this.runs(tgid);
      this.#closing.delete(tgid);
    }
    this.#most = Math.max(LIMIT, 2 * (this.#executing.size + this.#judged.size));
  }

  /** Is there something to do at a call of the thread? */
  concerns(tid: Tid): boolean {
    return this.#executing.has(tid) || this.#executors.has(tid) || this.#judged.has(tid as Tgid);
  }

  /** To be called at each call of `tid`: its program runs, or could not be executed. */
  complete(tid: Tid): void {
    if (this.#executing.delete(tid)) this.#ask({ kind: 'process-call', call: 'other', tid });
  }
}
