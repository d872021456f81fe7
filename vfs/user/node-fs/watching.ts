/**
 * watch() and watchFile(). What is stored in memory is watched by memfs; other files here have no inotify(7).
 */
import type { FSWatcher, WatchListener } from 'node:fs';
import { StatWatcher } from '@jsonjoy.com/fs-node';
import { E } from '../../../linux/errno.ts';
import { MAY_READ } from '../../../linux/fs.ts';
import type { FileSystemFacade } from '../facade.ts';
import { type PathLike, pathText, wrongType } from '../facade-arguments.ts';
import { FileSystemError } from '../facade-error.ts';
import type { Stats } from '../facade-stats.ts';

type WatchOptions = Record<string, unknown>;
type Listener = WatchListener<string>;

/** inotify_add_watch(2): who watches may read. @throws FileSystemError ENOSYS for files that are not stored in memory. */
export function watch(
  fs: FileSystemFacade,
  path: PathLike,
  options?: WatchOptions | BufferEncoding | Listener | null,
  listener?: Listener,
): FSWatcher {
  const { filesystem, path: canonical } = fs.place(path, 'watch');
  fs.accessSync(path, MAY_READ);
  const start = filesystem.watch;
  if (start === undefined) throw new FileSystemError(E.ENOSYS, 'watch', pathText(path));
  const watcher =
    typeof options === 'function' ? start(canonical, options) : start(canonical, options as never, listener);
  return watcher.once(
    'close',
    fs.endsWith(() => watcher.close()),
  );
}

type StatListener = (now: Stats, before: Stats) => void;
interface WatchFileOptions {
  readonly interval?: number;
  readonly persistent?: boolean;
  readonly bigint?: boolean;
}

const INTERVAL_MS = 5007;

/** The polled files of one facade. */
export class PolledFiles {
  readonly #fs: FileSystemFacade;
  readonly #watchers = new Map<string, StatWatcher>();

  constructor(fs: FileSystemFacade) {
    this.#fs = fs;
  }

  #close = (): void => {
    for (const watcher of this.#watchers.values()) watcher.stop();
    this.#watchers.clear();
  };

  watchFile(path: PathLike, options: WatchFileOptions | StatListener, listener?: StatListener): StatWatcher {
    const call = typeof options === 'function' ? options : listener;
    if (typeof call !== 'function') throw wrongType('listener', 'of type function', call);
    const { interval = INTERVAL_MS, persistent = true, bigint = false } = typeof options === 'function' ? {} : options;
    const name = pathText(path);
    let watcher = this.#watchers.get(name);
    if (watcher === undefined) {
      watcher = new StatWatcher(this.#fs as unknown as ConstructorParameters<typeof StatWatcher>[0]);
      watcher.start(name, persistent, interval, bigint);
      this.#watchers.set(name, watcher);
      this.#fs.endsWith(this.#close);
    }
    return watcher.on('change', call);
  }

  unwatchFile(path: PathLike, listener?: StatListener): void {
    const name = pathText(path);
    const watcher = this.#watchers.get(name);
    if (watcher === undefined) return;
    if (listener === undefined) watcher.removeAllListeners('change');
    else watcher.off('change', listener);
    if (watcher.listenerCount('change') > 0) return;
    watcher.stop();
    this.#watchers.delete(name);
  }
}
