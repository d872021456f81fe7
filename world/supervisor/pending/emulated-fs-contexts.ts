/**
 * Filesystem contexts and detached mounts that callers got from fsopen(2) and fsmount(2) of emulated filesystem types.
 *
 * The caller's descriptor of a context (fs/fsopen.c) is a datagram socket that is connected to itself: what we write to
 * it the caller reads, one message per read(2), as from the log of a real context, except that an empty log reads
 * EAGAIN instead of ENODATA. We keep no descriptor of it. A detached mount is dissolved when the descriptor of fsmount(2)
 * is closed; that one is O_PATH and cannot be handed over, so we keep it until the mount is attached or its process has
 * ended.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd, Tgid, Tid } from '../../../linux/ids.ts';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from '../../../linux/socket.ts';
import { copyDescriptor } from '../caller/caller-descriptor.ts';
import type { CallerView } from '../caller/caller-view.ts';

/** CREATE_PARAMS, AWAITING_MOUNT and RECONF_PARAMS of include/linux/fs_context.h. */
export type Phase = 'new' | 'created' | 'mounted';

export interface EmulatedFsContext {
  readonly type: string;
  phase: Phase;
  hasSource: boolean;
}

interface Held {
  /** Closing it dissolves the mount, unless it is attached. */
  readonly fd: number;
  readonly type: string;
  readonly tgid: Tgid;
}

/** struct sockaddr_un: family (2 bytes) and path. */
const FAMILY_SIZE = 2;
const ADDRESS_SIZE = 110;
/** Limit of contexts and of detached mounts; the oldest goes first. */
const LIMIT = 64;

export class EmulatedFsContexts {
  readonly #view: CallerView;
  /** By the link text of the caller's socket, `socket:[N]`. */
  readonly #contexts = new Map<string, EmulatedFsContext>();
  /** By mount id. */
  readonly #mounts = new Map<number, Held>();

  constructor(view: CallerView) {
    this.#view = view;
  }

  /** @returns the caller's descriptor, to be closed when it was handed out, or a negative errno. */
  open(type: string): number {
    const fd = this.#talkingToItself();
    if (fd < 0) return fd;
    const [oldest] = this.#contexts.size < LIMIT ? [] : this.#contexts.keys();
    if (oldest !== undefined) this.#contexts.delete(oldest);
    const name = this.#view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`) ?? '';
    this.#contexts.set(name, { type, phase: 'new', hasSource: false });
    return fd;
  }

  /** Adds a line to what the caller can read from the context behind its descriptor. */
  report(tid: Tid, fd: CallerFd, message: string): void {
    const copy = copyDescriptor(this.#view, tid, fd);
    if (copy < 0) return;
    const line = `${message}\n`;
    rawSyscall(NR.write, copy, this.#view.path(line), line.length);
    this.#view.close(copy);
  }

  /** The context behind a descriptor of a caller. */
  of(tid: Tid, fd: CallerFd): EmulatedFsContext | undefined {
    if (this.#contexts.size === 0) return undefined;
    const name = this.#view.readlinkAt(AT_FDCWD, `/proc/${tid}/fd/${fd}`);
    return name === undefined ? undefined : this.#contexts.get(name);
  }

  /** @param fd of a detached mount, ours from now on. */
  hold(fd: number, type: string, tgid: Tgid): void {
    this.sweep();
    this.#mounts.set(this.#view.mountId(fd), { fd, type, tgid });
  }

  /** The held mount that `fd` leads into. */
  held(fd: number): Pick<Held, 'fd' | 'type'> | undefined {
    return this.#mounts.size === 0 ? undefined : this.#mounts.get(this.#view.mountId(fd));
  }

  /** To be called when the mount has been attached. */
  release(fd: number): void {
    for (const [id, held] of this.#mounts) if (held.fd === fd) this.#mounts.delete(id);
    this.#view.close(fd);
  }

  /** Closes the mounts of processes that have ended, and the oldest ones beyond the limit. */
  sweep(): void {
    for (const { fd, tgid } of this.#mounts.values()) {
      const gone = this.#view.readlinkAt(AT_FDCWD, `/proc/${tgid}/ns/mnt`) === undefined;
      if (gone || this.#mounts.size >= LIMIT) this.release(fd);
    }
  }

  /** Is any mount held? */
  get any(): boolean {
    return this.#mounts.size > 0;
  }

  /** To be called when the worker ends. */
  close(): void {
    for (const { fd } of this.#mounts.values()) this.release(fd);
  }

  #talkingToItself(): number {
    const view = this.#view;
    const fd = rawSyscall(NR.socket, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    const address = view.resultAddress;
    const length = address + ADDRESS_SIZE + 2;
    view.resultView.setUint16(0, AF_UNIX, true);
    view.resultView.setUint32(ADDRESS_SIZE + 2, ADDRESS_SIZE, true);
    // An address of the family alone: the kernel picks an unused abstract name (autobind, unix(7)).
    const steps = [
      () => rawSyscall(NR.bind, fd, address, FAMILY_SIZE),
      () => rawSyscall(NR.getsockname, fd, address, length),
      () => rawSyscall(NR.connect, fd, address, view.resultView.getUint32(ADDRESS_SIZE + 2, true)),
    ];
    for (const step of steps) {
      const result = step();
      if (result < 0) {
        view.close(fd);
        return result;
      }
    }
    return fd;
  }
}
