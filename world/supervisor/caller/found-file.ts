/**
 * The file to which the path of a call leads, kept open for who looks at it next in the same call.
 */
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import type { FileStamp } from './file-stamp.ts';

/** With a descriptor of ours, which must not be closed. */
export interface Found {
  readonly fd: number;
  readonly stamp: FileStamp;
}

interface Kept extends Found {
  readonly tid: Tid;
  readonly dirfd: CallerFd;
  readonly path: string;
}

export class FoundFile {
  readonly #close: (fd: number) => void;
  #kept: Kept | undefined;

  constructor(close: (fd: number) => void) {
    this.#close = close;
  }

  /** The descriptor is closed when it is forgotten. @param path links followed. */
  keep(kept: Kept): void {
    this.forget();
    this.#kept = kept;
  }

  /** `undefined` = nobody has looked for it. */
  of(tid: Tid, dirfd: CallerFd, path: string): Found | undefined {
    const kept = this.#kept;
    return kept?.path === path && kept.tid === tid && kept.dirfd === dirfd ? kept : undefined;
  }

  /** To be called before the call goes on. */
  forget(): void {
    if (this.#kept !== undefined) this.#close(this.#kept.fd);
    this.#kept = undefined;
  }
}
