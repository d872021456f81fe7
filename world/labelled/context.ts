/** What the handlers of a labelled mount share. */
import { setTimeout } from 'node:timers/promises';
import type { NodeId } from '../../fuse/protocol/ids.ts';
import type { FuseRequest } from '../../fuse/protocol/request.ts';
import { bytesOf } from '../../linux/bytes.ts';
import { ERRNO, type Errno } from '../../linux/errno.ts';
import { STRUCT_STATX_SIZE } from '../../linux/stat.ts';
import type { StackTreeSecurity } from '../../lsm/framework/labelled/security.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Credentials } from '../supervisor/caller/acting-as.ts';
import type { Asked, BackedConnection, RequestAnswer } from './connection.ts';
import { encodeEntry } from './encoding.ts';
import {
  DATA,
  HANDLE,
  HANDLE_HEADER,
  type Job,
  type JobResult,
  type LookedContent,
  type LookedFile,
  STATX,
} from './jobs.ts';
import { LookedObject } from './looked-object.ts';
import type { MountedUses } from './mounted-uses.ts';
import { type BackedNode, type BackedNodes, type FoundFile, pathOfNode } from './nodes.ts';
import { Passthrough } from './passthrough.ts';

const { EMFILE, ENFILE } = ERRNO;
const LEASE_MS = 20;
/** Two minutes. */
const MOST_TRIES = 6000;

/** A request whose bytes are read before anything is waited for. */
export type RequestHandler = (
  context: RequestContext,
  request: FuseRequest,
  asked: Asked,
) => RequestAnswer | Promise<RequestAnswer>;

export interface RequestContextInit {
  readonly connection: BackedConnection;
  readonly nodes: BackedNodes;
  readonly security: StackTreeSecurity;
  readonly uses: MountedUses;
  /** The directory, open for reading; `undefined`: file handles are of no use. */
  readonly mount: number | undefined;
  /** As of negotiate(). */
  readonly stackDepth: number;
  identify(request: FuseRequest): Caller;
  /** Before a request is decided about; `undefined`: all is known of its caller. */
  introduce(request: FuseRequest): Promise<void> | undefined;
}

/** The result of a job, with copies of what was in the memory. */
export interface Done {
  readonly result: number;
  readonly found?: number;
  readonly isNew: boolean;
  readonly looked: readonly (LookedFile | undefined)[];
  readonly used: LookedContent | undefined;
  readonly backing: number | undefined;
  /** struct statx */
  readonly statx: DataView;
  /** struct file_handle of what was found, or nothing. */
  readonly handle: Uint8Array;
  readonly data: Buffer;
}

export class RequestContext {
  readonly connection: BackedConnection;
  readonly nodes: BackedNodes;
  readonly security: StackTreeSecurity;
  readonly uses: MountedUses;
  readonly identify: RequestContextInit['identify'];
  readonly introduce: RequestContextInit['introduce'];
  readonly passthrough: Passthrough;
  readonly stackDepth: number;
  readonly #mount: number | undefined;

  constructor({ connection, nodes, security, uses, mount, ...init }: RequestContextInit) {
    this.connection = connection;
    this.nodes = nodes;
    this.security = security;
    this.uses = uses;
    this.#mount = mount;
    this.stackDepth = init.stackDepth;
    this.identify = init.identify;
    this.introduce = init.introduce;
    this.passthrough = new Passthrough((device, backing) => connection.later({ op: 'unback', device, backing }));
  }

  node(id: NodeId): BackedNode | undefined {
    return this.nodes.find(id);
  }

  /** The node keeps its descriptor, if it has it, until the request has ended. */
  use(asked: Asked, node: BackedNode): void {
    this.nodes.use(node);
    asked.ends.push(() => this.nodes.unused(node));
  }

  /** Of a node that is used. @returns has it a descriptor now? Else its inode is not found any more. */
  async reopen(asked: Asked, node: BackedNode): Promise<boolean> {
    if (node.fd >= 0) return true;
    const mount = this.#mount;
    if (mount !== undefined && node.handle.length > 0) {
      const file = fileOf(await this.work(asked, { op: 'reopen', mount, handle: node.handle }));
      if (file !== undefined && this.nodes.reopened(node, file)) return true;
    }
    const { parent, name } = node;
    if (parent === undefined) return false;
    this.use(asked, parent);
    if (!(await this.reopen(asked, parent))) return false;
    const file = fileOf(await this.work(asked, { op: 'lookup', parent: parent.fd, name }));
    return file === undefined ? node.fd >= 0 : this.nodes.reopened(node, file);
  }

  /** Closes descriptors when the request has ended, unless they are kept. @returns keeps them. */
  own(asked: Asked, fds: readonly number[]): () => void {
    let kept = false;
    asked.ends.push(() => {
      if (!kept) this.connection.later({ op: 'close', fds });
    });
    return () => {
      kept = true;
    };
  }

  /** @param length of the content to copy; absent = what the call returned. */
  work(asked: Asked, job: Job, data?: Uint8Array, length?: number): Promise<Done> {
    const generations = this.security.guardsMetadata;
    return this.connection.work(asked, { ...job, generations }, (result, memory) => done(result, memory, length), data);
  }

  /**
   * Somebody's lease on a file delays its opening until he lets go, or for /proc/sys/fs/lease-break-time (45 s). No thread
   * waits for that: the job, which gives EAGAIN meanwhile, is tried again and again.
   */
  async workOnceFree(asked: Asked, job: Job): Promise<Done> {
    for (let tries = 0; ; tries++) {
      const done = await this.work(asked, job);
      if (done.result !== -ERRNO.EAGAIN || tries === MOST_TRIES) return done;
      await setTimeout(LEASE_MS);
      if (asked.answered) return done;
    }
  }

  /** @param nodes in order. @returns an object for each; `undefined` for one that cannot be looked at any more. */
  async look(asked: Asked, nodes: readonly BackedNode[]): Promise<readonly (LookedObject | undefined)[]> {
    const { looked } = await this.work(asked, { op: 'look', look: nodes.map(({ fd }) => fd) });
    return nodes.map((node, index) => this.object(node, looked[index]));
  }

  object(node: BackedNode, looked: LookedFile | undefined): LookedObject | undefined {
    return looked && new LookedObject(looked, pathOfNode(node));
  }

  /** Stores what was decided to be stored. @returns a positive errno, or 0. */
  async store(asked: Asked, node: Pick<BackedNode, 'fd'>, object: LookedObject, as?: Credentials): Promise<number> {
    for (const { name, value, flags } of object.stores) {
      const job: Job = { op: 'setxattr', fd: node.fd, name, size: value?.length ?? -1, flags, as };
      const { result } = await this.work(asked, job, value);
      if (result < 0) return -result;
    }
    return 0;
  }

  /** The answer to a request that found or made a file. */
  entry(done: Done, parent: BackedNode, name: string): RequestAnswer {
    const file = fileOf(done);
    if (file === undefined) return -done.result;
    const node = this.nodes.found(file, parent, name);
    return (reply) => encodeEntry(reply, node.id, file.statx);
  }

  /** Lets go of what was found when it is not to be answered. */
  drop({ found }: Done): void {
    if (found !== undefined) this.connection.later({ op: 'close', fds: [found] });
  }
}

function done(
  { result, found, isNew = false, looked = [], used, backing }: JobResult,
  memory: Uint8Array,
  length?: number,
): Done {
  const statx = Uint8Array.from(memory.subarray(STATX, STATX + STRUCT_STATX_SIZE));
  return {
    // The limit is ours, not the caller's.
    result: result === -EMFILE ? -ENFILE : result,
    ...(found !== undefined && { found }),
    isNew,
    looked,
    used,
    backing,
    statx: new DataView(statx.buffer),
    handle: found === undefined ? new Uint8Array() : handleIn(memory),
    data: Buffer.from(memory.subarray(DATA, DATA + Math.max(0, length ?? 0))),
  };
}

function handleIn(memory: Uint8Array): Uint8Array {
  const size = memory[HANDLE] ?? 0; // At most 128.
  return size === 0 ? new Uint8Array() : Uint8Array.from(memory.subarray(HANDLE, HANDLE + HANDLE_HEADER + size));
}

/** What was found or made, if anything was. */
export function fileOf({ result, found, statx, handle }: Done): FoundFile | undefined {
  return result < 0 || found === undefined ? undefined : { fd: found, statx, handle };
}

/**
 * The caller's, for the backing filesystem. Capabilities in another user namespace count nothing there, and what is not
 * known of a caller it does not have.
 */
export function backingCredentials(caller: Caller): Credentials {
  const { uid, gid, groups, userNamespace, capabilities } = caller;
  return { fsuid: uid, fsgid: gid, groups, capabilities: userNamespace === undefined ? capabilities : 0n };
}

/** A positive number; 0 = not refused. */
export function numberOf(refused: Errno | undefined): number {
  return refused?.number ?? 0;
}

export function names(list: readonly string[]): Uint8Array {
  return bytesOf(list.map((name) => `${name}\0`).join(''));
}
