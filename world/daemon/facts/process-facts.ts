/**
 * Facts about processes, from /proc: who a thread is, which threads a process has.
 *
 * Nothing is remembered from one request to the next: credentials change with setuid(2), capset(2) and exec. A caller that
 * waits for our answer cannot change them. A `Caller` from here reads /proc when one of its costly members is used first.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { processFile } from '../../../host/process/process-files.ts';
import { ownerIds } from '../../../host/process/user-namespace.ts';
import { STAT, statField } from '../../../host/procfs/stat.ts';
import { type Tgid, type Tid, tidOf } from '../../../linux/ids.ts';
import { PF_EXITING } from '../../../linux/process.ts';
import type { SocketPair } from '../../../lsm/framework/events.ts';
import type { ProcessFacts, ThreadFacts } from '../../../lsm/framework/facts.ts';
import type { Caller, UserNamespace } from '../../../vfs/tree/caller.ts';
import type { KnownStatus } from '../../supervisor/protocol/backend.ts';
import { namespaceOf } from '../audit/container-view.ts';
import { LazyCaller } from './lazy-caller.ts';
import type { SocketFacts } from './socket-facts.ts';
import { EFFECTIVE, FILESYSTEM, parseThreadStatus, ROOT, standsForRoot, type ThreadStatus } from './thread-status.ts';
import { UserNamespaces } from './user-namespaces.ts';

/** Bytes read at a time. */
const PIECE = 8192;

export class ProcFacts implements ProcessFacts {
  readonly sockets: (tid: Tid) => readonly SocketPair[];
  readonly socketPeer: (socket: number, tid: Tid) => number;
  readonly socketAddress: (socket: number, tid: Tid) => string | undefined;
  encryptedKey: NonNullable<ProcessFacts['encryptedKey']> = () => undefined;
  readonly #buffer = Buffer.alloc(PIECE);
  /** Kept for one request: its caller is blocked, and the lookup of a path asks for the same thread many times. */
  readonly #seen = new Map<Tid, ThreadStatus | undefined>();
  /** The uid that stands for root. */
  readonly #root = ownerIds() ?? ROOT;
  readonly #namespaces: UserNamespaces;
  readonly #seenNamespaces = new Map<Tid, UserNamespace | undefined>();

  readonly #seenThreads = new Map<Tid, ThreadFacts | undefined>();

  /** Thread group of a thread, where it is known without looking. */
  processOf: (tid: Tid) => Tgid | undefined = () => undefined;

  /** Called before a thread is looked at. */
  beforeLook: (tid: Tid) => void = () => undefined;
  /** {@link beforeLook} is running; it looks at threads, too, and is not called for these. */
  #looking = false;

  /** @param sockets absent = no sockets are known. */
  constructor(sockets?: Pick<SocketFacts, 'of' | 'addressOf' | 'peerOf'>) {
    this.#namespaces = new UserNamespaces(this.#root);
    this.sockets = (tid) => sockets?.of(tid) ?? [];
    this.socketPeer = (socket, tid) => sockets?.peerOf(socket, tid) ?? 0;
    this.socketAddress = (socket, tid) => sockets?.addressOf(socket, tid);
  }

  now(): number {
    return Math.floor(Date.now() / 1000);
  }

  /** A new request or event: what was read for the last one may have changed. */
  forget(): void {
    this.#seen.clear();
    this.#seenThreads.clear();
    this.#seenNamespaces.clear();
  }

  userNamespace(tid: Tid): UserNamespace | undefined {
    if (!this.#seenNamespaces.has(tid)) this.#seenNamespaces.set(tid, this.#namespaces.of(tid));
    return this.#seenNamespaces.get(tid);
  }

  /** Whom a process counts for, where users share something: its user, or the maker of the user namespace in which it may have many ids. */
  userFor(tid: Tid, uid: number): string {
    const isInOurs = this.#seenNamespaces.has(tid) && this.#seenNamespaces.get(tid) === undefined;
    const outermost = isInOurs ? undefined : this.#namespaces.outermostOf(tid);
    if (outermost === undefined) return String(uid);
    // What the host's root makes is for somebody, whom we do not know.
    return outermost.owner === 0 ? `container ${outermost.id}` : String(outermost.owner);
  }

  /** Takes over what a supervisor's thread has already read for the request that is being handled. */
  know(tid: Tid, { status: text, inOurUserNamespace }: KnownStatus): void {
    const status = text === undefined ? undefined : parseThreadStatus(text, this.#root);
    if (status !== undefined) this.#seen.set(tid, status);
    if (inOurUserNamespace === true) this.#seenNamespaces.set(tid, undefined);
  }

  status(tid: Tid): ThreadStatus | undefined {
    if (this.#seen.has(tid)) return this.#seen.get(tid);
    const status = this.#readStatus(tid);
    this.#seen.set(tid, status);
    return status;
  }

  #readStatus(tid: Tid): ThreadStatus | undefined {
    const text = this.#readText(`/proc/${tid}/status`);
    return text === undefined ? undefined : parseThreadStatus(text, this.#root);
  }

  #readText(path: string): string | undefined {
    let fd: number;
    try {
      fd = openSync(path, 'r');
    } catch {
      return undefined;
    }
    try {
      for (let text = ''; ; ) {
        const count = readSync(fd, this.#buffer);
        text += this.#buffer.toString('latin1', 0, count);
        if (count < PIECE) return text;
      }
    } catch {
      return undefined; // ESRCH: it ended after the open.
    } finally {
      closeSync(fd);
    }
  }

  thread(tid: Tid): ThreadFacts | undefined {
    if (this.#seenThreads.has(tid)) return this.#seenThreads.get(tid);
    if (!this.#looking) {
      this.#looking = true;
      try {
        this.beforeLook(tid);
      } finally {
        this.#looking = false;
      }
    }
    const facts = this.#readThread(tid);
    this.#seenThreads.set(tid, facts);
    return facts;
  }

  #readThread(tid: Tid): ThreadFacts | undefined {
    const status = this.status(tid);
    if (status === undefined) return undefined;
    const owner = statSync(`/proc/${tid}/attr/current`, { throwIfNoEntry: false });
    return {
      tgid: status.tgid,
      uid: status.uids[EFFECTIVE] ?? 0,
      gid: status.gids[EFFECTIVE] ?? 0,
      uids: status.uids,
      gids: status.gids,
      parent: status.parent,
      comm: status.comm,
      ...(status.tracer > 0 && { tracer: status.tracer }),
      // The /proc files of a process that is not dumpable (it changed its ids) belong to root.
      ...(owner === undefined ? {} : { fileUid: this.#uid(tid, owner.uid), fileGid: this.#gid(tid, owner.gid) }),
    };
  }

  threads(tgid: Tgid): readonly Tid[] {
    try {
      return readdirSync(`/proc/${tgid}/task`).map((name) => tidOf(Number(name)));
    } catch {
      return [];
    }
  }

  /** CONFIG_PROC_CHILDREN, where the kernel has it. */
  hasChildren(tgid: Tgid): boolean | undefined {
    const children = this.threads(tgid).map((tid) => this.#readText(`/proc/${tgid}/task/${tid}/children`));
    return children.includes(undefined) ? undefined : children.some((text) => text !== '');
  }

  networkNamespace(tid: Tid): number | undefined {
    const [digits] = /\d+/.exec(namespaceOf(tid, 'net') ?? '') ?? [];
    return digits === undefined ? undefined : Number(digits);
  }

  /** Is this thread exiting (PF_EXITING), or has it ended? The kernel does not count it among the threads of its process any more. */
  isEnding(tid: Tid): boolean {
    const text = processFile(tid, 'stat');
    if (text !== undefined) return (Number(statField(text, STAT.flags)) & PF_EXITING) !== 0;
    return this.#readText(`/proc/${tid}/status`) === undefined; // while it executes a program it is there
  }

  caller(tid: Tid): Caller | undefined {
    const status = this.status(tid);
    if (status === undefined) return undefined;
    const { tgid, groups, capabilities, comm, noNewPrivs } = status;
    return {
      tid,
      tgid,
      uid: status.uids[FILESYSTEM] ?? 0,
      gid: status.gids[FILESYSTEM] ?? 0,
      groups,
      userNamespace: this.userNamespace(tid),
      capabilities,
      comm,
      noNewPrivs,
    };
  }

  /** The caller of a FUSE request. */
  requester(tid: Tid, uid: number, gid: number): LazyCaller {
    return new LazyCaller(tid, this.#uid(tid, uid), this.#gid(tid, gid), this);
  }

  /** The owner of a file as modules are to see it for this thread: files of the user who stands for root belong to 0. */
  ownerFor(uid: number, tid: Tid): number {
    return uid === this.#root.uid && uid !== 0 && this.status(tid)?.standsForRoot === true ? 0 : uid;
  }

  #uid(tid: Tid, uid: number): number {
    return uid === this.#root.uid && this.#standsForRoot(tid) ? 0 : uid;
  }

  #gid(tid: Tid, gid: number): number {
    return gid === this.#root.gid && this.#standsForRoot(tid) ? 0 : gid;
  }

  #standsForRoot(tid: Tid): boolean {
    return !this.#root.besideRoot || standsForRoot(this.#root, this.status(tid)?.capabilities ?? 0n);
  }
}
