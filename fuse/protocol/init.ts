/**
 * FUSE_INIT: what both sides speak (struct fuse_init_in, fuse_init_out of include/uapi/linux/fuse.h).
 */
import { PAGE_SIZE } from '../../linux/fs.ts';
import { INIT, INIT2 } from './flags.ts';
import type { FuseReply } from './reply.ts';
import type { FuseRequest } from './request.ts';
import { INIT_IN, INIT_OUT } from './structs.ts';

const MAJOR = 7;
/** The newest minor version whose structs we use as they are in structs.ts; the kernel speaks the lower of both. */
const MINOR = 45;
/** Older kernels have shorter structs and no big writes. Linux 4.20. */
const OLDEST_MINOR = 28;
const MAX_BACKGROUND = 64;
const CONGESTION_THRESHOLD = 48;
/** What a kernel without MAX_PAGES uses. */
const DEFAULT_MAX_PAGES = 32;

export interface Negotiated {
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
  /** How deep filesystems that show files of others may be stacked below, with PASSTHROUGH; 0 = without. */
  readonly stackDepth: number;
  /** Of the largest request. */
  readonly maxPages: number;
}

/**
 * @param wanted INIT flags.
 * @param maxPages that we can take.
 * @param stackDepth 1 or 2: with PASSTHROUGH, where the kernel has it. It is our own depth, too, for those that are stacked on us.
 * @returns `undefined`: the kernel is too old.
 */
export function negotiate(
  request: FuseRequest,
  wanted: number,
  maxPages: number,
  stackDepth = 0,
): Negotiated | undefined {
  const { at } = INIT_IN;
  const minor = request.u32(at.minor);
  if (request.u32(at.major) !== MAJOR || minor < OLDEST_MINOR) return undefined;
  const flags = request.u32(at.flags) & wanted;
  const flags2 = (flags & INIT.INIT_EXT) === 0 ? 0 : request.u32(at.flags2);
  return {
    minor: Math.min(minor, MINOR),
    maxReadahead: request.u32(at.maxReadahead),
    flags,
    stackDepth: (flags2 & INIT2.PASSTHROUGH) === 0 ? 0 : stackDepth,
    maxPages: (flags & INIT.MAX_PAGES) === 0 ? DEFAULT_MAX_PAGES : maxPages,
  };
}

/** `fuse_init_out`. @returns its length. */
export function encodeInit(reply: FuseReply, { minor, maxReadahead, flags, stackDepth, maxPages }: Negotiated): number {
  const { at, size } = INIT_OUT;
  reply.zero(0, size);
  reply.u32(at.major, MAJOR);
  reply.u32(at.minor, minor);
  reply.u32(at.maxReadahead, maxReadahead);
  reply.u32(at.flags, flags);
  reply.u16(at.maxBackground, MAX_BACKGROUND);
  reply.u16(at.congestionThreshold, CONGESTION_THRESHOLD);
  reply.u32(at.maxWrite, maxPages * PAGE_SIZE);
  reply.u32(at.timeGran, 1);
  reply.u16(at.maxPages, maxPages);
  reply.u32(at.flags2, stackDepth === 0 ? 0 : INIT2.PASSTHROUGH);
  reply.u32(at.maxStackDepth, stackDepth);
  return size;
}
