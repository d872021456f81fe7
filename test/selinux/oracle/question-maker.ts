/**
 * Random questions about one policy: half of them aimed at rules it has, half at anything.
 *
 * A pair of random types hardly ever meets a rule in a policy of thousands of types, so a maker starts from a rule,
 * picks types that have the rule's attributes, and builds contexts around them.
 */

import { formatContext } from '../../../lsm/selinux/decide/index.ts';
import { AVTAB_TYPE, AVTAB_XPERMS } from '../../../lsm/selinux/policy/avtab.ts';
import { contextIsValid } from '../../../lsm/selinux/policy/context.ts';
import {
  type BooleanDatum,
  type ClassDatum,
  type Context,
  Ebitmap,
  type MlsRange,
  OBJECT_R,
  type PolicyDb,
  type UserDatum,
} from '../../../lsm/selinux/policy/index.ts';
import { NO_RANGE } from '../../../lsm/selinux/policy/mls.ts';
import type { Random } from '../random.ts';
import { contextText } from './context-texts.ts';
import type { IoctlQuestion } from './kernel.ts';
import type { RuleKey } from './libsepol-server.ts';
import { objectQuestion } from './object-questions.ts';
import type { CreateQuestion, Question, QuestionKind, Step, ValidateQuestion, XpermsQuestion } from './question.ts';

interface Aim {
  readonly source: number;
  readonly target: number;
  readonly class: number;
}

/** Weights of kinds of questions. */
export type Mix = Partial<Readonly<Record<QuestionKind | 'boolean', number>>>;

/** 2 of 3 contexts come from here, so that they are met again. */
const POOL = 300;

export class QuestionMaker {
  readonly db: PolicyDb;
  readonly random: Random;
  readonly #avRules: readonly RuleKey[];
  readonly #typeRules: readonly RuleKey[];
  readonly #xpermRules: readonly RuleKey[];
  readonly #types: readonly number[];
  readonly #users: readonly UserDatum[];
  readonly #booleans: readonly BooleanDatum[];
  /** With validatetrans statements. */
  readonly #validated: readonly ClassDatum[];
  readonly #transitions: readonly number[];
  /** Types of each attribute, index = value. */
  readonly #members: readonly (readonly number[])[];
  readonly #rolesOfType: ReadonlyMap<number, readonly number[]>;
  readonly #usersOfRole: ReadonlyMap<number, readonly number[]>;
  readonly #named: readonly (readonly [target: number, ruleClass: number, name: string])[];
  readonly #pool: string[] = [];

  /** @param options `fileNames`: some `create` questions name the new object. */
  constructor(db: PolicyDb, random: Random, rules: readonly RuleKey[], options: { readonly fileNames: boolean }) {
    this.db = db;
    this.random = random;
    this.#avRules = rules.filter(({ kind }) => (kind & (AVTAB_TYPE | AVTAB_XPERMS)) === 0);
    this.#typeRules = rules.filter(({ kind }) => (kind & AVTAB_TYPE) !== 0);
    this.#xpermRules = rules.filter(({ kind }) => (kind & AVTAB_XPERMS) !== 0);
    const types = db.types.inValueOrder().filter((type) => !type.attribute);
    this.#types = types.map(({ value }) => value);
    this.#users = db.users.inValueOrder();
    this.#booleans = db.booleans.inValueOrder();
    this.#validated = db.classes.inValueOrder().filter(({ validateTransitions }) => validateTransitions.length > 0);
    this.#transitions = [...db.rangeTransitions.keys(), ...db.roleTransitions.keys()];
    const members: number[][] = Array.from({ length: db.types.maximum + 1 }, () => []);
    for (const type of this.#types) for (const value of db.typeAttributes.of(type)) members[value]?.push(type);
    this.#members = members;
    this.#rolesOfType = inverse(db.roles.inValueOrder().map((role) => [role.value, [...role.types]]));
    this.#usersOfRole = inverse(db.users.inValueOrder().map((user) => [user.value, [...user.roles]]));
    this.#named = (options.fileNames ? [...db.filenameTransitions.keys()] : []).map((key) => {
      const [target = '', ruleClass = '', ...name] = key.split(':');
      return [Number(target), Number(ruleClass), name.join(':')] as const;
    });
  }

  /** Questions in the proportions of `mix`; `boolean` steps turn one boolean. */
  make(count: number, mix: Mix): (Question | Step)[] {
    const kinds = (Object.entries(mix) as [keyof Mix, number][]).flatMap(([kind, weight]) => Array(weight).fill(kind));
    return Array.from({ length: count }, () => this.#one(this.random.pick<keyof Mix>(kinds)));
  }

  #one(kind: QuestionKind | 'boolean'): Question | Step {
    const { db, random } = this;
    switch (kind) {
      case 'boolean':
        if (this.#booleans.length === 0) return this.#one('access');
        return { kind, name: random.pick(this.#booleans).name, value: random.below(2) === 0 ? 0 : 1 };
      case 'context':
        return { kind, text: contextText(db, random, this.#someContext()) };
      case 'user':
        return { kind, source: this.#someContext(), user: random.pick(this.#users).name };
      case 'validatetrans':
        return this.#validate();
      case 'access':
      case 'member':
      case 'relabel': {
        const aim = this.#aim(kind === 'access' ? this.#avRules : this.#typeRules);
        return { kind, source: this.#context(aim.source), target: this.#context(aim.target), class: aim.class };
      }
      case 'create':
        return this.#create();
      case 'xperms':
        return this.#xperms();
      default:
        return objectQuestion(db, random, kind);
    }
  }

  /** A rule, or three random things. Attributes become one of their types. */
  #aim(rules: readonly RuleKey[]): Aim {
    const { db, random } = this;
    const type = (value: number) => {
      const members = this.#members[value] ?? [];
      return members.length === 0 ? random.pick(this.#types) : random.pick(members);
    };
    if (rules.length > 0 && random.below(2) === 0) {
      const rule = random.pick(rules);
      return { source: type(rule.source), target: type(rule.target), class: rule.class };
    }
    return {
      source: random.pick(this.#types),
      target: random.pick(this.#types),
      class: 1 + random.below(db.classes.maximum),
    };
  }

  /** Half of them aimed at extended rules about ioctl commands. */
  ioctls(count: number): IoctlQuestion[] {
    const { db, random } = this;
    const objects = ['file', 'dir', 'fifo_file', 'tcp_socket', 'netlink_route_socket'] as const;
    const rules = this.#xpermRules.filter((rule) => objects.some((name) => db.classes.nameOf(rule.class) === name));
    return Array.from({ length: count }, () => {
      const aim = this.#aim(rules);
      const object = objects.find((name) => name === db.classes.nameOf(aim.class)) ?? random.pick(objects);
      const driver = random.pick([0, 0x12, 0x13, 0x54, 0x55, 0x89, 0x8a, random.below(256)]);
      return { kind: 'ioctl', source: this.#context(aim.source), target: this.#context(aim.target), object, driver };
    });
  }

  #create(): CreateQuestion {
    const { db, random } = this;
    const way = random.below(5);
    if (way <= 1 && this.#named.length > 0) {
      const [target, ruleClass, name] = random.pick(this.#named);
      const sources = (db.filenameTransitions.get(`${target}:${ruleClass}:${name}`) ?? []).map(
        ({ sources: set }) => set,
      );
      const hits = this.#types.filter((type) => sources.some((set) => set.has(type - 1)));
      const source = random.below(3) > 0 && hits.length > 0 ? random.pick(hits) : random.pick(this.#types);
      const asked = random.pick([name, name, name, `${name}x`, name.slice(1), name.toUpperCase(), `${name} y`]);
      return {
        kind: 'create',
        source: this.#context(source),
        target: this.#context(target),
        class: ruleClass,
        ...(asked === '' ? {} : { name: asked }),
      };
    }
    const aim = way === 2 ? this.#transition() : this.#aim(this.#typeRules);
    return { kind: 'create', source: this.#context(aim.source), target: this.#context(aim.target), class: aim.class };
  }

  /** What a role or range transition is about. */
  #transition(): Aim {
    const { db, random } = this;
    if (this.#transitions.length === 0) return this.#aim([]);
    const key = random.pick(this.#transitions);
    const [first, second, third] = [Math.floor(key / 0x100000000), Math.floor(key / 0x10000) % 0x10000, key % 0x10000];
    if (db.rangeTransitions.has(key)) return { source: first, target: second, class: third };
    const types = [...(db.roles.byValue(first)?.types ?? [])].map((bit) => bit + 1);
    return { source: types.length === 0 ? random.pick(this.#types) : random.pick(types), target: second, class: third };
  }

  #xperms(): XpermsQuestion {
    const { random } = this;
    const aim = this.#aim(this.#xpermRules);
    const base = random.below(3) === 0 ? 'nlmsg' : 'ioctl';
    const driver = random.pick([0, 0x54, 0x89, random.below(256)]);
    return {
      kind: 'xperms',
      source: this.#context(aim.source),
      target: this.#context(aim.target),
      class: aim.class,
      driver,
      base,
    };
  }

  #validate(): ValidateQuestion {
    const { db, random } = this;
    const known = this.#validated.length > 0 && random.below(8) > 0;
    const asked = known ? random.pick(this.#validated).value : 1 + random.below(db.classes.maximum);
    const type = random.pick(this.#types);
    const other = random.below(2) === 0 ? type : random.pick(this.#types);
    return {
      kind: 'validatetrans',
      old: this.#context(type),
      new: this.#context(other),
      class: asked,
      task: this.#someContext(),
    };
  }

  #someContext(): string {
    const { random } = this;
    if (this.#pool.length === POOL && random.below(3) > 0) return random.pick(this.#pool);
    return this.#context(random.pick(this.#types));
  }

  /** A valid context of the type: an object's, or a process's when some role has the type. */
  #context(type: number): string {
    const { db, random } = this;
    for (;;) {
      const roles = random.below(3) === 0 ? [] : (this.#rolesOfType.get(type) ?? []);
      const role = roles.length === 0 ? OBJECT_R : random.pick(roles);
      const users = this.#usersOfRole.get(role) ?? [];
      const user = role === OBJECT_R || users.length === 0 ? random.pick(this.#users).value : random.pick(users);
      const context: Context = { user, role, type, range: randomRange(db, random) };
      if (!contextIsValid(db, context)) continue;
      const text = formatContext(db, context);
      if (this.#pool.length < POOL) this.#pool.push(text);
      else if (random.below(20) === 0) this.#pool[random.below(POOL)] = text;
      return text;
    }
  }
}

/** `rows`: values, each with bits of values. */
function inverse(rows: readonly (readonly [value: number, bits: readonly number[]])[]): ReadonlyMap<number, number[]> {
  const found = new Map<number, number[]>();
  for (const [value, bits] of rows) for (const bit of bits) found.set(bit + 1, [...(found.get(bit + 1) ?? []), value]);
  return found;
}

/** Not always a valid one: sensitivities have categories of their own. */
export function randomRange(db: PolicyDb, random: Random): MlsRange {
  if (!db.mls) return NO_RANGE;
  const low = randomLevel(db, random, 1 + random.below(db.levels.maximum), []);
  if (random.below(2) === 0) return { low, high: low };
  const higher = low.sensitivity + random.below(db.levels.maximum - low.sensitivity + 1);
  return { low, high: randomLevel(db, random, higher, [...low.categories]) };
}

function randomLevel(db: PolicyDb, random: Random, sensitivity: number, more: readonly number[]): MlsRange['low'] {
  const allowed = [...(db.levels.byValue(sensitivity)?.level.categories ?? [])];
  const bits = [...more];
  for (let runs = random.pick([0, 0, 1, 1, 2, 6]); runs > 0 && allowed.length > 0; runs--) {
    const first = random.below(allowed.length);
    bits.push(...allowed.slice(first, first + random.pick([1, 1, 2, 3, 5, 70])));
  }
  return { sensitivity, categories: Ebitmap.of(bits) };
}
