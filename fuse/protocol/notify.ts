/** Messages that a server sends unasked: an out header with unique 0 and the notification code in place of the error. */

import { bytesOf } from '../../linux/bytes.ts';
import type { NodeId, PollHandle } from './ids.ts';
import { NOTIFY } from './opcodes.ts';
import {
  NOTIFY_DELETE_OUT,
  NOTIFY_INVAL_ENTRY_OUT,
  NOTIFY_INVAL_INODE_OUT,
  NOTIFY_POLL_OUT,
  NOTIFY_STORE_OUT,
  OUT_HEADER,
} from './structs.ts';

function message(code: number, structSize: number, tail = 0): { buffer: Buffer; body: Buffer; tail: Buffer } {
  const buffer = Buffer.alloc(OUT_HEADER.size + structSize + tail);
  buffer.writeUInt32LE(buffer.length, OUT_HEADER.at.len);
  buffer.writeInt32LE(code, OUT_HEADER.at.error);
  const body = buffer.subarray(OUT_HEADER.size);
  return { buffer, body, tail: body.subarray(structSize) };
}

/** The file with kernel handle `kh` has new poll events: its waiters poll again. */
export function notifyPoll(kh: PollHandle): Buffer {
  const { buffer, body } = message(NOTIFY.POLL, NOTIFY_POLL_OUT.size);
  body.writeBigUInt64LE(BigInt(kh), NOTIFY_POLL_OUT.at.kh);
  return buffer;
}

/** Invalidates attributes and cached content of a node. */
export function notifyInvalInode(nodeid: NodeId): Buffer {
  const { buffer, body } = message(NOTIFY.INVAL_INODE, NOTIFY_INVAL_INODE_OUT.size);
  body.writeBigUInt64LE(BigInt(nodeid), NOTIFY_INVAL_INODE_OUT.at.ino);
  return buffer;
}

/** Invalidates the entry `name` in directory `parent`. */
export function notifyInvalEntry(parent: NodeId, name: string): Buffer {
  const bytes = bytesOf(name);
  const { buffer, body, tail } = message(NOTIFY.INVAL_ENTRY, NOTIFY_INVAL_ENTRY_OUT.size, bytes.length + 1);
  body.writeBigUInt64LE(BigInt(parent), NOTIFY_INVAL_ENTRY_OUT.at.parent);
  body.writeUInt32LE(bytes.length, NOTIFY_INVAL_ENTRY_OUT.at.namelen);
  tail.set(bytes);
  return buffer;
}

/** `name` in directory `parent`, which was `child`, has been removed (inotify watches of `child` get the event). */
export function notifyDelete(parent: NodeId, child: NodeId, name: string): Buffer {
  const bytes = bytesOf(name);
  const { buffer, body, tail } = message(NOTIFY.DELETE, NOTIFY_DELETE_OUT.size, bytes.length + 1);
  body.writeBigUInt64LE(BigInt(parent), NOTIFY_DELETE_OUT.at.parent);
  body.writeBigUInt64LE(BigInt(child), NOTIFY_DELETE_OUT.at.child);
  body.writeUInt32LE(bytes.length, NOTIFY_DELETE_OUT.at.namelen);
  tail.set(bytes);
  return buffer;
}

/** Puts `data` at the start of the page cache of a node; mappings see it at once. */
export function notifyStore(nodeid: NodeId, data: Uint8Array): Buffer {
  const { buffer, body, tail } = message(NOTIFY.STORE, NOTIFY_STORE_OUT.size, data.length);
  body.writeBigUInt64LE(BigInt(nodeid), NOTIFY_STORE_OUT.at.nodeid);
  body.writeUInt32LE(data.length, NOTIFY_STORE_OUT.at.size);
  tail.set(data);
  return buffer;
}
