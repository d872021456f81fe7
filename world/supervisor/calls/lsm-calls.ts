/**
 * lsm_get_self_attr(2), lsm_set_self_attr(2), lsm_list_modules(2), lsm_unshare(2): the stack decides, this moves the memory.
 */

import { REMOTE_LIMIT } from '../../../host/memory/remote-memory.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { LSM_CTX_HEADER } from '../../../linux/lsm.ts';
import type { UnshareInput } from '../../../lsm/framework/syscalls.ts';
import { noteDescriptors } from '../access/descriptors.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { StoredAnswer } from '../protocol/questions/stored.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const { EIO, EFAULT } = ERRNO;

/** ids*, size*, flags */
const lsm_list_modules: Handler = (context) => {
  const { call } = context;
  const input = { idsPresent: !call.isNull(0), size: sizeAt(context, 1), flags: call.low(2) };
  const answer = context.ask({ kind: 'list-modules', input });
  finish(context, answer, [storeSize(answer, 1), storeData(answer, 0)]);
};

/** attr, ctx*, size*, flags */
const lsm_get_self_attr: Handler = (context) => {
  const { call, memory } = context;
  const header = bytesAt(context, 1, LSM_CTX_HEADER);
  const input = {
    attr: call.low(0),
    ctxPresent: !call.isNull(1),
    ...(header.length === LSM_CTX_HEADER && { header }),
    size: call.isNull(2) ? ('null' as const) : sizeAt(context, 2),
    flags: call.low(3),
  };
  const answer = context.ask({ kind: 'get-self-attr', tid: call.tid, input });
  finish({ call, memory }, answer, [storeData(answer, 1), storeSize(answer, 2)]);
};

/** attr, ctx*, size, flags */
const lsm_set_self_attr: Handler = (context) => {
  const { call } = context;
  const input = { attr: call.low(0), ...oneContext(context, 1) };
  noteDescriptors(context);
  finish(context, context.ask({ kind: 'set-self-attr', tid: call.tid, input }), []);
};

/** ctx*, size, flags */
const lsm_unshare: Handler = (context) => {
  const { call } = context;
  noteDescriptors(context);
  finish(context, context.ask({ kind: 'unshare', tid: call.tid, input: oneContext(context, 0) }), []);
};

/** The arguments ctx*, size, flags from this one on. */
function oneContext(context: WorkerContext, argument: number): UnshareInput {
  const { call } = context;
  const size = call.low(argument + 1);
  const ctx = bytesAt(context, argument, Math.min(size, REMOTE_LIMIT));
  return { size, flags: call.low(argument + 2), ...(ctx.length > 0 && { ctx }) };
}

interface Store {
  readonly argument: number;
  readonly data: Uint8Array;
}

function storeSize(answer: StoredAnswer | undefined, argument: number): Store | undefined {
  if (answer?.size === undefined) return undefined;
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, answer.size, true);
  return { argument, data };
}

function storeData(answer: StoredAnswer | undefined, argument: number): Store | undefined {
  return answer?.data === undefined ? undefined : { argument, data: answer.data };
}

/** Stores, in the kernel's order; what cannot be stored makes the call EFAULT. */
function finish(
  { call, memory }: Pick<WorkerContext, 'call' | 'memory'>,
  answer: StoredAnswer | undefined,
  stores: readonly (Store | undefined)[],
): void {
  if (answer === undefined) {
    call.fail(EIO);
    return;
  }
  for (const store of stores) {
    if (store === undefined) continue;
    if (!memory.write(call.tid, call.low(store.argument), call.high(store.argument), store.data)) {
      call.fail(EFAULT);
      return;
    }
  }
  if (answer.errno !== 0) call.fail(answer.errno);
  else call.succeed(answer.result ?? 0);
}

function sizeAt({ call, memory }: WorkerContext, argument: number): number | 'fault' {
  if (memory.read(call.tid, call.low(argument), call.high(argument), 4) < 4) return 'fault';
  return new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 4).getUint32(0, true);
}

/** As many of `length` bytes as can be read. */
function bytesAt({ call, memory }: WorkerContext, argument: number, length: number): Uint8Array {
  if (length === 0 || call.isNull(argument)) return new Uint8Array(0);
  const count = memory.read(call.tid, call.low(argument), call.high(argument), length);
  return memory.bytes.slice(0, Math.max(count, 0));
}

export const calls: readonly SupervisedCall[] = [
  ...always('lsm-calls', { lsm_get_self_attr, lsm_set_self_attr, lsm_list_modules }),
  ...always('lsm-unshare', { lsm_unshare }),
];
