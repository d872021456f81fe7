/**
 * Reproducible random contexts and questions about a policy.
 */
import { formatContext, kernelClass, PolicyState } from '../../lsm/selinux/decide/index.ts';
import { AVTAB_CHANGE, AVTAB_MEMBER, AVTAB_TRANSITION } from '../../lsm/selinux/policy/avtab.ts';
import { contextIsValid } from '../../lsm/selinux/policy/context.ts';
import { type Context, Ebitmap, OBJECT_R, type PolicyDb } from '../../lsm/selinux/policy/index.ts';
import type { Question } from './libsepol.ts';

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
}

/** The menu of checkpolicy reads lines of 80 characters. */
const MAX_TEXT = 79;

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
    const attributes = ({ type }: Context) => db.typeAttributes[type]?.length ?? 0;
    const best = candidates.sort((a, b) => attributes(b) - attributes(a))[0];
    if (best === undefined || !contextIsValid(db, best)) continue;
    const text = formatContext(db, best);
    if (text.length <= MAX_TEXT) contexts.set(text, best);
  }
  return contexts;
}

export function randomQuestions(
  db: PolicyDb,
  random: Random,
  contexts: ReadonlyMap<string, Context>,
  kind: Question['kind'],
  count: number,
): Question[] {
  const names = [...contexts.keys()];
  // libsepol has no socket default for computed contexts.
  const classes = db.classes
    .inValueOrder()
    .map(({ name }) => name)
    .filter((name) => kind === 'access' || !(name.endsWith('socket') && kernelClass(name) !== 0));
  // Random pairs mostly have no rule: half of the questions are about the few classes that policies are made of.
  const common = ['file', 'dir', 'process', 'fd', 'lnk_file', 'unix_stream_socket'].filter((c) => classes.includes(c));
  return Array.from({ length: count }, (_, i) => ({
    kind,
    source: random.pick(names),
    target: random.pick(names),
    class: random.pick(i % 2 === 0 ? classes : common),
  }));
}

const RULE = { transition: AVTAB_TRANSITION, member: AVTAB_MEMBER, change: AVTAB_CHANGE } as const;

/** Questions that a type rule answers, conditional or not; random pairs hardly ever meet one. Adds the contexts it needs. */
export function questionsAboutRules(
  db: PolicyDb,
  random: Random,
  contexts: Map<string, Context>,
  kind: keyof typeof RULE,
  count: number,
): Question[] {
  const types = db.types.inValueOrder().filter((type) => !type.attribute);
  const classes = ['process', 'file', 'dir', 'sock_file', 'chr_file', 'fifo_file', 'lnk_file'];
  const range = single(1, []);
  const remember = (context: Context) => {
    const text = formatContext(db, context);
    if (text.length <= MAX_TEXT) contexts.set(text, context);
    return text;
  };
  const questions: Question[] = [];
  const limit = 600; // member and change rules are rare; scanning for them costs a second per thousand sources
  for (let tried = 0; tried < limit && questions.length < count; tried++) {
    const source = random.pick(types).value;
    let ofSource = 0;
    for (const { value: target } of types) {
      for (const name of classes) {
        const classValue = db.classes.byName(name)?.value ?? 0;
        const tables = [db.rules, db.conditionalRules];
        if (ofSource === 20 || !tables.some((table) => table.find(source, target, classValue, RULE[kind]) >= 0))
          continue;
        ofSource++;
        const user = random.pick(db.users.inValueOrder()).value;
        questions.push({
          kind,
          source: remember({ user, role: OBJECT_R, type: source, range }),
          target: remember({ user: random.pick(db.users.inValueOrder()).value, role: OBJECT_R, type: target, range }),
          class: name,
        });
      }
    }
  }
  return questions.filter(({ source, target }) => contexts.has(source) && contexts.has(target));
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

function single(sensitivity: number, categories: number[]): Context['range'] {
  const level = { sensitivity, categories: Ebitmap.of(categories) };
  return { low: level, high: level };
}

/** Categories in neighbouring 64-bit words, where libsepol prints them as the kernel does. */
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
