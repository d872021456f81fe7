/**
 * Where paths of a caller start: its root, its working directory, and directories that it has open; and where one ended. Each is opened
 * once for all who ask during one call.
 */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { type FileStamp, type StampView, stampOf } from './file-stamp.ts';
import { FoundFile } from './found-file.ts';

/** Name of the link in /proc/<tid>. */
export function startLink(dirfd: CallerFd, absolute: boolean): string {
  if (absolute) return 'root';
  return dirfd === AT_FDCWD ? 'cwd' : `fd/${dirfd}`;
}

interface StartHost extends StampView {
  /** @returns a descriptor or a negative errno. */
  openStart(tid: Tid, dirfd: CallerFd, absolute: boolean): number;
  close(fd: number): void;
}

export class CallStarts {
  readonly #view: StartHost;
  #tid: Tid | undefined;
  /** Descriptors of ours by link. */
  readonly #open = new Map<string, number>();
  /** By descriptor, of those that were asked for. */
  readonly #stamps = new Map<number, FileStamp>();

  readonly found: FoundFile;

  constructor(view: StartHost) {
    this.#view = view;
    this.found = new FoundFile((fd) => view.close(fd));
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

  /** What tells the directory apart; `undefined` = it cannot be opened. */
  stampOf(tid: Tid, dirfd: CallerFd, absolute: boolean): FileStamp | undefined {
    const fd = this.of(tid, dirfd, absolute);
    return fd < 0 ? undefined : this.stampBy(fd);
  }

  /** The same, by what {@link of} has said. */
  stampBy(fd: number): FileStamp | undefined {
    const known = this.#stamps.get(fd);
    const stamp = known ?? stampOf(this.#view, fd);
    if (known === undefined && stamp !== undefined) this.#stamps.set(fd, stamp);
    return stamp;
  }

  /** `undefined` = nobody has asked yet. */
  known(tid: Tid, dirfd: CallerFd, absolute: boolean): number | undefined {
    return this.#tid === tid ? this.#open.get(startLink(dirfd, absolute)) : undefined;
  }

  /** To be called before the call goes on, which may change them or unmount what they are on. */
  forget(): void {
    this.found.forget();
    this.#stamps.clear();
    if (this.#open.size === 0) return;
    for (const fd of this.#open.values()) this.#view.close(fd);
    this.#open.clear();
    this.#tid = undefined;
  }
}
