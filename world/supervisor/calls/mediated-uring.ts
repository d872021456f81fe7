/**
 * What is submitted to an io_uring(7) with credentials that were registered before: io_init_req() of io_uring/io_uring.c, Linux 6.12.
 *
 * Model: the kernel asks about each entry that names such credentials, and its result is the modules' errno. Here a refused entry is
 * made one that does nothing and has this result, in the memory that the caller shares with the kernel, before the kernel takes it.
 * Nothing else of what is submitted is looked at, and nothing where a thread of the kernel takes it (IORING_SETUP_SQPOLL).
 * Entries are taken to be used one after the other, as every library does.
 */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import {
  IO_URING_SQE_SIZE,
  IORING_ENTER_REGISTERED_RING,
  IORING_NOP_INJECT_RESULT,
  IORING_OP_NOP,
  IORING_REGISTER_PERSONALITY,
  IOSQE_ORDER,
  SQE,
  SQE_COMMON,
} from '../../../linux/io-uring.ts';
import { entriesAt, queueIn, type UringQueue } from '../access/uring-queue.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { SupervisedCall } from './supervised-call.ts';

/** Entries that are looked at in one call; few programs submit more, and these calls are counted. */
const MOST = 256;
const ALL_BITS = 0xffffffff;

const low = (address: bigint): number => Number(address & 0xffff_ffffn);
const high = (address: bigint): number => Number(address >> 32n);
/** What the modules know the ring by. */
const named = (ino: number): string => `io_uring ${ino}`;

/** (ring, entries to submit, results to wait for, flags, ...) */
const io_uring_enter: Handler = (context) => {
  const { call, mediator, memory, view } = context;
  const isRegistered = (call.low(3) & IORING_ENTER_REGISTERED_RING) !== 0;
  const queue = isRegistered ? undefined : queueOf(context);
  if (queue === 'none') return; // EBADF, EOPNOTSUPP
  const entries = queue && entriesAt(view.readProcess(call.tid, 'maps') ?? '', queue);
  if (queue === undefined || entries === undefined) {
    mediator?.unseen();
    return;
  }
  const wanted = Math.min(call.low(1), queue.waiting);
  if (wanted > MOST) mediator?.unseen();
  for (let done = 0; done < Math.min(wanted, MOST); done++) {
    const at = entries + BigInt(((queue.head + done) % queue.size) * IO_URING_SQE_SIZE);
    const length = memory.read(call.tid, low(at), high(at), IO_URING_SQE_SIZE);
    if (length < IO_URING_SQE_SIZE) {
      mediator?.unseen();
      return;
    }
    const entry = Uint8Array.from(memory.bytes.subarray(0, IO_URING_SQE_SIZE));
    const refused = refusal(context, queue, entry);
    if (refused !== 0 && !memory.write(call.tid, low(at), high(at), failing(entry, refused))) mediator?.unseen();
  }
};

/** `none`: the descriptor is not one of an io_uring. `undefined`: its state is not known. */
function queueOf({ call, view }: WorkerContext): UringQueue | 'none' | undefined {
  const descriptor = call.fd(0);
  const link = view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/fd/${descriptor}`);
  if (link !== 'anon_inode:[io_uring]') return 'none';
  return queueIn(view.readFile(AT_FDCWD, `/proc/${call.tid}/fdinfo/${descriptor}`) ?? '');
}

/** @returns the positive errno; 0 = the kernel may take the entry. */
function refusal({ call, mediator }: WorkerContext, { ino }: UringQueue, entry: Uint8Array): number {
  const personality = new DataView(entry.buffer).getUint16(SQE_COMMON.PERSONALITY, true);
  if (personality === 0) return 0;
  const about = { personality: `${named(ino)} ${personality}` };
  return mediator?.decide(call.tid, [{ hook: 'uringOverrideCreds', about }]) ?? 0;
}

/** The entry with another content: same place in a chain, same name of its result. */
function failing(entry: Uint8Array, errno: number): Uint8Array {
  const changed = Uint8Array.from(entry);
  const view = new DataView(changed.buffer);
  view.setUint8(SQE.OPCODE, IORING_OP_NOP);
  view.setUint8(SQE_COMMON.FLAGS, view.getUint8(SQE_COMMON.FLAGS) & IOSQE_ORDER);
  view.setUint16(SQE_COMMON.IOPRIO, 0, true);
  view.setInt32(SQE.LEN, -errno, true);
  view.setUint32(SQE_COMMON.OP_FLAGS, IORING_NOP_INJECT_RESULT, true);
  view.setUint16(SQE_COMMON.BUF_INDEX, 0, true);
  view.setUint16(SQE_COMMON.PERSONALITY, 0, true);
  return changed;
}

/** (ring, IORING_REGISTER_PERSONALITY, ...) */
const io_uring_register: Handler = (context) => {
  const queue = queueOf(context);
  if (queue === 'none') return;
  if (queue === undefined) context.mediator?.unseen();
  else context.ask({ kind: 'maker-note', tid: context.call.tid, object: named(queue.ino), numbered: true });
};

export const calls: readonly SupervisedCall[] = [
  {
    name: 'io_uring_enter',
    when: 'mediate-content',
    rule: [{ argument: 1, has: ALL_BITS }],
    handle: io_uring_enter,
  },
  {
    name: 'io_uring_register',
    when: 'mediate-content',
    rule: [{ argument: 1, is: IORING_REGISTER_PERSONALITY }],
    handle: io_uring_register,
    labels: true,
  },
];
