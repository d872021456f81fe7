/**
 * Our own system calls on files, but for what waits for the execve(2) of another process than the caller, or for who uses its files
 * (host/process/process-files.ts): where users can make that wait, helpers do it.
 */
import { NR } from '../../../host/libc.ts';
import type { BoundedAccess } from '../../../host/memory/bounded-access.ts';
import { processFile } from '../../../host/process/process-files.ts';
import { StatusFiles } from '../../../host/procfs/status-files.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { O_CLOEXEC } from '../../../linux/fcntl.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { STATFS } from '../../../linux/statfs.ts';
import { CallLooks, type FilesystemStatus } from './call-looks.ts';
import { DescriptorShortage } from './descriptor-shortage.ts';
import { type FileIdentity, OwnFiles } from './own-files.ts';

const OF_PROCESS =
  /^\/proc\/(\d+)\/((?:task\/\d+\/)?(?:stat|syscall|(?:exe|cwd|root|fd|fdinfo|ns|map_files)(?:\/.*)?))$/;

/** Its methods throw WaitingError. */
export class BoundedFiles<Hazards extends { boundedFor(process: Tid): BoundedAccess | undefined }> extends OwnFiles {
  readonly hazards: Hazards;
  readonly shortage = new DescriptorShortage();
  readonly looks = new CallLooks();
  readonly #statusFiles = new StatusFiles();

  constructor(hazards: Hazards) {
    super();
    this.hazards = hazards;
  }

  override openAt(directory: number, path: string, flags: number): number {
    const entry = this.#heldEntry(path);
    return this.#opened(
      entry === undefined
        ? super.openAt(directory, path, flags)
        : entry.bounded.open(entry.tid, entry.name, flags | O_CLOEXEC),
    );
  }

  override openAt2(directory: number, path: string, flags: number, resolve: number): number {
    return this.#opened(super.openAt2(directory, path, flags, resolve));
  }

  override duplicate(fd: number): number {
    return this.#opened(super.duplicate(fd));
  }

  override close(fd: number): void {
    this.looks.changed(fd);
    super.close(fd);
  }

  override identity(fd: number): FileIdentity | undefined {
    return this.looks.identity(fd, () => super.identity(fd));
  }

  /** Asked once for each mount in a call. */
  override filesystem(fd: number): FilesystemStatus {
    return this.looks.filesystem(this.identity(fd)?.mount, () => super.filesystem(fd));
  }

  /** `f_fsid`; 0 where it has none. */
  filesystemNumber(fd: number): bigint {
    return rawSyscall(NR.fstatfs, fd, this.resultAddress) < 0 ? 0n : this.resultView.getBigUint64(STATFS.FSID, true);
  }

  #opened(fd: number): number {
    if (fd >= 0) this.looks.changed(fd);
    return this.shortage.note(fd);
  }

  override readFile(directory: number, path: string): string | undefined {
    const entry = this.#heldEntry(path);
    return entry === undefined
      ? super.readFile(directory, path)
      : processFile({ bounded: entry.bounded }, entry.tid, entry.name);
  }

  /** All of /proc/<tid>/status, which waits for nobody; `undefined` when there is no such thread. */
  readStatus(tid: Tid): string | undefined {
    return this.#statusFiles.read(tid);
  }

  /** The file /proc/<tid>/<name>, of any length; `undefined` when it cannot be read. */
  readProcess(tid: Tid, name: string): string | undefined {
    return processFile({ bounded: this.hazards.boundedFor(tid) }, tid, name);
  }

  override readlinkAt(directory: number, path: string): string | undefined {
    const entry = this.#heldEntry(path);
    if (entry === undefined) return super.readlinkAt(directory, path);
    const [target] = entry.bounded.readlinks(entry.tid, [entry.name]);
    return typeof target === 'string' ? target : undefined;
  }

  /** A path of ours to what can wait for that process, while it may have to. */
  #heldEntry(path: string): { readonly bounded: BoundedAccess; readonly tid: Tid; readonly name: string } | undefined {
    const match = OF_PROCESS.exec(path);
    if (match === null) return undefined;
    const tid = tidOf(Number(match[1]));
    const bounded = this.hazards.boundedFor(tid);
    return bounded && { bounded, tid, name: match[2] ?? '' };
  }
}
