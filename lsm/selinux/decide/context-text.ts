/**
 * Contexts as text: `user:role:type[:low[-high]]`, level `sensitivity[:categories]`, categories `c0,c2.c5` (ss/services.c, ss/mls.c).
 */
import { E, failed, type Result } from '../../../linux/errno.ts';
import { contextIsValid } from '../policy/context.ts';
import type { MlsLevel, MlsRange } from '../policy/datums.ts';
import { Ebitmap } from '../policy/ebitmap.ts';
import { levelsEqual, NO_RANGE } from '../policy/mls.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';

export interface ContextOptions {
  /** Set when the text comes from an xattr: its range stands for a missing one, and a range in a non-MLS policy is ignored. */
  readonly defaults?: Context;
}

/** One character per byte; what follows the first NUL is ignored. EINVAL. */
export function parseContext(db: PolicyDb, text: string, options: ContextOptions = {}): Result<Context> {
  const nul = text.indexOf('\0');
  const fields = (nul < 0 ? text : text.slice(0, nul)).split(':');
  const [userName, roleName, typeName] = fields;
  if (userName === undefined || roleName === undefined || typeName === undefined) return E.EINVAL;
  const user = db.users.byName(userName);
  const role = db.roles.byName(roleName);
  const type = db.types.byName(typeName);
  if (user === undefined || role === undefined || type === undefined || type.attribute) return E.EINVAL;
  const rangeText = fields.length > 3 ? fields.slice(3).join(':') : undefined;
  const range = parseRange(db, rangeText, options.defaults);
  if (failed(range)) return range;
  const context = { user: user.value, role: role.value, type: type.value, range };
  return contextIsValid(db, context) ? context : E.EINVAL;
}

/** Canonical text, without NUL. */
export function formatContext(db: PolicyDb, { user, role, type, range }: Context): string {
  const names = [db.users.nameOf(user), db.roles.nameOf(role), db.types.nameOf(type)].map((name) => name ?? '');
  if (!db.mls) return names.join(':');
  const low = formatLevel(db, range.low);
  const high = levelsEqual(range.low, range.high) ? '' : `-${formatLevel(db, range.high)}`;
  return `${names.join(':')}:${low}${high}`;
}

function parseRange(db: PolicyDb, text: string | undefined, defaults: Context | undefined): Result<MlsRange> {
  if (!db.mls) return text === undefined || defaults !== undefined ? NO_RANGE : E.EINVAL;
  if (text === undefined) return defaults?.range ?? E.EINVAL;
  const dash = text.indexOf('-');
  const low = parseLevel(db, dash < 0 ? text : text.slice(0, dash));
  if (failed(low)) return low;
  if (dash < 0) return { low, high: low };
  const high = parseLevel(db, text.slice(dash + 1));
  return failed(high) ? high : { low, high };
}

/** `sensitivity[:categories]`: EINVAL. */
export function parseLevel(db: PolicyDb, text: string): Result<MlsLevel> {
  const colon = text.indexOf(':');
  const level = db.levels.byName(colon < 0 ? text : text.slice(0, colon));
  if (level === undefined) return E.EINVAL;
  const bits: number[] = [];
  if (colon >= 0) {
    for (const item of text.slice(colon + 1).split(',')) {
      const dot = item.indexOf('.');
      const first = db.categories.byName(dot < 0 ? item : item.slice(0, dot))?.value;
      const last = dot < 0 ? first : db.categories.byName(item.slice(dot + 1))?.value;
      if (first === undefined || last === undefined || (dot >= 0 && first >= last)) return E.EINVAL;
      // An alias may name a value outside the table; no level admits it.
      if (last > db.categories.maximum) return E.EINVAL;
      for (let value = first; value <= last; value++) bits.push(value - 1);
    }
  }
  return { sensitivity: level.level.sensitivity, categories: Ebitmap.of(bits) };
}

export function formatLevel(db: PolicyDb, { sensitivity, categories }: MlsLevel): string {
  const name = db.levels.nameOf(sensitivity) ?? '';
  const runs: string[] = [];
  let first = -2;
  let last = -2;
  const endRun = () => {
    if (first < 0) return;
    const [from, to] = [db.categories.nameOf(first + 1) ?? '', db.categories.nameOf(last + 1) ?? ''];
    runs.push(last === first ? from : last === first + 1 ? `${from},${to}` : `${from}.${to}`);
  };
  for (const bit of categories) {
    if (bit !== last + 1) {
      endRun();
      first = bit;
    }
    last = bit;
  }
  endRun();
  return runs.length === 0 ? name : `${name}:${runs.join(',')}`;
}
