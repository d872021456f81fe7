/** Keys that a call names by number: lookup_user_key() and key_task_permission() of security/keys, Linux 6.12. */
import { ERRNO } from '../../../linux/errno.ts';
import { KEY_SEARCH_ALL, KEY_SPEC } from '../../../linux/keyctl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { AccessedKey, KeyNeed, KeyNote, KeyRing } from '../../../lsm/framework/access/key-access.ts';
import { isOwnSerial } from '../../../lsm/framework/keys/key.ts';
import type { WorkerContext } from '../context.ts';
import { anyKey, modePermits, type SeenKey } from './key-view.ts';

const { EACCES } = ERRNO;

const RINGS: Readonly<Record<number, KeyRing>> = {
  [KEY_SPEC.THREAD]: 'thread',
  [KEY_SPEC.PROCESS]: 'process',
  [KEY_SPEC.SESSION]: 'session',
};

/** A key with what the kernel itself knows of it, or a ring. `over`: it was revoked, or has expired. */
export type LookedUp = AccessedKey & { readonly seen?: SeenKey | 'over' };

/**
 * @param makes the ring that the number stands for is made if there is none.
 * @returns `undefined` = nobody knows who has made it; `gone`: it is not there, as the kernel will say.
 */
export function lookUp(context: WorkerContext, number: number, makes = false): LookedUp | 'gone' | undefined {
  const ring = RINGS[number];
  if (ring !== undefined) {
    if (makes && ring !== 'session') note(context, { made: 'ring', ring });
    return { ring };
  }
  const seen = isOwnSerial(number) ? undefined : anyKey(context, number);
  if (seen === undefined || seen === 'gone') return seen;
  if (seen === 'over') return { name: '', serial: number, seen };
  const key = { name: `${seen.type};${seen.uid};${seen.description}`, serial: number };
  note(context, { made: 'seen', ...key, hidden: isHidden(seen.permissions) });
  return { ...key, seen };
}

/** Do the permissions of a key let nobody search for it? */
export const isHidden = (permissions: number): boolean => (permissions & KEY_SEARCH_ALL) === 0;

/** What a call may go on with. `key` absent = nobody knows who has made it. */
export interface Usable {
  readonly key?: LookedUp;
}

/** @param need absent = the key is not used itself. @returns `undefined` = the call ends here. */
export function use(context: WorkerContext, number: number, need?: KeyNeed, makes = false): Usable | undefined {
  const { call } = context;
  if (call.answered) return undefined;
  const key = lookUp(context, number, makes);
  if (key === 'gone') return undefined;
  if (key === undefined) return {};
  if (need === undefined) searched(context, key);
  else permit(context, key, need);
  return call.answered || (need !== undefined && key.seen === 'over') ? undefined : { key };
}

export function permit(context: WorkerContext, key: LookedUp, need: KeyNeed): void {
  const refused = permission(context, key, need);
  if (refused !== 0) context.call.fail(refused);
}

/**
 * key_task_permission(): the errno, or 0.
 * @param possessed by the caller, if that was looked up.
 */
export function permission(
  context: WorkerContext,
  key: LookedUp,
  need: KeyNeed,
  possessed = searched(context, key),
): number {
  const { seen } = key;
  if (seen === 'over') return 0;
  if (seen !== undefined && !modePermits(context, seen, need, possessed)) return EACCES;
  return context.mediator?.decide(context.call.tid, [needOf(key, need)]) ?? 0;
}

export const needOf = (key: LookedUp, need: KeyNeed): AccessCheck => ({
  hook: 'keyPermission',
  about: { key: named(key), need },
});

/** Whether the caller possesses a key is looked up first: does it find the key in its rings? */
export function searched(context: WorkerContext, key: LookedUp): boolean {
  if ('ring' in key) return true;
  const { call, mediator } = context;
  const { seen } = key;
  const mode = seen !== undefined && seen !== 'over' && { hidden: !modePermits(context, seen, 'search', true) };
  return (mediator?.decide(call.tid, [{ hook: 'keySearch', about: { key: named(key), ...mode } }]) ?? 0) === 0;
}

export const named = ({ seen: _seen, ...key }: LookedUp): AccessedKey => key;

export function note({ ask, call }: WorkerContext, made: KeyNote): void {
  ask({ kind: 'key-note', tid: call.tid, note: made });
}

/** @param ring absent = one of which nothing is known. */
export function noteLink(context: WorkerContext, key: AccessedKey, { key: ring }: Usable): void {
  note(context, { made: 'link', key, ...(ring && { ring: named(ring) }) });
}
