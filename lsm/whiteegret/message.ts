/**
 * What kernel and checker tell each other, in the layout of x86-64.
 *
 * struct we_req_user { int cmd; pid_t pid, ppid, tgid; struct target_info { unsigned long ino; unsigned int dmajor, dminor; int
 * pathsize; char path[]; } info; } and struct we_ack { int permit; pid_t tgid; }
 */
import { bytesOf } from '../../linux/bytes.ts';

/** CONTROL_EXEC */
const CONTROL_EXEC = 1;
/** The path begins in the padding at the end of the structure. */
const HEADER = 40;
const PATH = 36;
export const ACK_SIZE = 8;

export interface Asked {
  readonly pid: number;
  readonly ppid: number;
  readonly tgid: number;
  readonly ino: number;
  readonly major: number;
  readonly minor: number;
  /** A byte a character. */
  readonly path: string;
}

export function requestBytes({ pid, ppid, tgid, ino, major, minor, path }: Asked): Uint8Array {
  const bytes = new Uint8Array(Math.max(HEADER, PATH + path.length + 1));
  const view = new DataView(bytes.buffer);
  for (const [index, value] of [CONTROL_EXEC, pid, ppid, tgid].entries()) view.setInt32(4 * index, value, true);
  view.setBigUint64(16, BigInt(ino), true);
  view.setUint32(24, major, true);
  view.setUint32(28, minor, true);
  view.setInt32(32, path.length, true);
  bytes.set(bytesOf(path), PATH);
  return bytes;
}

/** @param data of {@link ACK_SIZE} bytes at least. */
export function readAck(data: Uint8Array): { readonly permit: number; readonly tgid: number } {
  const view = new DataView(data.buffer, data.byteOffset, ACK_SIZE);
  return { permit: view.getInt32(0, true), tgid: view.getInt32(4, true) };
}
