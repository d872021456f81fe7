/**
 * One FUSE connection: serves one filesystem on one /dev/fuse descriptor, in the event loop of the thread that made it.
 *
 * Every request is answered: with a result, with the errno its handler returned, with ENOSYS when we do not know it, or with EIO and a
 * trace when a handler threw. The thread that runs this must never touch a path below a mount of its own, nor wait for a process that does.
 */
import { closeSync } from 'node:fs';
import { write } from '../../host/files/descriptors.ts';
import { E, ERRNO, failed, type Result } from '../../linux/errno.ts';
import { PAGE_SIZE } from '../../linux/fs.ts';
import type { Tid } from '../../linux/ids.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { Pending } from '../../vfs/tree/node.ts';
import { OPCODE, opcodeName } from '../protocol/opcodes.ts';
import { FuseReply } from '../protocol/reply.ts';
import { FuseRequest } from '../protocol/request.ts';
import { IN_HEADER, WRITE_OUT } from '../protocol/structs.ts';
import { CachePusher } from './cache-pusher.ts';
import { DeferredRequests } from './deferred.ts';
import { DeviceStream } from './device-stream.ts';
import { handlerOf } from './dispatch.ts';
import { Notifier } from './notifier.ts';
import { DEFAULT_MAX_PAGES } from './page-limit.ts';
import type { RequestPoll } from './request-poll.ts';
import { FuseSession, type HandlerResult, type Identify, NO_REPLY } from './session.ts';
import type { Transport } from './transport.ts';
import type { UserNamespaceIds } from './user-namespace-ids.ts';
import { isQuestion, isWrite } from './writes.ts';

const { ENOENT } = ERRNO;
/**
 * Requests whose reply waits for the notifications that they caused. They hold no lock on a directory, unlike those that change entries:
 * for these the kernel must have the reply first.
 */
const CHANGING: ReadonlySet<number> = new Set([OPCODE.WRITE, OPCODE.IOCTL]);
const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

export interface FuseConnectionOptions {
  /** /dev/fuse, opened O_RDWR | O_NONBLOCK and already given to a mount. The connection owns it from now on. */
  readonly fd: number;
  readonly filesystem: Filesystem;
  readonly identify: Identify;
  /**
   * Runs before each request is handled, e.g. to catch up with process events. `writes`: it is about to change what the
   * tree says, or a file of it; questions (Handle.writeAsks) do not. `opensFound`: it opens what the same thread has
   * looked up in its last request. Where entries have no time-out both belong to one system call.
   */
  readonly beforeRequest?: ((tid: Tid, writes: boolean, opensFound: boolean) => void) | undefined;
  /**
   * Runs the handling of a request that writes: `exit` is what the system call returns that made it, as far as a
   * request tells; `undefined` = it does not.
   */
  readonly duringChange?: (<T>(tid: Tid, work: () => T, exit: (outcome: T) => number | undefined) => T) | undefined;
  /** Bugs (exceptions in handlers) and refused messages, one text each. */
  readonly onTrace?: ((text: string) => void) | undefined;
  /** Clock for change times, nanoseconds since the epoch. Default: the system's. */
  readonly now?: (() => bigint) | undefined;
  /** Largest WRITE in pages that the request buffer must hold. Default 256, what every kernel grants. */
  readonly maxPages?: number | undefined;
  /** The ids that the kernel knows root by. Default 0. */
  readonly root?: UserNamespaceIds | undefined;
  /** Request buffer, to be shared by connections of one thread: requests are handled one after the other. */
  readonly requestBuffer?: Buffer | undefined;
  /** Of this thread. Default: the loop sleeps whenever no request waits. */
  readonly poll?: RequestPoll | undefined;
}

/** A buffer that takes any request of a connection with this many pages per WRITE. */
export function createRequestBuffer(maxPages: number): Buffer {
  return Buffer.allocUnsafeSlow((maxPages + 1) * PAGE_SIZE);
}

export class FuseConnection implements Transport {
  /** Resolves with the reason once the connection is over and its descriptor closed: `ENODEV` unmounted, `closed` by us, ... */
  readonly ended: Promise<string>;
  readonly #options: FuseConnectionOptions;
  readonly #maxPages: number;
  readonly #buffer: Buffer;
  readonly #request: FuseRequest;
  readonly #reply = new FuseReply();
  readonly #deferred: DeferredRequests;
  #stream: DeviceStream | undefined;
  #notifier: Notifier | undefined;
  #resolveEnded: (reason: string) => void = () => {};
  #closing = false;
  /** Thread whose LOOKUP was the last request. */
  #finder: Tid | undefined;

  constructor(options: FuseConnectionOptions) {
    this.#options = options;
    this.#maxPages = options.maxPages ?? DEFAULT_MAX_PAGES;
    this.#buffer = options.requestBuffer ?? createRequestBuffer(this.#maxPages);
    this.#request = new FuseRequest(this.#buffer);
    this.#deferred = new DeferredRequests((header, result) => this.#answerLate(header, result));
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /**
   * Begins to serve. The mount (or fsconfig create) has succeeded: reading earlier would fail.
   * @param grantedPages pages per WRITE that the kernel allows this mount, at most `maxPages`
   */
  start(grantedPages = this.#maxPages): void {
    if (this.#stream !== undefined || this.#closing) return;
    const { filesystem, identify, fd, poll } = this.#options;
    const stream = new DeviceStream(fd, this.#buffer, {
      request: (length) => this.#serve(session, length),
      idle: () => poll?.served(),
      end: (reason) => {
        unsubscribe();
        this.#deferred.cancelAll();
        session.files.closeAll();
        notifier.close(() => this.#resolveEnded(reason));
      },
    });
    const notifier = new Notifier(stream.fd, (text) => this.#trace(text));
    const session = new FuseSession({
      filesystem,
      identify,
      notifier,
      deferrals: {
        defer: (pending, answer) => this.#defer(pending, answer),
        interrupt: (unique) => this.#deferred.interrupt(unique),
      },
      now: this.#options.now ?? (() => BigInt(Date.now()) * NANOSECONDS_PER_MILLISECOND),
      maxPages: Math.min(grantedPages, this.#maxPages),
      root: this.#options.root ?? { uid: 0, gid: 0 },
    });
    const unsubscribe = filesystem.changes.subscribe(new CachePusher(session.nodes, notifier, session.attributes));
    this.#stream = stream;
    this.#notifier = notifier;
  }

  /** Those of the device that are ours now. */
  get descriptors(): readonly number[] {
    return this.#stream === undefined || this.#notifier === undefined
      ? [this.#options.fd]
      : [this.#stream.fd, this.#notifier.fd];
  }

  /** Handles the requests that are waiting now. Not to be called while one is being handled. */
  serveWaiting(): void {
    this.#stream?.serveWaiting();
  }

  /**
   * Ends the connection: callers inside get ECONNABORTED, later ones ENOTCONN. A notification that is under way is waited for (while
   * requests are still served, since it may need one to be answered).
   */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#stream === undefined) {
      closeSync(this.#options.fd);
      this.#resolveEnded('closed');
      return;
    }
    const stream = this.#stream;
    this.#notifier?.close(() => stream.close());
  }

  #serve(session: FuseSession, length: number): void {
    const request = this.#request;
    if (!request.accept(length)) {
      this.#trace(`not a FUSE request: ${length} bytes`);
      return;
    }
    const outcome = this.#handle(session, request);
    if (outcome === NO_REPLY) return;
    const [error, bodyLength] = typeof outcome === 'number' ? [0, outcome] : [outcome.number, 0];
    if (CHANGING.has(request.opcode) && session.notifier.busy) this.#sendAfterNotifying(session, error, bodyLength);
    else this.#send(this.#reply, this.#buffer, error, bodyLength);
  }

  /** The reply waits until the kernel has dropped the caches that the write made stale, so that the writer sees the new state. */
  #sendAfterNotifying(session: FuseSession, error: number, bodyLength: number): void {
    const header = Buffer.from(this.#buffer.subarray(0, IN_HEADER.size));
    const reply = new FuseReply(bodyLength);
    reply.bytes(0, this.#reply.body(bodyLength));
    session.notifier.whenSent(() => this.#send(reply, header, error, bodyLength));
  }

  #handle(session: FuseSession, request: FuseRequest): HandlerResult {
    try {
      const writes = isWrite(request.opcode);
      const { beforeRequest, duringChange } = this.#options;
      const opensFound = request.opcode === OPCODE.OPEN && request.tid === this.#finder;
      this.#finder = request.opcode === OPCODE.LOOKUP ? request.tid : undefined;
      beforeRequest?.(request.tid, writes && !isQuestion(session, request), opensFound);
      const work = (): HandlerResult => handlerOf(request.opcode)(session, request, this.#reply);
      return writes && duringChange ? duringChange(request.tid, work, (outcome) => this.#exitOf(outcome)) : work();
    } catch (error) {
      this.#trace(`${opcodeName(request.opcode)}: ${error instanceof Error ? error.stack : String(error)}`);
      return E.EIO;
    }
  }

  #exitOf(outcome: HandlerResult): number | undefined {
    if (outcome === NO_REPLY) return undefined;
    if (typeof outcome !== 'number') return -outcome.number;
    return this.#request.opcode === OPCODE.WRITE ? this.#reply.body(outcome).readUInt32LE(WRITE_OUT.at.size) : 0;
  }

  #defer<T>(pending: Pending<T>, answer: (result: Result<T>) => Result<Uint8Array>): void {
    const header = Buffer.from(this.#buffer.subarray(0, IN_HEADER.size));
    this.#deferred.add(this.#request.unique, header, pending, answer);
  }

  #answerLate(header: Buffer, result: Result<Uint8Array>): void {
    // A buffer of its own: this can run while a handler is filling the shared one.
    const reply = new FuseReply(failed(result) ? 0 : result.length);
    if (failed(result)) {
      this.#send(reply, header, result.number, 0);
    } else {
      reply.bytes(0, result);
      this.#send(reply, header, 0, result.length);
    }
  }

  #send(reply: FuseReply, header: Buffer, error: number, bodyLength: number): void {
    const stream = this.#stream;
    if (stream === undefined || !stream.open) return;
    const sent = write(stream.fd, reply.buffer, reply.finish(header, error, bodyLength));
    // ENOENT: the request was aborted meanwhile. Anything else is our mistake, and the caller must still get an answer.
    if (sent >= 0 || sent === -ENOENT || !stream.open) return;
    this.#trace(`reply of ${bodyLength} bytes refused: errno ${-sent}`);
    if (error !== E.EIO.number) this.#send(reply, header, E.EIO.number, 0);
  }

  #trace(text: string): void {
    this.#options.onTrace?.(text);
  }
}
