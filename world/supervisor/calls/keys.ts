/**
 * add_key(2), request_key(2) and keyctl(2): keyrings that the emulated kernel keeps. All others are the host's, and its kernel
 * answers; of certificates that it takes the modules are told.
 */
import { REMOTE_LIMIT } from '../../../host/memory/remote-memory.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { KEY_DESCRIPTION_SIZE, KEY_SPEC, KEY_TYPE_SIZE, KEYCTL } from '../../../linux/keyctl.ts';
import { isOwnSerial } from '../../../lsm/framework/keys/key.ts';
import type { KeyQuestion } from '../../../lsm/framework/keys/key-calls.ts';
import { seenKey } from '../access/key-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const { EFAULT, EINVAL, EIO, EOPNOTSUPP } = ERRNO;
/** More than this is no certificate; the kernel takes up to 1 MiB. */
const MOST_PAYLOAD = 0x10000;

/** type*, description*, payload*, length, ring */
const add_key: Handler = (context) => {
  const { call } = context;
  const type = stringAt(context, 0, KEY_TYPE_SIZE);
  const description = call.isNull(1) ? '' : stringAt(context, 1, KEY_DESCRIPTION_SIZE);
  const ring = call.int(4);
  // What cannot be read is the kernel's to refuse.
  if (typeof type === 'number' || typeof description === 'number') return;
  const kept = isOwnSerial(ring);
  if (!kept && type !== 'keyring' && type !== 'asymmetric') return;
  const length = call.low(3);
  if (length > MOST_PAYLOAD) {
    if (kept) call.fail(EINVAL);
    return;
  }
  const payload = length === 0 || call.isNull(2) ? new Uint8Array(0) : bytesAt(context, 2, length);
  if (payload === undefined) return;
  const ringName = kept || type !== 'asymmetric' ? undefined : nameOfHostRing(context, ring);
  const name = ringName !== undefined && { ringName };
  const answer = context.ask({ kind: 'add-key', tid: call.tid, type, description, payload, ring, ...name });
  if (!isOfHost(answer)) finish(context, answer);
};

/** What a keyring of the host is called, by its number, if the caller's user may see it. */
function nameOfHostRing(context: WorkerContext, ring: number): string | undefined {
  const seen = seenKey(context, ring);
  return seen?.type === 'keyring' ? seen.description : undefined;
}

/** type*, description*, callout*, ring */
const request_key: Handler = (context) => {
  const { call } = context;
  if (stringAt(context, 0, KEY_TYPE_SIZE) !== 'keyring') return;
  const description = stringAt(context, 1, KEY_DESCRIPTION_SIZE);
  if (typeof description === 'number') return;
  const answer = context.ask({ kind: 'request-key', tid: call.tid, description });
  if (!isOfHost(answer)) finish(context, answer);
};

/** operation, and up to four arguments */
const keyctl: Handler = (context) => {
  const { call } = context;
  const operation = call.int(0);
  const [first, second] = [call.int(1), call.int(2)];
  const twoKeys = operation === KEYCTL.LINK || operation === KEYCTL.UNLINK;
  if (operation === KEYCTL.SEARCH) search(context, first);
  else if (!isOwnSerial(first) && !(twoKeys && isOwnSerial(second))) return;
  else if (operation === KEYCTL.DESCRIBE) copyOut(context, { ask: 'describe', serial: first });
  else if (operation === KEYCTL.READ) copyOut(context, { ask: 'read', serial: first });
  else finish(context, context.ask({ kind: 'control-key', tid: call.tid, operation, first, second }));
};

/** KEYCTL_SEARCH: ring, type*, description*, ring to link to. */
function search(context: WorkerContext, ring: number): void {
  const { call } = context;
  const type = stringAt(context, 2, KEY_TYPE_SIZE);
  const description = stringAt(context, 3, KEY_DESCRIPTION_SIZE);
  if (typeof type === 'number' || typeof description === 'number') return;
  if (!isOwnSerial(ring)) {
    // A keyring of the host has those in it that were made there; in which one nobody remembers.
    if (type !== 'keyring' || ring < KEY_SPEC.USER_SESSION) return;
    const found = context.ask({ kind: 'request-key', tid: call.tid, description });
    if (!isOfHost(found)) finish(context, found);
    return;
  }
  if (call.int(4) !== 0) call.fail(EOPNOTSUPP);
  else
    finish(
      context,
      context.ask({ kind: 'ask-key', tid: call.tid, question: { ask: 'search', ring, type, description } }),
    );
}

/** To the buffer that the third argument is and the fourth one measures; only what fits whole. */
function copyOut(context: WorkerContext, question: KeyQuestion): void {
  const { call, memory } = context;
  const answer = context.ask({ kind: 'ask-key', tid: call.tid, question });
  const data = answer?.value;
  if (!(data instanceof Uint8Array)) finish(context, answer?.errno === 0 ? undefined : answer);
  else if (call.isNull(2) || data.length > call.low(3)) call.succeed(data.length);
  else if (memory.write(call.tid, call.low(2), call.high(2), data)) call.succeed(data.length);
  else call.fail(EFAULT);
}

/** Its kernel is to answer. */
function isOfHost(answer: { readonly errno: number; readonly value?: unknown } | undefined): boolean {
  return answer?.errno === 0 && answer.value === undefined;
}

function finish(
  { call }: Pick<WorkerContext, 'call'>,
  answer: { readonly errno: number; readonly value?: unknown } | undefined,
): void {
  if (answer === undefined) call.fail(EIO);
  else if (answer.errno !== 0) call.fail(answer.errno);
  else call.succeed(typeof answer.value === 'number' ? answer.value : 0);
}

/** `number`: why it cannot be read. */
export function stringAt({ call, memory }: WorkerContext, argument: number, limit: number): string | number {
  return memory.readString(call.tid, call.low(argument), call.high(argument), limit);
}

/** `undefined` when not all of them can be read. */
function bytesAt({ call, memory }: WorkerContext, argument: number, length: number): Uint8Array | undefined {
  const whole = new Uint8Array(length);
  const start = call.high(argument) * 2 ** 32 + call.low(argument);
  for (let at = 0; at < length; ) {
    const from = start + at;
    const wanted = Math.min(length - at, REMOTE_LIMIT);
    const count = memory.read(call.tid, from % 2 ** 32, Math.floor(from / 2 ** 32), wanted);
    if (count <= 0) return undefined;
    whole.set(memory.bytes.subarray(0, count), at);
    at += count;
  }
  return whole;
}

export const calls: readonly SupervisedCall[] = always('keys', { add_key, request_key, keyctl });
