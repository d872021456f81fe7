/**
 * Facts of files that were looked at before, for the directories that many paths lead through and the files that many
 * processes use.
 *
 * Model: facts hold for an inode reached by the same mount and path while its times say that it has not changed, and the
 * epoch has not moved (labels, mounts, names of directories). Times of files have the resolution of a clock tick on some
 * kernels: what changed just now is looked at anew. What is labelled after a process or by its place is never kept. The path of a
 * descriptor is looked at once for a program that uses it several times: its file, if it has one name, gets another one only by a change
 * of its own, or where somebody outside of the world moves a directory above it, which does not change labels in a kernel.
 */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { S_IFDIR, S_IFMT } from '../../../linux/stat.ts';
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

interface Known extends Counters, Pick<FileStamp, 'device' | 'nanoseconds' | 'seconds'> {
  readonly file: InspectedFile;
}

export class KnownFiles {
  readonly #view: CallerView;
  readonly #files: FileInspector;
  readonly #epoch: Pick<Epoch, 'names' | 'now'>;
  /** By mount, then by inode number. */
  readonly #known = new Map<bigint, Map<bigint, Known>>();
  #size = 0;
  /** Of one call, by mount and inode number: a directory has one name, and a call may name it several times. */
  #directories: { readonly call: number; readonly files: Map<string, InspectedFile> } | undefined;
  /** What a program has used last by a descriptor. */
  readonly #behind = new WeakMap<object, { readonly descriptor: CallerFd; readonly file: InspectedFile }>();
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
    const file = this.#lookInCall(fd, tid, stamp);
    if (file === undefined || !isLasting(file) || !isSettled(stamp)) return file;
    this.#remember(stamp, counters, file);
    return file;
  }

  /** Attributes were stored that no epoch counts. */
  labelled(): void {
    this.#directories = undefined;
  }

  #lookInCall(fd: number, tid: Tid, { isMountUnique, ino, mode, mount }: FileStamp): InspectedFile | undefined {
    if (!isMountUnique || (mode & S_IFMT) !== S_IFDIR) return this.#look(fd, tid);
    const call = this.#view.calls;
    if (this.#directories?.call !== call) this.#directories = { call, files: new Map() };
    const { files } = this.#directories;
    const key = `${tid} ${mount} ${ino}`;
    const file = files.get(key) ?? this.#look(fd, tid);
    if (file !== undefined) files.set(key, file);
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

  /** The same of a descriptor of the caller. @param stamp of its link. @param program the same one for the same thread in one program. */
  knownBehind(descriptor: CallerFd, tid: Tid, stamp: FileStamp, program: object): InspectedFile | undefined {
    const file = this.#unchanged(stamp);
    if (file === undefined) return undefined;
    const last = this.#behind.get(program);
    if (last?.descriptor !== descriptor || last.file !== file) {
      if (this.#view.readlinkAt(AT_FDCWD, linkOf(tid, descriptor)) !== file.path) return undefined;
      if (file.links === 1) this.#behind.set(program, { descriptor, file });
    }
    const mount = stamp.isMountUnique ? stamp.mount : undefined;
    return this.#view.hazards.waits(tid, stamp.device, () => mount) ? undefined : file;
  }

  #of(stamp: FileStamp, path: () => string | undefined): InspectedFile | undefined {
    const file = this.#unchanged(stamp);
    return file !== undefined && path() === file.path ? file : undefined;
  }

  #unchanged(stamp: FileStamp): InspectedFile | undefined {
    const known = this.#known.get(stamp.mount)?.get(stamp.ino);
    if (known?.device !== stamp.device || !isSameTime(known, stamp)) return undefined;
    return known.epoch === this.#epoch.now && known.names === this.#epoch.names ? known.file : undefined;
  }

  #remember({ device, mount, ino, seconds, nanoseconds }: FileStamp, counters: Counters, file: InspectedFile): void {
    if (this.#size >= REMEMBERED) {
      this.#known.clear();
      this.#size = 0;
    }
    const ofMount = this.#known.get(mount) ?? new Map<bigint, Known>();
    if (!ofMount.has(ino)) this.#size++;
    this.#known.set(mount, ofMount.set(ino, { ...counters, device, seconds, nanoseconds, file }));
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

function isLasting({ inode }: InspectedFile): boolean {
  const { process, socket, filesystem } = inode;
  if (process !== undefined || socket !== undefined) return false;
  return hasKnownFilesystem(inode) && !KNOWN_BY_PATH.has(filesystem.type);
}
