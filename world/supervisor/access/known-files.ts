/**
 * Facts of files that were looked at before, for the directories that many paths lead through and the files that many
 * processes use.
 *
 * Model: facts hold for an inode reached by the same mount and path while its times say that it has not changed, and the
 * epoch has not moved (labels, mounts, names of directories). Times of files have the resolution of a clock tick on some
 * kernels: what changed just now is looked at anew. What is labelled after a process or by its place is never kept.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { STATX_CTIME, STATX_INO, STATX_MNT_ID, STX } from '../../../linux/stat.ts';
import { hasKnownFilesystem, KNOWN_BY_PATH } from '../../../lsm/framework/files/inode.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector, InspectedFile } from '../caller/file-inspector.ts';
import type { Epoch } from '../protocol/epoch.ts';

const MASK = STATX_CTIME | STATX_INO | STATX_MNT_ID;
const REMEMBERED = 4096;
/** Two ticks of the slowest clock (CONFIG_HZ=100). */
const SETTLED_MS = 20;

interface Known {
  readonly epoch: number;
  /** Epoch.names */
  readonly names: number;
  readonly seconds: bigint;
  readonly nanoseconds: number;
  readonly file: InspectedFile;
}

interface Seen extends Omit<Known, 'file'> {
  /** When it was, in milliseconds since 1970: what changes while it is looked at may have the same times. */
  readonly at: number;
  /** `major:minor` */
  readonly device: string;
  /** Device, inode and mount. */
  readonly key: string;
}

export class KnownFiles {
  readonly #view: CallerView;
  readonly #files: FileInspector;
  readonly #epoch: Pick<Epoch, 'names' | 'now'>;
  readonly #known = new Map<string, Known>();

  constructor(view: CallerView, files: FileInspector, epoch: Pick<Epoch, 'names' | 'now'>) {
    this.#view = view;
    this.#files = files;
    this.#epoch = epoch;
  }

  /** As of FileInspector, with the attributes that modules decide about. */
  look(fd: number, tid: Tid): InspectedFile | undefined {
    const seen = this.#see(fd);
    if (seen === undefined) return this.#files.look(fd, tid);
    const known = this.#of(fd, seen);
    if (known !== undefined) return this.#view.mayAsk(fd, tid, seen.device) ? known : undefined;
    const file = this.#files.look(fd, tid);
    if (file === undefined || !isLasting(file) || !isSettled(seen)) return file;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    const { epoch, names, seconds, nanoseconds } = seen;
    this.#known.set(seen.key, { epoch, names, seconds, nanoseconds, file });
    return file;
  }

  /** The same, if it was looked at before. */
  known(fd: number, tid: Tid): InspectedFile | undefined {
    const seen = this.#see(fd);
    const known = seen && this.#of(fd, seen);
    return known !== undefined && this.#view.mayAsk(fd, tid, seen?.device) ? known : undefined;
  }

  #of(fd: number, seen: Seen): InspectedFile | undefined {
    const known = this.#known.get(seen.key);
    return known !== undefined && isSame(known, seen) && this.#files.pathOf(fd) === known.file.path
      ? known.file
      : undefined;
  }

  /** As of FileInspector. */
  list(fd: number): string[] | number {
    return this.#files.list(fd);
  }

  #see(fd: number): Seen | undefined {
    const view = this.#view;
    const { names, now: epoch } = this.#epoch;
    const at = Date.now();
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, fd, view.path(''), flags, MASK, view.resultAddress) < 0) return undefined;
    const statx = view.resultView;
    const device = `${statx.getUint32(STX.DEV_MAJOR, true)}:${statx.getUint32(STX.DEV_MINOR, true)}`;
    const key = `${device} ${statx.getBigUint64(STX.INO, true)} ${statx.getBigUint64(STX.MNT_ID, true)}`;
    return {
      device,
      key,
      epoch,
      names,
      at,
      seconds: statx.getBigInt64(STX.CTIME, true),
      nanoseconds: statx.getUint32(STX.CTIME + 8, true),
    };
  }
}

function isSame(known: Known, seen: Seen): boolean {
  if (known.epoch !== seen.epoch || known.names !== seen.names) return false;
  return known.nanoseconds === seen.nanoseconds && known.seconds === seen.seconds;
}

/** Is the last change long enough ago for another one to show? */
export function isSettled({ at, seconds, nanoseconds }: Pick<Seen, 'at' | 'nanoseconds' | 'seconds'>): boolean {
  return at - (Number(seconds) * 1000 + nanoseconds / 1e6) > SETTLED_MS;
}

function isLasting({ inode }: InspectedFile): boolean {
  const { process, socket, filesystem } = inode;
  if (process !== undefined || socket !== undefined) return false;
  return hasKnownFilesystem(inode) && !KNOWN_BY_PATH.has(filesystem.type);
}
