/** A view of imagined files, for one caller. */
import { AT_FDCWD } from '../../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../../linux/ids.ts';
import { ActingAs } from '../acting-as.ts';
import { CallerView } from '../caller-view.ts';
import type { CallerHazards } from '../hazards.ts';
import type { FileCalls } from '../own-files.ts';
import { parseStatus } from '../process-status.ts';
import { type ImaginedFiles, type ImaginedInode, ImaginedThread } from './imagined-files.ts';

const ALL = 'ffffffff';

/** Text of /proc/<tid>/status. */
export function statusText({ tid = 1, uid = 0, gid = 0, groups = '', capabilities = ALL } = {}): string {
  const set = capabilities.padStart(16, '0');
  const sets = [`CapInh:\t${'0'.repeat(16)}`, `CapPrm:\t${set}`, `CapEff:\t${set}`];
  const ids = [`Uid:\t${uid}\t${uid}\t${uid}\t${uid}`, `Gid:\t${gid}\t${gid}\t${gid}\t${gid}`];
  return `Name:\tcat\nTgid:\t${tid}\nPid:\t${tid}\nTracerPid:\t0\n${[...ids, `Groups:\t${groups}`, ...sets].join('\n')}\nNoNewPrivs:\t0\n`;
}

/** Filesystems that do not answer, by device. */
export class ImaginedHazards implements CallerHazards {
  readonly waiting = new Set<string>();
  /** Devices that are in no list of mounts. */
  readonly unlisted = new Set<string>();
  audit: CallerHazards['audit'];

  boundedFor(): undefined {
    return undefined;
  }
  waits(_tid: Tid, device: string): boolean {
    return this.waiting.has(device) || this.unlisted.has(device);
  }
  isListed(_tid: Tid, device: string): boolean {
    return !this.unlisted.has(device);
  }
  isKernels(): boolean {
    return false;
  }
  any(): boolean {
    return this.waiting.size > 0;
  }
  isInOurUserNamespace(): boolean {
    return true;
  }
  isKnownInOurUserNamespace(): boolean {
    return true;
  }
  forget(): void {
    // It remembers nothing.
  }
}

/** The supervisor is root. */
export class ImaginedView extends CallerView implements FileCalls {
  readonly #files: ImaginedFiles;

  constructor(files: ImaginedFiles, hazards: ImaginedHazards, thread = new ImaginedThread()) {
    super(hazards, new ActingAs(parseStatus(statusText()), thread));
    this.#files = files;
  }

  /** What the caller's path leads to, or a negative errno; nothing stays open. */
  find(tid: Tid, dirfd: CallerFd, path: string, flags = 0, restriction = 0): ImaginedInode | number | undefined {
    const fd = this.resolveForCaller(tid, dirfd, path, flags, restriction);
    if (fd < 0) return fd;
    const inode = this.#files.at(fd);
    this.close(fd);
    return inode;
  }

  override openAt(directory: number, path: string, flags: number): number {
    return this.#files.openAt(directory, path, flags);
  }
  override openAt2(directory: number, path: string, flags: number, resolve: number): number {
    return this.#files.openAt2(directory, path, flags, resolve);
  }
  override duplicate(fd: number): number {
    return this.#files.duplicate(fd);
  }
  override close(fd: number): void {
    this.#files.close(fd);
  }
  override stat(fd: number) {
    return this.#files.stat(fd);
  }
  override identity(fd: number) {
    return this.#files.identity(fd);
  }
  override mountId(fd: number): number {
    return this.#files.mountId(fd);
  }
  override filesystem(fd: number) {
    return this.#files.filesystem(fd);
  }
  override looksLikeFuse(fd: number): boolean {
    return this.#files.looksLikeFuse(fd);
  }
  override access(fd: number, mask: number): number {
    return this.#files.access(fd, mask);
  }
  override readlinkAt(directory: number, path: string): string | undefined {
    return this.#files.readlinkAt(directory, path);
  }
  override readFile(directory: number, path: string): string | undefined {
    return this.#files.readFile(directory, path);
  }
  override readStatus(tid: Tid): string | undefined {
    return this.readFile(AT_FDCWD, `/proc/${tid}/status`);
  }
  override mountInfo(tid: Tid | 'thread-self'): string {
    return this.#files.mountInfo(tid);
  }
}
