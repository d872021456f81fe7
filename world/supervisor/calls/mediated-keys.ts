/**
 * What add_key(2), request_key(2) and keyctl(2) ask the modules: security/keys/{keyctl,process_keys,request_key}.c, Linux
 * 6.12. Keys that the emulated kernel keeps are not asked about. The kernel's own reasons to refuse are left to it, but
 * come after.
 */
import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { KEY_DESCRIPTION_SIZE, KEY_TYPE_SIZE, KEYCTL } from '../../../linux/keyctl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { KeyNeed, SoughtKey } from '../../../lsm/framework/access/key-access.ts';
import { isOwnSerial } from '../../../lsm/framework/keys/key.ts';
import { capabilityCheck, refuse } from '../access/calls.ts';
import {
  isHidden,
  type LookedUp,
  lookUp,
  named,
  needOf,
  note,
  noteLink,
  permission,
  permit,
  searched,
  type Usable,
  use,
} from '../access/key-lookup.ts';
import { modePermits } from '../access/key-view.ts';
import { taskIdentity, taskStat } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { stringAt } from './keys.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const { EFAULT, ENOKEY } = ERRNO;
/** A user or group that stays as it is. */
const NO_ID = 0xffff_ffff;
/** struct keyctl_dh_params: numbers of the private key, the prime and the base. */
const DH_PARAMS = 12;

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
  const into = use(context, call.int(4), 'write', true);
  if (into === undefined) return;
  const name = ownName(context, type, description);
  note(context, { made: 'key', name, ...(into.key && { into: named(into.key) }) });
};

/** type*, description*, callout*, ring */
const request_key: Handler = (context) => {
  const { call } = context;
  const [type, description] = [stringAt(context, 0, KEY_TYPE_SIZE), stringAt(context, 1, KEY_DESCRIPTION_SIZE)];
  const ring = call.int(3);
  if (typeof type === 'number' || typeof description === 'number' || isOwnSerial(ring)) return;
  const into = ring === 0 ? undefined : use(context, ring, 'write', true);
  if (ring !== 0 && into === undefined) return;
  find(context, { key: { name: ownName(context, type, description) }, mayMiss: true }, into);
};

/** @param into what is found is linked there. */
function find(context: WorkerContext, sought: Required<Pick<SoughtKey, 'key'>> & SoughtKey, into?: Usable): void {
  const { key } = sought;
  const linked: AccessCheck = { hook: 'keyPermission', about: { key, need: 'link' } };
  refuse(context, [{ hook: 'keySearch', about: sought }, ...(into === undefined ? [] : [linked])]);
  if (into !== undefined && !context.call.answered) noteLink(context, key, into);
}

/** operation, and up to four arguments */
const keyctl: Handler = (context) => {
  const { call } = context;
  const [operation, first, second, third] = [call.int(0), call.int(1), call.int(2), call.int(3)];
  switch (operation) {
    case KEYCTL.GET_KEYRING_ID:
      use(context, first, 'search', second !== 0);
      return;
    case KEYCTL.JOIN_SESSION_KEYRING:
      return join(context);
    case KEYCTL.SESSION_TO_PARENT:
      return toParent(context);
    case KEYCTL.LINK: {
      const ring = use(context, second, 'write', true);
      const linked = ring && use(context, first, 'link', true);
      if (linked?.key !== undefined && ring !== undefined) noteLink(context, named(linked.key), ring);
      return;
    }
    case KEYCTL.UNLINK: {
      const ring = use(context, second, 'write');
      noteUnlink(context, ring && use(context, first), ring);
      return;
    }
    case KEYCTL.MOVE: {
      const moved = use(context, first, 'link', true);
      const from = moved && use(context, second, 'write');
      const to = from && use(context, third, 'write', true);
      if (moved?.key === undefined || to === undefined) return;
      noteUnlink(context, moved, from);
      return noteLink(context, named(moved.key), to);
    }
    case KEYCTL.SEARCH:
      return search(context);
    case KEYCTL.READ:
      return read(context, lookUp(context, first));
    case KEYCTL.REVOKE:
      return revoke(context, lookUp(context, first));
    case KEYCTL.DH_COMPUTE:
      return compute(context);
  }
  const { need, makes } = OF_ONE[operation] ?? {};
  const key = need === undefined ? undefined : lookUp(context, first, makes);
  if (need === undefined || key === undefined || key === 'gone') return;
  if (operation === KEYCTL.GET_SECURITY) return getSecurity(context, key);
  const possessed = searched(context, key);
  const refused = permission(context, key, need, possessed);
  const byInstantiator = refused !== 0 && BY_INSTANTIATOR.has(operation);
  // Who instantiates a key that he possesses: the kernel knows.
  const { seen } = key;
  const isByMode = typeof seen === 'object' && !modePermits(context, seen, need, possessed);
  if (refused !== 0 && !(byInstantiator && possessed && isByMode)) call.fail(refused);
  if (byInstantiator) refuse(context, [SEARCHED]);
  if ((refused !== 0 || seen === 'over') && BY_ROOT.has(operation)) lookUpAsRoot(context, key);
  if (refused === 0 && seen !== 'over') changed(context, operation, key);
};

/** What a change of one key needs beyond the permission, and does. */
function changed(context: WorkerContext, operation: number, key: LookedUp): void {
  const { call, view } = context;
  if (operation === KEYCTL.CLEAR) note(context, { made: 'clear', ring: named(key) });
  const credentials = view.credentials(call.tid);
  if ('ring' in key || typeof key.seen !== 'object' || credentials === undefined) return;
  const { seen } = key;
  const [second, third] = [call.low(2), call.low(3)];
  const groups = [NO_ID, seen.gid, credentials.fsgid, ...credentials.groups];
  const isOther =
    (operation === KEYCTL.SETPERM && seen.uid !== credentials.fsuid) ||
    (operation === KEYCTL.CHOWN && (![NO_ID, seen.uid].includes(second) || !groups.includes(third)));
  if (isOther) refuse(context, capabilityCheck(context, CAP.SYS_ADMIN, 'EACCES'));
  if (operation === KEYCTL.SETPERM && !call.answered)
    note(context, { made: 'seen', name: key.name, serial: key.serial ?? 0, hidden: isHidden(second) });
}

function noteUnlink(context: WorkerContext, unlinked: Usable | undefined, from: Usable | undefined): void {
  if (unlinked?.key === undefined || from?.key === undefined) return;
  note(context, { made: 'unlink', key: named(unlinked.key), ring: named(from.key) });
}

/** KEYCTL_SEARCH: ring, type*, description*, ring to link to. */
function search(context: WorkerContext): void {
  const { call } = context;
  const [type, description] = [stringAt(context, 2, KEY_TYPE_SIZE), stringAt(context, 3, KEY_DESCRIPTION_SIZE)];
  const into = call.int(4);
  if (typeof type === 'number' || typeof description === 'number') return;
  const ring = use(context, call.int(1), 'search');
  const linked = into === 0 ? undefined : ring && use(context, into, 'write', true);
  if (ring?.key === undefined || (into !== 0 && linked === undefined)) return;
  find(context, { key: { name: ownName(context, type, description) }, ring: named(ring.key) }, linked);
}

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
function read(context: WorkerContext, key: LookedUp | 'gone' | undefined): void {
  if (key === undefined || key === 'gone') return;
  const isOwn = searched(context, key);
  if (key.seen === 'over' && isOwn) context.mediator?.decide(context.call.tid, [needOf(key, 'read')]);
  const refused = permission(context, key, 'read', isOwn);
  if (refused !== 0 && !isOwn) context.call.fail(refused);
}

/** KEYCTL_REVOKE: one permission of two will do. What is revoked holds nothing any more. */
function revoke(context: WorkerContext, key: LookedUp | 'gone' | undefined): void {
  if (key === undefined || key === 'gone') return;
  if (permission(context, key, 'write') !== 0) permit(context, key, 'setattr');
  if (!context.call.answered && key.seen !== 'over') note(context, { made: 'clear', ring: named(key) });
}

/** KEYCTL_DH_COMPUTE: params* */
function compute(context: WorkerContext): void {
  const { call, memory } = context;
  if (memory.read(call.tid, call.low(1), call.high(1), DH_PARAMS) < DH_PARAMS) return;
  const given = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, DH_PARAMS);
  const [own = 0, prime = 0, base = 0] = [0, 4, 8].map((offset) => given.getInt32(offset, true));
  for (const number of [prime, base, own]) if (use(context, number, 'read') === undefined) return;
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
function copyLabel({ ask, call, memory }: WorkerContext, key: LookedUp): void {
  const label = ask({ kind: 'key-label', tid: call.tid, key: named(key) })?.value;
  if (label === undefined) return;
  const part = label.subarray(0, call.low(3));
  const copied = call.isNull(2) || part.length === 0 || memory.write(call.tid, call.low(2), call.high(2), part);
  if (copied) call.succeed(label.length);
  else call.fail(EFAULT);
}

const SEARCHED: AccessCheck = { hook: 'keySearch', about: {}, refusal: 'ignored' };

/** A key that the caller makes, or finds among its own. */
function ownName({ call, view }: WorkerContext, type: string, description: string): string {
  return `${type};${view.credentials(call.tid)?.fsuid};${description}`;
}

export const calls: readonly SupervisedCall[] = always('mediate-keys', { add_key, request_key, keyctl }).map(
  (call) => ({ ...call, labels: true as const }),
);
