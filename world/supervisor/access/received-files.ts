/**
 * Files that come with a message (SCM_RIGHTS): scm_detach_fds() of net/core/scm.c and receive_fd() of fs/file.c, Linux
 * 6.12, which ask security_file_receive() about each.
 *
 * Model: what waits in the socket is looked at before the kernel receives it. From the first file that is refused on the
 * receiver gets none, and MSG_CTRUNC: the room for control data that it says it has is made so small. Who already waits
 * for a message when it is sent is not asked.
 */
import { CMSGHDR_SIZE, IOVEC_SIZE, MSGHDR, type WaitingFiles } from '../../../host/sockets/message-receive.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { type CallerFd, type Tgid, type Tid, tgidOf } from '../../../linux/ids.ts';
import { SO_PEERCRED } from '../../../linux/socket.ts';
import type { FileSender, OpenFile } from '../../../lsm/framework/access/file-access.ts';
import { copySocket } from '../caller/caller-descriptor.ts';
import { socketOption } from '../calls/peersec.ts';
import type { WorkerContext } from '../context.ts';
import { lookAt } from './calls.ts';
import { infoOf } from './descriptors.ts';

/** UIO_MAXIOV */
const MOST_PARTS = 1024;
/** So many are looked at. */
const SOME_PARTS = 256;

/** A pointer among the arguments. */
export function addressAt({ call }: WorkerContext, argument: number): bigint {
  return (BigInt(call.high(argument)) << 32n) | BigInt(call.low(argument));
}

/** @param socket inode number. @param message address of the caller's struct msghdr. */
export function receiveFiles(context: WorkerContext, socket: number, message: bigint): void {
  const { call, mediator, memory, view } = context;
  const header = bytesAt(context, message, MSGHDR.SIZE);
  if (mediator === undefined || header === undefined) return; // EFAULT
  const room = header.getBigUint64(MSGHDR.CONTROL_LENGTH, true);
  if (header.getBigUint64(MSGHDR.CONTROL, true) === 0n || room <= CMSGHDR_SIZE) return; // no descriptors are received
  const tgid = view.status(call.tid)?.tgid;
  if (tgid === undefined) return;
  const kept = mediator.messages.peek(tgid, call.int(0), lengthOf(context, header), (files) =>
    allowed(context, socket, files),
  );
  if (kept === undefined) mediator.unseen();
  if (kept === undefined || kept === 'none' || kept.all) return;
  const wanted = BigInt(kept.room);
  if (room <= wanted) return;
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, wanted, true);
  const place = message + BigInt(MSGHDR.CONTROL_LENGTH);
  if (!memory.write(call.tid, Number(place & 0xffffffffn), Number(place >> 32n), length)) call.fail(ERRNO.EFAULT);
}

/** `room`: for as much control data as the receiver is to get. */
function allowed(
  context: WorkerContext,
  socket: number,
  { holder, descriptors, offset }: WaitingFiles,
): { readonly all: boolean; readonly room: number } {
  const { call, mediator } = context;
  const sender = { process: connectorOf(context), socket };
  for (const [index, descriptor] of descriptors.entries()) {
    const opened = openedBy(context, holder, descriptor, sender);
    if (opened === undefined || mediator === undefined) continue;
    if (mediator.decide(call.tid, [{ hook: 'fileReceive', about: opened }]) !== 0)
      return { all: false, room: index === 0 ? offset : offset + CMSGHDR_SIZE + 4 * index };
  }
  return { all: true, room: 0 };
}

/** Whom SO_PEERCRED names; 0 = nobody. */
function connectorOf({ call, view }: WorkerContext): Tgid {
  const copy = copySocket(view, call.tid, call.fd(0));
  const connector = copy < 0 ? undefined : socketOption(view, copy, SO_PEERCRED);
  if (copy >= 0) view.close(copy);
  return tgidOf(connector ?? 0);
}

/** How much the caller takes at once. */
function lengthOf(context: WorkerContext, header: DataView): number {
  const all = Number(header.getBigUint64(MSGHDR.COUNT, true));
  if (all > MOST_PARTS) return 0; // EMSGSIZE
  const count = Math.min(all, SOME_PARTS);
  const parts = bytesAt(context, header.getBigUint64(MSGHDR.PARTS, true), count * IOVEC_SIZE);
  let length = 0;
  for (let part = 0; parts !== undefined && part < count; part++)
    length += Number(parts.getBigUint64(part * IOVEC_SIZE + 8, true));
  return length;
}

/** A copy; `undefined`: not all of it can be read. */
function bytesAt({ call, memory }: WorkerContext, address: bigint, length: number): DataView | undefined {
  const count = memory.read(call.tid, Number(address & 0xffffffffn), Number(address >> 32n), length);
  if (count < length) return undefined;
  const copy = memory.bytes.slice(0, length);
  return new DataView(copy.buffer, copy.byteOffset, length);
}

/** What a process has open, for who receives it from `sender`; `undefined` = it cannot be looked at. */
export function openedBy(
  context: WorkerContext,
  holder: Tid,
  descriptor: CallerFd,
  sender: FileSender,
): OpenFile | undefined {
  const { call, view } = context;
  const info = infoOf(view, holder, descriptor);
  const fd = view.openDescriptor(holder, descriptor);
  if (fd < 0) return undefined;
  const file = lookAt(context, descriptor, fd, holder);
  view.close(fd);
  if (file === undefined || info === undefined) return undefined;
  const sent = sender.socket === undefined && { descriptor: { descriptor, identity: info.identity } };
  // What has its maker's label was not made by the receiver, but rather by the sender. Entries of /proc are whose they are.
  const { filesystem, process } = file.inode;
  const isSenders = process === call.tid && filesystem.type !== 'proc';
  const made =
    isSenders && sender.process > 0 && view.status(sender.process) !== undefined
      ? { ...file, inode: { ...file.inode, process: sender.process } }
      : file;
  return { file: made, flags: info.flags, sender: { ...sender, ...sent } };
}
