/**
 * Open file handles and directory streams of a connection, by the number (`fh`) that the kernel sends with each request.
 */
import type { DirectoryEntry, FileNode, Handle } from '../../vfs/tree/node.ts';
import { release } from '../../vfs/tree/operations.ts';
import { PositionTracker } from '../../vfs/tree/position.ts';
import { type FileHandle, fileHandle, type PollHandle } from '../protocol/ids.ts';

export class OpenFile {
  readonly node: FileNode;
  readonly handle: Handle;
  /** Only for handles whose writes leave the position alone; the kernel is right about the others. */
  readonly position: PositionTracker | undefined;
  /** Flags at open; transports that get the present flags with each read do not use this. */
  readonly nonblocking: boolean;
  /** Handle number of the kernel while a poll waits for a wake-up. */
  pollHandle: PollHandle | undefined;

  constructor(node: FileNode, handle: Handle, nonblocking = false) {
    this.node = node;
    this.handle = handle;
    this.nonblocking = nonblocking;
    this.position = handle.writeMovesPosition ? undefined : new PositionTracker(false);
  }
}

/** A directory stream: the entries as they were when reading began. Offset n = behind the nth entry, `.` and `..` included. */
export class OpenDirectory {
  entries: readonly DirectoryEntry[] | undefined;
}

export class OpenFiles {
  readonly #files = new Map<FileHandle, OpenFile>();
  readonly #directories = new Map<FileHandle, OpenDirectory>();
  #next = 1;

  get size(): number {
    return this.#files.size + this.#directories.size;
  }

  add(file: OpenFile): FileHandle {
    const fh = fileHandle(this.#next++);
    this.#files.set(fh, file);
    return fh;
  }

  addDirectory(): FileHandle {
    const fh = fileHandle(this.#next++);
    this.#directories.set(fh, new OpenDirectory());
    return fh;
  }

  file(fh: FileHandle): OpenFile | undefined {
    return this.#files.get(fh);
  }

  directory(fh: FileHandle): OpenDirectory | undefined {
    return this.#directories.get(fh);
  }

  close(fh: FileHandle): void {
    const file = this.#files.get(fh);
    this.#files.delete(fh);
    if (file !== undefined) release(file.handle);
  }

  closeDirectory(fh: FileHandle): void {
    this.#directories.delete(fh);
  }

  /** The connection has ended: every handle is released. */
  closeAll(): void {
    for (const fh of [...this.#files.keys()]) this.close(fh);
    this.#directories.clear();
  }
}
