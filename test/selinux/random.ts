/**
 * Reproducible random contexts and booleans of a policy.
 */
import { formatContext, PolicyState } from '../../lsm/selinux/decide/index.ts';
import { contextIsValid } from '../../lsm/selinux/policy/context.ts';
import { type Context, Ebitmap, OBJECT_R, type PolicyDb } from '../../lsm/selinux/policy/index.ts';

/** mulberry32: a small generator with a printable seed. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 <= n < limit */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  some<T>(items: readonly T[], percent: number): T[] {
    return items.filter(() => this.chance(percent));
  }
}

/** Distinct valid contexts by canonical text: half of them objects, half processes. */
export function randomContexts(db: PolicyDb, random: Random, count: number): Map<string, Context> {
  const types = db.types.inValueOrder().filter((type) => !type.attribute);
  const users = db.users.inValueOrder();
  const contexts = new Map<string, Context>();
  while (contexts.size < count) {
    const one = () => {
      const user = random.pick(users).value;
      return contexts.size % 2 === 0 ? object(db, random, user, types) : process(db, random, user);
    };
    // Rules are about attributes: of several candidates, the type with most of them has most rules.
    const candidates = Array.from({ length: random.pick([1, 4, 30]) }, one).filter((context) => context !== undefined);
    const attributes = ({ type }: Context) => db.typeAttributes.of(type).length;
    const best = candidates.sort((a, b) => attributes(b) - attributes(a))[0];
    if (best === undefined || !contextIsValid(db, best)) continue;
    contexts.set(formatContext(db, best), best);
  }
  return contexts;
}

/** A state with some booleans turned over, and what was changed. */
export function randomBooleans(db: PolicyDb, random: Random): { state: PolicyState; changes: [string, 0 | 1][] } {
  const state = new PolicyState(db);
  const values = state.booleans.slice();
  const changes: [string, 0 | 1][] = [];
  for (const { name, value } of db.booleans.inValueOrder()) {
    if (random.below(3) !== 0) continue;
    const turned = values[value - 1] === 1 ? 0 : 1;
    values[value - 1] = turned;
    changes.push([name, turned]);
  }
  state.setBooleans(values);
  return { state, changes };
}

function object(db: PolicyDb, random: Random, user: number, types: readonly { value: number }[]): Context {
  return { user, role: OBJECT_R, type: random.pick(types).value, range: range(db, random) };
}

function process(db: PolicyDb, random: Random, user: number): Context | undefined {
  const roles = [...(db.users.byValue(user)?.roles ?? [])];
  if (roles.length === 0) return undefined;
  const role = random.pick(roles) + 1;
  const types = [...(db.roles.byValue(role)?.types ?? [])];
  return types.length === 0 ? undefined : { user, role, type: random.pick(types) + 1, range: range(db, random) };
}

function range(db: PolicyDb, random: Random): Context['range'] {
  const sensitivities = db.levels.maximum;
  const base = random.below(3) === 0 ? random.below(60) : undefined;
  const low = {
    sensitivity: 1 + random.below(sensitivities),
    categories: Ebitmap.of(base === undefined ? [] : [base]),
  };
  if (random.below(3) !== 0) return { low, high: low };
  const more = Array.from({ length: 1 + random.below(5) }, () => random.below(60));
  const high = {
    sensitivity: low.sensitivity + random.below(sensitivities - low.sensitivity + 1),
    categories: Ebitmap.of([...low.categories, ...more]),
  };
  return { low, high };
}
