/**
 * In which layer of an overlay a file is, where the overlay was mounted in the world.
 *
 * Model: no system call tells it. Where the caller has the mounts of who mounted the overlay, and may go to the directory of
 * the upper layer, a file is copied to that if its path is there. Elsewhere it is not known (layer-checks.ts).
 */
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { FileLayer, LayeredMount, UpperLayer } from '../../../lsm/framework/files/layers.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { Asks } from '../protocol/questions/index.ts';

export interface LayersHost {
  readonly view: Pick<CallerView, 'close' | 'identity' | 'mayAsk' | 'openAt2' | 'readlinkAt' | 'resolveForCaller'>;
  readonly epoch: Pick<Epoch, 'now'>;
  readonly ask: Asks<'layers'>;
}

/** The type of filesystems with layers. */
export const LAYERED = 'overlay';

export class Layers {
  readonly #host: LayersHost;
  #now = -1;
  /** By device. */
  readonly #mounts = new Map<string, LayeredMount | undefined>();

  constructor(host: LayersHost) {
    this.#host = host;
  }

  /** `undefined` = the file is shown by no such filesystem, or by one that was mounted outside. */
  mountOf({ device, inode }: Pick<FileFacts, 'device' | 'inode'>): LayeredMount | undefined {
    if (inode.filesystem.type !== LAYERED) return undefined;
    const { now } = this.#host.epoch;
    if (now !== this.#now) this.#mounts.clear();
    this.#now = now;
    if (!this.#mounts.has(device))
      this.#mounts.set(device, this.#host.ask({ kind: 'layers', device })?.value ?? undefined);
    return this.#mounts.get(device);
  }

  of(file: Pick<FileFacts, 'device' | 'inode'>, tid: Tid): FileLayer | undefined {
    const mount = this.mountOf(file);
    if (mount === undefined) return undefined;
    const { upper, lower, capabilities } = mount;
    const copied = upper !== undefined && this.#isIn(upper, file.inode.entry ?? file.inode.path, tid);
    const { device, filesystem } = copied === true && upper !== undefined ? upper : lower;
    return { device, filesystem, capabilities, mount: file.device, ...(copied !== undefined && { copied }) };
  }

  /** `undefined` = not known. */
  #isIn({ path, ino, device, namespace }: UpperLayer, name: string, tid: Tid): boolean | undefined {
    const { view } = this.#host;
    if (view.readlinkAt(AT_FDCWD, `/proc/${tid}/ns/mnt`) !== namespace) return undefined;
    const directory = view.resolveForCaller(tid, AT_FDCWD, path, O_DIRECTORY | O_NOFOLLOW);
    if (directory < 0) return undefined;
    try {
      const found = view.identity(directory);
      if (found?.ino !== ino || `${found.major}:${found.minor}` !== device) return undefined;
      if (!view.mayAsk(directory, tid, device)) return undefined;
      const file = view.openAt2(directory, `.${name}`, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
      if (file >= 0) view.close(file);
      return file >= 0 || (file === -ERRNO.ENOENT ? false : undefined);
    } finally {
      view.close(directory);
    }
  }
}
