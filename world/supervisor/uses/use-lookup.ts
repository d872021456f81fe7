/**
 * Files that a system call uses, found as its caller would find them. Descriptors stay open until the call is answered.
 */
import type { RemoteMemory } from '../../../host/memory/remote-memory.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector, InspectedFile } from '../caller/file-inspector.ts';
import type { Notification } from '../notification.ts';
import type { DeviceTable } from '../protocol/devices.ts';
import type { ReportedUse } from './reported-use.ts';
import { type MountedFile, usedFile } from './used-file.ts';

export interface Used extends MountedFile {
  readonly fd: number;
}

/** A use without its file. */
export type UsePart = Pick<ReportedUse, 'hook' | 'mask' | 'writes' | 'direct' | 'ids' | 'program'>;

export interface UseLookupContext {
  readonly call: Notification;
  readonly memory: RemoteMemory;
  readonly view: CallerView;
  readonly files: FileInspector;
  readonly devices: DeviceTable;
}

export class UseLookup {
  readonly #context: UseLookupContext;
  #opened: number[] = [];

  constructor(context: UseLookupContext) {
    this.#context = context;
  }

  /** A path in this argument of the call; `undefined` when it is empty or cannot be read. */
  path(argument: number): string | undefined {
    const { call, memory } = this.#context;
    const path = memory.readString(call.tid, call.low(argument), call.high(argument));
    return typeof path === 'string' && path !== '' ? path : undefined;
  }

  /** A descriptor, to be closed by who asks, or a negative errno. */
  find(dirfd: CallerFd, path: string, flags: number): number {
    const { view, call } = this.#context;
    return view.resolveForCaller(call.tid, dirfd, path, flags);
  }

  resolve(dirfd: CallerFd, path: string, flags: number): Used | undefined {
    return this.look(this.find(dirfd, path, flags));
  }

  descriptor(descriptor: CallerFd): Used | undefined {
    const { view, call } = this.#context;
    return this.look(view.openDescriptor(call.tid, descriptor));
  }

  /** @param fd from now on closed by `close`. Or a negative errno. */
  look(fd: number): Used | undefined {
    if (fd < 0) return undefined;
    this.keep(fd);
    return this.used(fd, undefined);
  }

  /** @param looked what is known of the file already. */
  used(fd: number, looked: InspectedFile | undefined): Used | undefined {
    const { view, call, files, devices } = this.#context;
    const used = usedFile(view, files, devices, fd, call.tid, { looked });
    return used && { fd, ...used };
  }

  /** To be closed with the others. @param fd or a negative errno. */
  keep(fd: number): void {
    if (fd >= 0) this.#opened.push(fd);
  }

  /** The call is answered. */
  close(): void {
    for (const fd of this.#opened) this.#context.view.close(fd);
    this.#opened = [];
  }
}
