/**
 * Facts of files that were looked at before, for the directories that many paths lead through and the files that many
 * processes use.
 *
 * Model: facts hold for an inode reached by the same mount and path while its times say that it has not changed, and the
 * epoch has not moved (labels, mounts, names of directories). Times of files have the resolution of a clock tick on some
 * kernels: what changed just now is looked at anew. What is labelled after a process or by its place is never kept.
 */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { hasKnownFilesystem, KNOWN_BY_PATH } from '../../../lsm/framework/files/inode.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector, InspectedFile } from '../caller/file-inspector.ts';
import { type FileStamp, isSameTime, isSettled, linkOf, stampOf } from '../caller/file-stamp.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { Layers } from './layers.ts';

const REMEMBERED = 4096;

interface Counters {
  readonly epoch: number;
  /** Epoch.names */
  readonly names: number;
}

interface Known extends Counters, Pick<FileStamp, 'nanoseconds' | 'seconds'> {
  readonly file: InspectedFile;
}

export class KnownFiles {
  readonly #view: CallerView;
  readonly #files: FileInspector;
  readonly #epoch: Pick<Epoch, 'names' | 'now'>;
  readonly #known = new Map<string, Known>();
  readonly #layers: Pick<Layers, 'of'>;

  constructor(view: CallerView, files: FileInspector, epoch: Pick<Epoch, 'names' | 'now'>, layers: Pick<Layers, 'of'>) {
    this.#layers = layers;
    this.#view = view;
    this.#files = files;
    this.#epoch = epoch;
  }

  /** As of FileInspector, with the attributes that modules decide about. */
  look(fd: number, tid: Tid): InspectedFile | undefined {
    const counters = this.#counters();
    const stamp = stampOf(this.#view, fd);
    if (stamp === undefined) return this.#look(fd, tid);
    const known = this.#of(stamp, () => this.#files.pathOf(fd));
    if (known !== undefined) return this.#view.mayAsk(fd, tid, stamp.device) ? known : undefined;
    const file = this.#look(fd, tid);
    if (file === undefined || !isLasting(file) || !isSettled(stamp)) return file;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    const { seconds, nanoseconds } = stamp;
    this.#known.set(keyOf(stamp), { ...counters, seconds, nanoseconds, file });
    return file;
  }

  #look(fd: number, tid: Tid): InspectedFile | undefined {
    const file = this.#files.look(fd, tid);
    const layer = file && this.#layers.of(file, tid);
    return layer === undefined ? file : ({ ...file, layer } as InspectedFile);
  }

  /** The same, if it was looked at before. @param stamp of `fd`, made in this call. */
  known(fd: number, tid: Tid, stamp: FileStamp): InspectedFile | undefined {
    const known = this.#of(stamp, () => this.#files.pathOf(fd));
    return known !== undefined && this.#view.mayAsk(fd, tid, stamp.device) ? known : undefined;
  }

  /** The same of a descriptor of the caller. @param stamp of its link. */
  knownBehind(descriptor: CallerFd, tid: Tid, stamp: FileStamp): InspectedFile | undefined {
    const { hazards } = this.#view;
    const known = this.#of(stamp, () => this.#view.readlinkAt(AT_FDCWD, linkOf(tid, descriptor)));
    const mount = stamp.isMountUnique ? stamp.mount : undefined;
    return known !== undefined && !hazards.waits(tid, stamp.device, () => mount) ? known : undefined;
  }

  #of(stamp: FileStamp, path: () => string | undefined): InspectedFile | undefined {
    const known = this.#known.get(keyOf(stamp));
    const { epoch, names } = this.#counters();
    const isSame = known?.epoch === epoch && known.names === names && isSameTime(known, stamp);
    return isSame && path() === known.file.path ? known.file : undefined;
  }

  /** As of FileInspector. */
  list(fd: number): string[] | number {
    return this.#files.list(fd);
  }

  #counters(): Counters {
    const { names, now: epoch } = this.#epoch;
    return { epoch, names };
  }
}

const keyOf = ({ device, ino, mount }: FileStamp): string => `${device} ${ino} ${mount}`;

function isLasting({ inode }: InspectedFile): boolean {
  const { process, socket, filesystem } = inode;
  if (process !== undefined || socket !== undefined) return false;
  return hasKnownFilesystem(inode) && !KNOWN_BY_PATH.has(filesystem.type);
}
