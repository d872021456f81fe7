/** Numbers of a FUSE connection, which the kernel hands back: 64-bit in the protocol, ours to choose, and small. */
import type { Branded } from '../../linux/ids.ts';

/** A node; see server/nodes.ts. */
export type NodeId = Branded<'node id'>;
/** `fh`: what is open, a file or a directory stream. */
export type FileHandle = Branded<'file handle'>;
/** `kh`: what the kernel calls a file that is waited for with poll(2). */
export type PollHandle = Branded<'poll handle'>;
/** `unique`: a request, for the INTERRUPT that speaks of it. */
export type RequestId = Branded<'request id'>;

export const nodeId = (number: number): NodeId => number as NodeId;
export const fileHandle = (number: number): FileHandle => number as FileHandle;
export const pollHandle = (number: number): PollHandle => number as PollHandle;
export const requestId = (number: number): RequestId => number as RequestId;

/** FUSE_ROOT_ID */
export const ROOT_ID = nodeId(1);
