/**
 * State that the handlers of one connection share.
 */

import type { Errno, Result } from '../../linux/errno.ts';
import { PAGE_SIZE } from '../../linux/fs.ts';
import type { Tid } from '../../linux/ids.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { Node, Pending } from '../../vfs/tree/node.ts';
import type { NodeId, RequestId } from '../protocol/ids.ts';
import type { FuseReply } from '../protocol/reply.ts';
import type { FuseRequest } from '../protocol/request.ts';
import { AttributeEncoder } from './attributes.ts';
import { NodeTable } from './nodes.ts';
import type { Notifier } from './notifier.ts';
import { OpenFiles } from './open-files.ts';
import type { UserNamespaceIds } from './user-namespace-ids.ts';

/** Resolves the identity in a request header. Called on most requests: must be synchronous and cheap. */
export type Identify = (tid: Tid, uid: number, gid: number) => Caller;

/** A handler's answer: length of the body it wrote, or an error. */
export type HandlerResult = number | Errno;
/** The request gets no reply, or gets it later. */
export const NO_REPLY = -1;

export interface Deferrals {
  /**
   * Keeps the current request open until `pending` settles or its caller is interrupted.
   * @param answer makes the reply's body out of the result
   */
  defer<T>(pending: Pending<T>, answer: (result: Result<T>) => Result<Uint8Array>): void;
  /** INTERRUPT: the caller of request `unique` has a pending signal. */
  interrupt(unique: RequestId): void;
}

export interface SessionOptions {
  readonly filesystem: Filesystem;
  readonly identify: Identify;
  readonly notifier: Notifier;
  readonly deferrals: Deferrals;
  /** Pages of the largest single WRITE that the kernel will send. */
  readonly maxPages: number;
  /** Nanoseconds since the epoch. */
  readonly now: () => bigint;
  /** The ids that the kernel knows root by. */
  readonly root: UserNamespaceIds;
}

export class FuseSession {
  readonly filesystem: Filesystem;
  readonly notifier: Notifier;
  readonly deferrals: Deferrals;
  readonly maxPages: number;
  /** A WRITE longer than this may be a part of a longer write(2). */
  partialWrite = 0;
  readonly nodes: NodeTable;
  readonly files = new OpenFiles();
  readonly attributes: AttributeEncoder;
  readonly now: () => bigint;
  readonly #identify: Identify;

  constructor(options: SessionOptions) {
    this.filesystem = options.filesystem;
    this.notifier = options.notifier;
    this.deferrals = options.deferrals;
    this.maxPages = options.maxPages;
    this.now = options.now;
    this.attributes = new AttributeEncoder(options.root);
    this.#identify = options.identify;
    this.nodes = new NodeTable(options.filesystem.root);
  }

  /** INIT has fixed the size of the largest WRITE. */
  negotiated(maxPages: number): void {
    this.partialWrite = (maxPages - 1) * PAGE_SIZE;
  }

  /**
   * Asked anew for each request: identities change under an open descriptor (setuid(2), capset(2)). The kernel's own
   * requests have ids 0; those of a thread that our pid namespace does not contain have thread id 0, but its user.
   */
  caller(request: FuseRequest): Caller {
    return request.tid === 0 && request.uid === 0
      ? KERNEL_CALLER
      : this.#identify(request.tid, request.uid, request.gid);
  }

  /**
   * Do removed directories answer as before (Directory.keepsEntriesBriefly)? Until who removed them has its answer: what asked in the
   * meantime was there first as far as anybody can tell, and a kernel's walk that meets the exchange starts anew.
   */
  get answersAsBefore(): boolean {
    return this.notifier.removing;
  }

  /** Writes `fuse_entry_out` at `offset` of the reply and counts the lookup. `name`: what it was found as. @returns its length. */
  entry(reply: FuseReply, offset: number, node: Node, parentId: NodeId, caller: Caller, name?: string): number {
    const parent = this.nodes.node(parentId);
    const id = this.nodes.remember(node, parentId, name);
    return this.attributes.entry(reply, offset, id, node, parent?.kind === 'directory' ? parent : undefined, caller);
  }
}

export type RequestHandler = (session: FuseSession, request: FuseRequest, reply: FuseReply) => HandlerResult;
