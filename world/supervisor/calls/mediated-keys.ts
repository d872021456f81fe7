/**
 * What add_key(2), request_key(2) and keyctl(2) ask the modules: security/keys/{keyctl,process_keys,request_key}.c, Linux
 * 6.12. Keys that the emulated kernel keeps are not asked about. The kernel's own reasons to refuse are left to it, but
 * come after.
 */
import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { KEY_DESCRIPTION_SIZE, KEY_SPEC, KEY_TYPE_SIZE, KEYCTL } from '../../../linux/keyctl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { AccessedKey, KeyNeed, KeyNote, KeyRing } from '../../../lsm/framework/access/key-access.ts';
import { isOwnSerial } from '../../../lsm/framework/keys/key.ts';
import { capabilityCheck, refuse } from '../access/calls.ts';
import { anyKey, modePermits, type SeenKey } from '../access/key-view.ts';
import { taskIdentity, taskStat } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { stringAt } from './keys.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const { EACCES, EFAULT, ENOKEY } = ERRNO;
/** struct keyctl_dh_params: numbers of the private key, the prime and the base. */
const DH_PARAMS = 12;

const RINGS: Readonly<Record<number, KeyRing>> = {
  [KEY_SPEC.THREAD]: 'thread',
  [KEY_SPEC.PROCESS]: 'process',
  [KEY_SPEC.SESSION]: 'session',
};

/** Operations on one key. `makes`: the ring that the number stands for is made if there is none. */
const OF_ONE: Readonly<Record<number, { readonly need: KeyNeed; readonly makes?: true }>> = {
  [KEYCTL.UPDATE]: { need: 'write' },
  [KEYCTL.CHOWN]: { need: 'setattr', makes: true },
  [KEYCTL.SETPERM]: { need: 'setattr', makes: true },
  [KEYCTL.DESCRIBE]: { need: 'view' },
  [KEYCTL.CLEAR]: { need: 'write', makes: true },
  [KEYCTL.SET_TIMEOUT]: { need: 'setattr', makes: true },
  [KEYCTL.GET_SECURITY]: { need: 'view' },
  [KEYCTL.INVALIDATE]: { need: 'search' },
  [KEYCTL.RESTRICT_KEYRING]: { need: 'setattr' },
};
/** Who is refused these may still be the one that instantiates the key: the rings are searched for that. */
const BY_INSTANTIATOR: ReadonlySet<number> = new Set([KEYCTL.DESCRIBE, KEYCTL.SET_TIMEOUT]);

/** Root may do these to some keyrings of the kernel, which are others than these. */
const BY_ROOT: ReadonlySet<number> = new Set([KEYCTL.CLEAR, KEYCTL.INVALIDATE]);

/** type*, description*, payload*, length, ring */
const add_key: Handler = (context) => {
  const { call } = context;
  const type = stringAt(context, 0, KEY_TYPE_SIZE);
  const description = call.isNull(1) ? '' : stringAt(context, 1, KEY_DESCRIPTION_SIZE);
  if (typeof type === 'number' || typeof description === 'number' || isOwnSerial(call.int(4))) return;
  permit(context, lookUp(context, call.int(4), true), 'write');
  const ring = RINGS[call.int(4)];
  if (!call.answered) note(context, { made: 'key', name: ownName(context, type, description), ...(ring && { ring }) });
};

/** type*, description*, callout*, ring */
const request_key: Handler = (context) => {
  const { call } = context;
  const [type, description] = [stringAt(context, 0, KEY_TYPE_SIZE), stringAt(context, 1, KEY_DESCRIPTION_SIZE)];
  const into = call.int(3);
  if (typeof type === 'number' || typeof description === 'number' || isOwnSerial(into)) return;
  if (into !== 0) permit(context, lookUp(context, into, true), 'write');
  if (call.answered) return;
  const key = { name: ownName(context, type, description) };
  refuse(context, [
    { hook: 'keySearch', about: { key } },
    ...(into === 0 ? [] : [{ hook: 'keyPermission', about: { key, need: 'link' } } as const]),
  ]);
};

/** operation, and up to four arguments */
const keyctl: Handler = (context) => {
  const { call } = context;
  const [operation, first, second, third] = [call.int(0), call.int(1), call.int(2), call.int(3)];
  const ask = (number: number, need: KeyNeed, makes = false): void => {
    if (!call.answered && !isOwnSerial(number)) permit(context, lookUp(context, number, makes), need);
  };
  switch (operation) {
    case KEYCTL.GET_KEYRING_ID:
      return ask(first, 'search', second !== 0);
    case KEYCTL.JOIN_SESSION_KEYRING:
      return join(context);
    case KEYCTL.SESSION_TO_PARENT:
      return toParent(context);
    case KEYCTL.LINK:
      ask(second, 'write', true);
      return ask(first, 'link', true);
    case KEYCTL.UNLINK:
      ask(second, 'write');
      if (!call.answered && !isOwnSerial(first)) searched(context, lookUp(context, first));
      return;
    case KEYCTL.MOVE:
      ask(first, 'link', true);
      ask(second, 'write');
      return ask(third, 'write', true);
    case KEYCTL.SEARCH:
      ask(first, 'search');
      if (call.int(4) !== 0) ask(call.int(4), 'write', true);
      return;
    case KEYCTL.READ:
      return read(context, lookUp(context, first));
    case KEYCTL.REVOKE:
      return revoke(context, lookUp(context, first));
    case KEYCTL.DH_COMPUTE:
      return compute(context, ask);
  }
  const { need, makes } = OF_ONE[operation] ?? {};
  const key = need === undefined || isOwnSerial(first) ? undefined : lookUp(context, first, makes);
  if (need === undefined || key === undefined) return;
  if (operation === KEYCTL.GET_SECURITY) return getSecurity(context, key);
  permit(context, key, need);
  if (call.answered && BY_INSTANTIATOR.has(operation)) refuse(context, [SEARCHED]);
  if ((call.answered || key.seen === 'over') && BY_ROOT.has(operation)) lookUpAsRoot(context, key);
};

/** The key is looked up a second time, as it may be one of those: possessed or not, before it counts that it is over. */
function lookUpAsRoot(context: WorkerContext, key: LookedUp): void {
  const { call, mediator } = context;
  const isRoot = capabilityCheck(context, CAP.SYS_ADMIN);
  if (isRoot.length > 0 && mediator?.decide(call.tid, isRoot) === 0) searched(context, key);
}

/** KEYCTL_JOIN_SESSION_KEYRING: name* */
function join(context: WorkerContext): void {
  const { call, view } = context;
  const name = call.isNull(1) ? undefined : stringAt(context, 1, KEY_DESCRIPTION_SIZE);
  if (typeof name === 'number') return;
  const uid = taskIdentity(view, call.tid)?.uids.real;
  note(context, { made: 'session', ...(name !== undefined && { name: `keyring;${uid};${name}` }) });
}

function toParent(context: WorkerContext): void {
  const { call, view } = context;
  permit(context, { ring: 'session' }, 'link');
  const parent = taskStat(view, call.tid)?.parent;
  if (!call.answered && parent !== undefined) note(context, { made: 'parent-session', parent });
}

/** KEYCTL_READ: who finds the key in his rings may read it without the permission. That it is over counts after these. */
function read(context: WorkerContext, key: LookedUp | undefined): void {
  if (key === undefined) return;
  const isOwn = searched(context, key);
  if (key.seen === 'over' && isOwn) context.mediator?.decide(context.call.tid, [needOf(key, 'read')]);
  const refused = permission(context, key, 'read', isOwn);
  if (refused !== 0 && !isOwn) context.call.fail(refused);
}

/** KEYCTL_REVOKE: one permission of two will do. */
function revoke(context: WorkerContext, key: LookedUp | undefined): void {
  if (key !== undefined && permission(context, key, 'write') !== 0) permit(context, key, 'setattr');
}

/** KEYCTL_DH_COMPUTE: params* */
function compute({ call, memory }: WorkerContext, ask: (number: number, need: KeyNeed) => void): void {
  if (memory.read(call.tid, call.low(1), call.high(1), DH_PARAMS) < DH_PARAMS) return;
  const given = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, DH_PARAMS);
  const [own, prime, base] = [0, 4, 8].map((offset) => given.getInt32(offset, true));
  for (const number of [prime, base, own]) ask(number ?? 0, 'read');
}

/** KEYCTL_GET_SECURITY: who may not, and is not found to be the one that instantiates the key, is told that there is none. */
function getSecurity(context: WorkerContext, key: LookedUp): void {
  const { call, mediator } = context;
  const refused = permission(context, key, 'view');
  if (key.seen === 'over') return; // EKEYREVOKED, EKEYEXPIRED
  if (refused === 0) copyLabel(context, key);
  else call.fail(mediator?.decide(call.tid, [{ hook: 'keySearch', about: {} }]) || ENOKEY);
}

/** key, buffer*, size. As much of it as fits. */
function copyLabel({ ask, call, memory }: WorkerContext, { seen: _seen, ...key }: LookedUp): void {
  const label = ask({ kind: 'key-label', tid: call.tid, key })?.value;
  if (label === undefined) return;
  const part = label.subarray(0, call.low(3));
  const copied = call.isNull(2) || part.length === 0 || memory.write(call.tid, call.low(2), call.high(2), part);
  if (copied) call.succeed(label.length);
  else call.fail(EFAULT);
}

/** A key with what the kernel itself knows of it, or a ring. `over`: it was revoked, or has expired. */
type LookedUp = AccessedKey & { readonly seen?: SeenKey | 'over' };

/** lookup_user_key(); `undefined` = nobody knows who has made it. */
function lookUp(context: WorkerContext, number: number, makes = false): LookedUp | undefined {
  const ring = RINGS[number];
  if (ring !== undefined) {
    if (makes && ring !== 'session') note(context, { made: 'ring', ring });
    return { ring };
  }
  const seen = isOwnSerial(number) ? undefined : anyKey(context, number);
  if (seen === undefined) return undefined;
  if (seen === 'over') return { name: '', serial: number, seen };
  const key = { name: `${seen.type};${seen.uid};${seen.description}`, serial: number };
  note(context, { made: 'seen', ...key });
  return { ...key, seen };
}

function permit(context: WorkerContext, key: LookedUp | undefined, need: KeyNeed): void {
  const refused = key === undefined ? 0 : permission(context, key, need);
  if (refused !== 0) context.call.fail(refused);
}

/**
 * key_task_permission(): the errno, or 0, also where the kernel will refuse by itself.
 * @param possessed by the caller, if that was looked up.
 */
function permission(
  context: WorkerContext,
  { seen, ...key }: LookedUp,
  need: KeyNeed,
  possessed = searched(context, key),
): number {
  if (seen === 'over') return 0;
  if (seen !== undefined && !modePermits(context, seen, need, possessed)) return possessed ? 0 : EACCES;
  return context.mediator?.decide(context.call.tid, [needOf(key, need)]) ?? 0;
}

const needOf = ({ seen: _seen, ...key }: LookedUp, need: KeyNeed): AccessCheck => ({
  hook: 'keyPermission',
  about: { key, need },
});

const SEARCHED: AccessCheck = { hook: 'keySearch', about: {}, refusal: 'ignored' };

/** Whether the caller possesses a key is looked up first: may it find the key in its rings, if it is there? */
function searched({ call, mediator }: WorkerContext, key: LookedUp | undefined): boolean {
  if (key === undefined || 'ring' in key) return true;
  const { name, serial } = key;
  return (mediator?.decide(call.tid, [{ hook: 'keySearch', about: { key: named(name, serial) } }]) ?? 0) === 0;
}

const named = (name: string, serial: number | undefined): AccessedKey =>
  serial === undefined ? { name } : { name, serial };

/** A key that the caller makes, or finds among its own. */
function ownName({ call, view }: WorkerContext, type: string, description: string): string {
  return `${type};${view.credentials(call.tid)?.fsuid};${description}`;
}

function note({ ask, call }: WorkerContext, made: KeyNote): void {
  ask({ kind: 'key-note', tid: call.tid, note: made });
}

export const calls: readonly SupervisedCall[] = always('mediate-keys', { add_key, request_key, keyctl }).map(
  (call) => ({ ...call, labels: true as const }),
);
