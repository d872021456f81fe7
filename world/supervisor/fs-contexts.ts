/**
 * What fsopen(2) and fsmount(2) of our types gave to callers and is still in use: filesystem contexts, and mounts without a place.
 *
 * A context (fs/fsopen.c) is one end of a socket pair for the caller; the other is ours. What is written here the caller reads there, one
 * message per read(2), as from the log of a real context, except that it reads EAGAIN where the kernel has ENODATA; that the caller closed
 * its end is seen here. A mount that was not attached yet would be taken apart when its first descriptor, which cannot be handed over (it is
 * O_PATH), is closed; so it is kept until it is attached or its process is gone.
 */
import { NR } from '../sys/libc.ts';
import { rawSyscall } from '../sys/raw-syscall.ts';
import { AT_FDCWD, type CallerView } from './caller-view.ts';

/** CREATE_PARAMS, AWAITING_MOUNT and RECONF_PARAMS of include/linux/fs_context.h. */
export type Phase = 'new' | 'created' | 'mounted';

export interface FsContext {
  readonly type: string;
  phase: Phase;
  hasSource: boolean;
  /** Adds a line to what the caller can read. */
  report(message: string): void;
}

interface Held {
  /** Closing it takes the mount apart, unless it is attached. */
  readonly fd: number;
  readonly tgid: number;
}

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
/** More of them are not waiting for honest programs. */
const LIMIT = 64;

export class FsContexts {
  readonly #view: CallerView;
  /** By the socket that the caller has, `socket:[N]`. */
  readonly #contexts = new Map<string, FsContext & { readonly ours: number }>();
  /** By mount id. */
  readonly #mounts = new Map<number, Held>();

  constructor(view: CallerView) {
    this.#view = view;
  }

  /** @returns the caller's end, to be closed when it was handed out, or a negative errno. */
  open(type: string): number {
    this.#sweep();
    const view = this.#view;
    const kind = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const made = rawSyscall(NR.socketpair, AF_UNIX, kind, 0, view.resultAddress);
    if (made < 0) return made;
    const ours = view.resultView.getInt32(0, true);
    const theirs = view.resultView.getInt32(4, true);
    const report = (message: string): void => {
      const line = `${message}\n`;
      rawSyscall(NR.write, ours, view.path(line), line.length);
    };
    const name = view.readlinkAt(AT_FDCWD, `/proc/self/fd/${theirs}`) ?? '';
    this.#contexts.set(name, { type, phase: 'new', hasSource: false, report, ours });
    return theirs;
  }

  /** The context behind a descriptor of a caller. */
  of(tid: number, fd: number): FsContext | undefined {
    if (this.#contexts.size === 0) return undefined;
    const name = this.#view.readlinkAt(AT_FDCWD, `/proc/${tid}/fd/${fd}`);
    return name === undefined ? undefined : this.#contexts.get(name);
  }

  /** @param fd of a detached mount, ours from now on. */
  hold(fd: number, tgid: number): void {
    this.#sweep();
    this.#mounts.set(this.#view.mountId(fd), { fd, tgid });
  }

  /** The held mount that `fd` leads into. */
  held(fd: number): number | undefined {
    return this.#mounts.size === 0 ? undefined : this.#mounts.get(this.#view.mountId(fd))?.fd;
  }

  /** It has been attached. */
  release(fd: number): void {
    for (const [id, held] of this.#mounts) if (held.fd === fd) this.#mounts.delete(id);
    this.#view.close(fd);
  }

  /** Drops what nobody can use any more, and the oldest when there is too much. */
  #sweep(): void {
    for (const [name, { ours }] of this.#contexts) {
      const closed = rawSyscall(NR.read, ours, this.#view.resultAddress, 1) === 0;
      if (!closed && this.#contexts.size < LIMIT) continue;
      this.#view.close(ours);
      this.#contexts.delete(name);
    }
    for (const { fd, tgid } of this.#mounts.values()) {
      const gone = this.#view.readlinkAt(AT_FDCWD, `/proc/${tgid}/ns/mnt`) === undefined;
      if (gone || this.#mounts.size >= LIMIT) this.release(fd);
    }
  }
}
