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
import type { Answer, Asked, BackedConnection } from './connection.ts';
import { encodeEntry } from './encoding.ts';
import { DATA, type Job, type JobResult, type LookedFile, STAT } from './jobs.ts';
import { LookedObject } from './looked-object.ts';
import { type BackedNode, type BackedNodes, inodeKey, pathOfNode } from './nodes.ts';

/** Two minutes. */
const LEASE_MS = 20;
const MOST_TRIES = 6000;

/** A request whose bytes are read before anything is waited for. */
export type Handler = (context: RequestContext, request: FuseRequest, asked: Asked) => Answer | Promise<Answer>;

export interface ContextParts {
  readonly connection: BackedConnection;
  readonly nodes: BackedNodes;
  readonly security: StackTreeSecurity;
  identify(request: FuseRequest): Caller;
}

/** The result of a job, with copies of what was in the memory. */
export interface Done {
  readonly result: number;
  readonly found?: number;
  readonly looked: readonly (LookedFile | undefined)[];
  /** struct statx */
  readonly statx: DataView;
  readonly data: Buffer;
}

export class RequestContext {
  readonly connection: BackedConnection;
  readonly nodes: BackedNodes;
  readonly security: StackTreeSecurity;
  readonly identify: ContextParts['identify'];

  constructor({ connection, nodes, security, identify }: ContextParts) {
    this.connection = connection;
    this.nodes = nodes;
    this.security = security;
    this.identify = identify;
  }

  node(id: NodeId): BackedNode | undefined {
    return this.nodes.find(id);
  }

  /** @param length of the content to copy; absent = what the call returned. */
  work(asked: Asked, job: Job, data?: Uint8Array, length?: number): Promise<Done> {
    return this.connection.work(asked, job, (result, memory) => done(result, memory, length), data);
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
  entry({ result, found, statx }: Done, parent: BackedNode, name: string): Answer {
    if (result < 0 || found === undefined) return -result;
    const node = this.nodes.found(found, inodeKey(statx), parent, name);
    return (reply) => encodeEntry(reply, node.id, statx);
  }

  /** Lets go of what was found when it is not to be answered. */
  drop({ found }: Done): void {
    if (found !== undefined) this.connection.later({ op: 'close', fds: [found] });
  }
}

function done({ result, found, looked = [] }: JobResult, memory: Uint8Array, length?: number): Done {
  const statx = Uint8Array.from(memory.subarray(STAT, STAT + STRUCT_STATX_SIZE));
  return {
    result,
    ...(found !== undefined && { found }),
    looked,
    statx: new DataView(statx.buffer),
    data: Buffer.from(memory.subarray(DATA, DATA + Math.max(0, length ?? 0))),
  };
}

/**
 * The caller's, for the backing filesystem. Capabilities in another user namespace count nothing there, and what is not
 * known of a caller it does not have.
 */
export function credentialsOf(caller: Caller): Credentials {
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
