/**
 * One request from the kernel, read in place from the buffer it arrived in.
 *
 * The same object is reused for every request of a connection, and its bytes are only valid until the handler returns. Every access is
 * checked against the length of the request: a request that is shorter than its opcode demands throws RangeError, which the connection
 * answers with EIO.
 * 64-bit fields are numbers: node ids, handles and lookup counts are ours and small; offsets above 2^53 lose their low bits, and no file
 * of ours has data there.
 */
import { tidOf } from '../../linux/ids.ts';
import { type FileHandle, fileHandle, type NodeId, nodeId, requestId } from './ids.ts';
import { IN_HEADER } from './structs.ts';

const TWO_32 = 2 ** 32;

export class FuseRequest {
  readonly buffer: Buffer;
  readonly #view: DataView;
  /** Bytes after the header. */
  bodyLength = 0;
  opcode = 0;
  nodeid = nodeId(0);
  uid = 0;
  gid = 0;
  tid = tidOf(0);
  /** Identifies the request, for INTERRUPT. The reply copies the raw bytes instead. */
  unique = requestId(0);

  constructor(buffer: Buffer) {
    this.buffer = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  /** Takes the header of a request of `length` bytes. `false`: not a request. */
  accept(length: number): boolean {
    const view = this.#view;
    if (length < IN_HEADER.size || length > this.buffer.length) return false;
    if (view.getUint32(IN_HEADER.at.len, true) !== length) return false;
    this.bodyLength = length - IN_HEADER.size;
    this.opcode = view.getUint32(IN_HEADER.at.opcode, true);
    this.unique = requestId(this.#u64(IN_HEADER.at.unique));
    this.nodeid = nodeId(this.#u64(IN_HEADER.at.nodeid));
    this.uid = view.getUint32(IN_HEADER.at.uid, true);
    this.gid = view.getUint32(IN_HEADER.at.gid, true);
    this.tid = tidOf(view.getUint32(IN_HEADER.at.pid, true));
    return true;
  }

  /** For a handler that waits before it reads. */
  copy(): FuseRequest {
    const bytes = Buffer.from(this.buffer.subarray(0, IN_HEADER.size + this.bodyLength));
    const copy = new FuseRequest(bytes);
    copy.accept(bytes.length);
    return copy;
  }

  /** Offsets below are relative to the body. */
  u32(offset: number): number {
    this.#check(offset, 4);
    return this.#view.getUint32(IN_HEADER.size + offset, true);
  }

  u64(offset: number): number {
    this.#check(offset, 8);
    return this.#u64(IN_HEADER.size + offset);
  }

  nodeId(offset: number): NodeId {
    return nodeId(this.u64(offset));
  }

  fileHandle(offset: number): FileHandle {
    return fileHandle(this.u64(offset));
  }

  /** A signed 64-bit field as bigint (times). */
  i64(offset: number): bigint {
    this.#check(offset, 8);
    return this.#view.getBigInt64(IN_HEADER.size + offset, true);
  }

  /** A view, not a copy. */
  bytes(offset: number, length: number): Buffer {
    this.#check(offset, length);
    return this.buffer.subarray(IN_HEADER.size + offset, IN_HEADER.size + offset + length);
  }

  /** The NUL-terminated name at `offset`, as a byte string. */
  name(offset: number): string {
    return this.#text(offset, this.#nul(offset));
  }

  /** Offset of the first byte behind the NUL-terminated name at `offset`. */
  afterName(offset: number): number {
    return this.#nul(offset) + 1;
  }

  #text(from: number, to: number): string {
    return this.buffer.toString('latin1', IN_HEADER.size + from, IN_HEADER.size + to);
  }

  #nul(offset: number): number {
    this.#check(offset, 1);
    const found = this.buffer.indexOf(0, IN_HEADER.size + offset);
    if (found < 0 || found >= IN_HEADER.size + this.bodyLength) throw new RangeError('name without end');
    return found - IN_HEADER.size;
  }

  #check(offset: number, length: number): void {
    if (offset + length > this.bodyLength) throw new RangeError(`request too short for ${length} bytes at ${offset}`);
  }

  #u64(offset: number): number {
    return this.#view.getUint32(offset, true) + this.#view.getUint32(offset + 4, true) * TWO_32;
  }
}
