/**
 * The directory in which a call makes a name, looked up once for all who ask about it in the same call.
 *
 * Model: in the kernel's caches only, past no file of a process, and with our rights: a caller who may not search it makes no
 * name there.
 */
import { O_DIRECTORY, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import type { CallerView } from './caller-view.ts';
import { type FileStamp, type StampView, stampOf } from './file-stamp.ts';
import { splitPlace } from './place.ts';
import type { RecentSecurity } from './recent-security.ts';

/** Descriptors are ours, until the call is answered. */
export interface OpenPlace {
  /** Where the path starts from (CallerView.starts). */
  readonly start: number;
  readonly absolute: boolean;
  /** The path without the last name. */
  readonly parent: string;
  readonly directory: number;
  /** Of the directory, when it was found. */
  readonly stamp: FileStamp;
  readonly name: string;
  /** What modules decide about of the directory (FileInspector.securityOfDirectory). */
  security(): Readonly<Record<string, string>>;
}

interface Asked {
  readonly tid: Tid;
  readonly dirfd: CallerFd;
  readonly path: string;
}

/** Paths with /proc/self or the like, which mean another file to us (caller-view.ts). */
const LINKS_OF_CALLER = /^\/(?:proc|dev\/(?:fd|stdin|stdout|stderr))(?:\/|$)/;

type PlacesView = Pick<CallerView, 'close' | 'openCached' | 'starts'> & StampView;

export class CallPlaces {
  readonly #view: PlacesView;
  readonly #security: Pick<RecentSecurity, 'of'>;
  #last: (Asked & { readonly found: OpenPlace | undefined }) | undefined;

  constructor(view: PlacesView, security: Pick<RecentSecurity, 'of'>) {
    this.#view = view;
    this.#security = security;
  }

  /** `undefined` = it is not in the caches, or the path has no last name. */
  find(tid: Tid, dirfd: CallerFd, path: string): OpenPlace | undefined {
    const last = this.#last;
    if (last?.path === path && last.tid === tid && last.dirfd === dirfd) return last.found;
    this.forget();
    const found = this.#open({ tid, dirfd, path });
    this.#last = { tid, dirfd, path, found };
    return found;
  }

  /** To be called before the call is let go on. */
  forget(): void {
    const found = this.#last?.found;
    this.#last = undefined;
    if (found !== undefined && found.directory !== found.start) this.#view.close(found.directory);
  }

  #open({ tid, dirfd, path }: Asked): OpenPlace | undefined {
    if (LINKS_OF_CALLER.test(path)) return undefined;
    const place = splitPlace(path);
    if (place === undefined) return undefined;
    const absolute = path.startsWith('/');
    const start = this.#view.starts.of(tid, dirfd, absolute);
    if (start < 0) return undefined;
    const { parent, name } = place;
    const resolve = RESOLVE_NO_MAGICLINKS | (absolute ? RESOLVE_IN_ROOT : 0);
    const directory = parent === '' ? start : this.#view.openCached(tid, start, parent, O_DIRECTORY, resolve);
    if (directory < 0) return undefined;
    const stamp = directory === start ? this.#view.starts.stampBy(start) : stampOf(this.#view, directory);
    if (stamp !== undefined) {
      const security = () => this.#security.of(directory, stamp);
      return { start, absolute, parent, directory, stamp, name, security };
    }
    if (directory !== start) this.#view.close(directory);
    return undefined;
  }
}
