/**
 * What is remembered of a file: struct ima_iint_cache of security/integrity/ima/ima.h.
 *
 * Model: a kernel hears of the end of writing (ima_file_free) and of the counter that each change of a file moves. Here nobody tells of that, so a file
 * is looked at when it is used next: a time of modification later than any time that was seen before says that it was written since, unless
 * it is being written now, in which case the kernel would not have looked yet either.
 */
import type { UsedFile } from '../core/file-use.ts';
import type { NamedDigest } from './hash.ts';

/** Hooks whose verdicts are remembered apart. */
export type VerdictClass = 'file' | 'mmap' | 'exec' | 'creds' | 'read';

export type Verdict = 'pass' | 'pass_immutable' | 'fail' | 'fail_immutable' | 'no_label' | 'no_xattrs' | 'unknown';

/** Files remembered at most; a kernel forgets them with their inodes. */
const MOST_FILES = 100_000;

export class InodeState {
  readonly measuredPcrs = new Set<number>();
  audited = false;
  readonly verdicts = new Map<VerdictClass, Verdict>();
  /** Appraised with success, so not again. */
  readonly appraised = new Set<VerdictClass>();
  digest: NamedDigest | undefined;
  /** A reader whose open was measured may still have it open. */
  mayEmitToMToU = false;
  emittedOpenWriters = false;
  /** It has a signature: nobody may write it. */
  signed = false;
  #mtime: bigint;
  #ctime: bigint;
  #size: number;

  constructor(file: UsedFile) {
    this.#mtime = BigInt(file.mtime);
    this.#ctime = BigInt(file.ctime);
    this.#size = file.size;
  }

  /** To be called at each use, before anything else. */
  look(file: UsedFile): void {
    if (file.writers) return;
    this.emittedOpenWriters = false;
    const mtime = BigInt(file.mtime);
    const changed = file.size !== this.#size || (mtime !== this.#mtime && mtime >= this.#ctime);
    this.#mtime = mtime;
    this.#ctime = BigInt(file.ctime);
    this.#size = file.size;
    if (changed) this.forgetContent();
  }

  /** Would `look` forget the content? */
  isChanged(file: UsedFile): boolean {
    if (file.writers) return false;
    const mtime = BigInt(file.mtime);
    return file.size !== this.#size || (mtime !== this.#mtime && mtime >= this.#ctime);
  }

  forgetContent(): void {
    this.measuredPcrs.clear();
    this.audited = false;
    this.appraised.clear();
    this.verdicts.clear();
    this.digest = undefined;
  }
}

export class InodeStates {
  readonly #states = new Map<string, InodeState>();

  find(file: UsedFile): InodeState | undefined {
    return this.#states.get(file.key);
  }

  get(file: UsedFile): InodeState {
    const known = this.#states.get(file.key);
    if (known !== undefined) {
      known.look(file);
      return known;
    }
    const state = new InodeState(file);
    this.#states.set(file.key, state);
    if (this.#states.size > MOST_FILES) {
      const [oldest] = this.#states.keys();
      if (oldest !== undefined) this.#states.delete(oldest);
    }
    return state;
  }
}
