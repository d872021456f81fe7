/**
 * Contexts of a user that a process can enter: node `user`, security_get_user_sids of ss/services.c.
 */
import { E, type Result } from '../../../linux/errno.ts';
import type { MlsRange, UserDatum } from '../policy/datums.ts';
import { dominates, levelBetween, NO_RANGE } from '../policy/mls.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import { computeAv } from './access.ts';
import type { PolicyState } from './policy-state.ts';

/** By role value, then type value; EINVAL for an unknown user. Permissive types count as any other. */
export function reachableContexts(state: PolicyState, from: Context, userName: string): Result<Context[]> {
  const { db } = state;
  const user = db.users.byName(userName);
  if (user === undefined) return E.EINVAL;
  const range = userRange(db, from, user);
  if (range === undefined) return [];
  const reachable: Context[] = [];
  for (const roleBit of user.roles) {
    for (const typeBit of db.roles.byValue(roleBit + 1)?.types ?? []) {
      const context = { user: user.value, role: roleBit + 1, type: typeBit + 1, range };
      const { allowed } = computeAv(state, from, context, db.processClass);
      if ((allowed & db.processTransition) !== 0) reachable.push(context);
    }
  }
  return reachable;
}

/** As near to the user's default level and clearance as the caller's range allows; `undefined` when nothing fits. */
function userRange(db: PolicyDb, from: Context, user: UserDatum): MlsRange | undefined {
  if (!db.mls) return NO_RANGE;
  const { low: fromLow, high: fromHigh } = from.range;
  const { low: userLow, high: userHigh } = user.range;
  const low = levelBetween(user.defaultLevel, fromLow, fromHigh)
    ? user.defaultLevel
    : levelBetween(fromLow, user.defaultLevel, userHigh)
      ? fromLow
      : levelBetween(fromHigh, userLow, user.defaultLevel)
        ? userLow
        : undefined;
  const high = dominates(userHigh, fromHigh) ? fromHigh : dominates(fromHigh, userHigh) ? userHigh : undefined;
  return low === undefined || high === undefined ? undefined : { low, high };
}
