/**
 * Encodes attributes and entries, with the time the kernel may cache them.
 *
 * An entry is cached when its *directory* is `static` (changes of its entries are announced), attributes when the *node* is `static` or
 * has `keepsAttributes`. Attributes of a writable file, and of a node with `keepsAttributesForCall`, get the shortest timeout there is,
 * one or two ticks of the kernel's clock: the system call that looked the node up then asks no second time. Everything else has
 * timeout 0: the kernel asks each time.
 *
 * Entries of a directory that keeps them briefly have a time-out of some milliseconds, but for those of writable files, whose
 * look-up also sets the size right. Such a time-out cannot be taken back for what somebody holds, so who removes the directory
 * waits until the last one is over ({@link AttributeEncoder.briefUntil}). Who was told of such a directory is about to look into it or
 * to list it, so its remover waits for him, too.
 */
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Attributes, Directory, Node } from '../../vfs/tree/node.ts';
import type { NodeId } from '../protocol/ids.ts';
import type { FuseReply } from '../protocol/reply.ts';
import { ATTR_OUT, ENTRY_OUT, FUSE_ATTR } from '../protocol/structs.ts';
import { ownerId, type UserNamespaceIds } from './user-namespace-ids.ts';

/** Seconds: longer than the life of a mount. */
const LONG_TIMEOUT = 86_400 * 365;
const NANOSECONDS = 1_000_000_000n;
const BLOCK_SIZE = 4096;
const ANY_WRITE = 0o222;
const BRIEF_NS = 10_000_000;
/** The kernel counts time-outs in ticks of its clock, of 10 ms at most, from the one in which it has the reply. */
const BRIEF_ENDS_MS = 30;
/** Until who was told of a directory has looked into it, also where several threads share his processor. */
const TOLD_ENDS_MS = 100;

const ENTRY = ENTRY_OUT.at;
const AT = FUSE_ATTR.at;

/** A file in the page cache can only be read and mapped up to the size that the kernel is told. */
function shownSize(node: Node, size: number): number {
  return node.kind === 'file' && node.cache === 'page' ? Math.max(size, node.mappableSize ?? 0) : size;
}

/** How long attributes may be remembered. */
type Validity = 'long' | 'tick' | 'none';

function validityOf(node: Node, { mode }: Attributes): Validity {
  if (node.cache === 'static') return 'long';
  if (node.keepsAttributes !== true) return node.keepsAttributesForCall === true ? 'tick' : 'none';
  return isWritable(node, mode) ? 'tick' : 'long';
}

function isWritable(node: Node, mode: number): boolean {
  return node.kind === 'file' && (mode & ANY_WRITE) !== 0;
}

export class AttributeEncoder {
  readonly #root: UserNamespaceIds;
  /** The three times of a node are nearly always the same value; converting bigints is what costs here. */
  #lastTime = 0n;
  #lastSeconds = 0n;
  #lastNanoseconds = 0;
  #briefUntil = 0;

  /** @param root the ids that the kernel knows root by. */
  constructor(root: UserNamespaceIds) {
    this.#root = root;
  }

  /** When the last brief entry is over, as performance.now(). */
  get briefUntil(): number {
    return this.#briefUntil;
  }

  /** Somebody is told of this node, and may look into it now. */
  told(node: Node): void {
    if (node.kind === 'directory' && node.keepsEntriesBriefly === true)
      this.#keepUntil(performance.now() + TOLD_ENDS_MS);
  }

  #keepUntil(time: number): void {
    this.#briefUntil = Math.max(this.#briefUntil, time);
  }

  /** `fuse_entry_out` of a node in `parent`. @returns its length. */
  entry(
    reply: FuseReply,
    offset: number,
    id: NodeId,
    node: Node,
    parent: Directory | undefined,
    caller: Caller,
  ): number {
    const attributes = node.attributes(caller);
    const validity = validityOf(node, attributes);
    const brief = parent?.keepsEntriesBriefly === true && !isWritable(node, attributes.mode);
    if (brief) this.#keepUntil(performance.now() + BRIEF_ENDS_MS);
    else this.told(node);
    reply.u64(offset + ENTRY.nodeid, id);
    reply.u64(offset + ENTRY.generation, 0);
    reply.u64(offset + ENTRY.entryValid, parent?.cache === 'static' ? LONG_TIMEOUT : 0);
    reply.u64(offset + ENTRY.attrValid, validity === 'long' ? LONG_TIMEOUT : 0);
    reply.u32(offset + ENTRY.entryValidNsec, brief ? BRIEF_NS : 0);
    reply.u32(offset + ENTRY.attrValidNsec, validity === 'tick' ? 1 : 0);
    return ENTRY_OUT.size + this.#attr(reply, offset + ENTRY_OUT.size, node, attributes.size, attributes);
  }

  /** `fuse_attr_out`; `size` replaces the node's own when given. @returns its length. */
  attrOut(reply: FuseReply, node: Node, size: number | undefined, caller: Caller): number {
    const attributes = node.attributes(caller);
    const keep = size === undefined && validityOf(node, attributes) === 'long';
    reply.u64(ATTR_OUT.at.attrValid, keep ? LONG_TIMEOUT : 0);
    reply.u32(ATTR_OUT.at.attrValidNsec, 0);
    reply.u32(ATTR_OUT.at.dummy, 0);
    return ATTR_OUT.size + this.#attr(reply, ATTR_OUT.size, node, size ?? attributes.size, attributes);
  }

  #attr(reply: FuseReply, offset: number, node: Node, size: number, attributes: Attributes): number {
    reply.u64(offset + AT.ino, node.ino);
    reply.u64(offset + AT.size, shownSize(node, size));
    // Pseudo-files occupy no blocks, whatever their size.
    reply.u64(offset + AT.blocks, 0);
    this.#time(reply, offset + AT.atime, offset + AT.atimensec, attributes.atime);
    this.#time(reply, offset + AT.mtime, offset + AT.mtimensec, attributes.mtime);
    this.#time(reply, offset + AT.ctime, offset + AT.ctimensec, attributes.ctime);
    reply.u32(offset + AT.mode, attributes.mode);
    reply.u32(offset + AT.nlink, attributes.nlink);
    reply.u32(offset + AT.uid, ownerId(attributes.uid, this.#root.uid, this.#root.uids));
    reply.u32(offset + AT.gid, ownerId(attributes.gid, this.#root.gid, this.#root.gids));
    reply.u32(offset + AT.rdev, attributes.rdev);
    reply.u32(offset + AT.blksize, BLOCK_SIZE);
    reply.u32(offset + AT.flags, 0);
    return FUSE_ATTR.size;
  }

  #time(reply: FuseReply, secondsAt: number, nanosecondsAt: number, time: bigint): void {
    if (time !== this.#lastTime) {
      this.#lastTime = time;
      let rest = time % NANOSECONDS;
      if (rest < 0n) rest += NANOSECONDS;
      this.#lastSeconds = (time - rest) / NANOSECONDS;
      this.#lastNanoseconds = Number(rest);
    }
    reply.i64(secondsAt, this.#lastSeconds);
    reply.u32(nanosecondsAt, this.#lastNanoseconds);
  }
}
