/**
 * Where paths of a caller start: its root, its working directory, and directories that it has open. Each is opened once for all who
 * ask during one call.
 */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';

/** Name of the link in /proc/<tid>. */
export function startLink(dirfd: CallerFd, absolute: boolean): string {
  if (absolute) return 'root';
  return dirfd === AT_FDCWD ? 'cwd' : `fd/${dirfd}`;
}

interface StartHost {
  /** @returns a descriptor or a negative errno. */
  openStart(tid: Tid, dirfd: CallerFd, absolute: boolean): number;
  close(fd: number): void;
}

export class CallStarts {
  readonly #view: StartHost;
  #tid: Tid | undefined;
  /** Descriptors of ours by link. */
  readonly #open = new Map<string, number>();

  constructor(view: StartHost) {
    this.#view = view;
  }

  /** @returns a descriptor of ours that must not be closed, or a negative errno. */
  of(tid: Tid, dirfd: CallerFd, absolute: boolean): number {
    const known = this.known(tid, dirfd, absolute);
    if (known !== undefined) return known;
    if (this.#tid !== tid) this.forget();
    const fd = this.#view.openStart(tid, dirfd, absolute);
    if (fd < 0) return fd;
    this.#tid = tid;
    this.#open.set(startLink(dirfd, absolute), fd);
    return fd;
  }

  /** `undefined` = nobody has asked yet. */
  known(tid: Tid, dirfd: CallerFd, absolute: boolean): number | undefined {
    return this.#tid === tid ? this.#open.get(startLink(dirfd, absolute)) : undefined;
  }

  /** To be called before the call goes on, which may change them or unmount what they are on. */
  forget(): void {
    if (this.#open.size === 0) return;
    for (const fd of this.#open.values()) this.#view.close(fd);
    this.#open.clear();
    this.#tid = undefined;
  }
}
