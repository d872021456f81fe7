/**
 * Access vector rules that differ, type by type: attributes are resolved, since another policy may allow the same by other attributes.
 *
 * Policies of distributions allow millions of pairs of types something. So they are compared one source at a time: a cell is a target and
 * a class, and has the access vectors of both policies. Types, classes and permissions have common numbers in it.
 */
import { AVTAB_AUDITDENY } from '../policy/avtab.ts';
import { RULE_WORDS } from '../why/rule-text.ts';
import type { Conditions } from './conditions.ts';
import { compareNames, Difference } from './differences.ts';
import type { AnalysedPolicy, PolicyRule } from './policy.ts';
import type { Statement } from './statements.ts';

/** Of a cell: permissions 0..31 and those beyond of the first policy, then of the second. A class has up to 32 in each policy. */
const WORDS = 4;
const OF_ONE = 2;

/** @param kind AVTAB_* bit. */
export function vectorDifferences(
  left: AnalysedPolicy,
  right: AnalysedPolicy,
  kind: number,
  conditions: Conditions,
  limit: number,
): Difference {
  const difference = new Difference(limit);
  const names = commonNames(left, right);
  const sides = [left, right].map((policy) => new Side(policy, kind, names));
  const always = new Row(names.types.length * names.classes.length);

  const tell = (source: string, cell: number, words: Int32Array, at: number, condition?: string): void => {
    const [low, high, lowNow, highNow] = words.subarray(at, at + WORDS) as unknown as [number, number, number, number];
    if (low === lowNow && high === highNow) return;
    const { name: className, permissions } = names.classes[cell % names.classes.length] as CommonClass;
    const target = names.types[Math.floor(cell / names.classes.length)];
    const said = (first: number, second: number): Statement => ({
      name: `${RULE_WORDS.get(kind)} ${source} ${target}:${className}`,
      parts: { permissions: permissions.filter((_, i) => (((i < 32 ? first : second) >>> (i & 31)) & 1) === 1) },
      ...(condition !== undefined && { condition }),
    });
    if ((low | high) === 0) difference.added.add(() => said(lowNow, highNow));
    else if ((lowNow | highNow) === 0) difference.removed.add(() => said(low, high));
    else difference.compare(said(low, high), said(lowNow, highNow));
  };

  for (const source of names.types) {
    const underConditions = new Map<string, Map<number, Int32Array>>();
    for (const [number, side] of sides.entries()) {
      for (const rule of side.rulesOf(source)) {
        const { low, high } = side.vector(rule);
        const cells = rule.condition && cellsOf(underConditions, conditions.text(side.policy.db, rule.condition));
        for (const cell of side.cells(rule)) {
          if (cells === undefined) always.add(cell, number * OF_ONE, low, high);
          else addTo(cells, cell, number * OF_ONE, low, high);
        }
      }
    }
    for (const cell of always.used) tell(source, cell, always.words, cell * WORDS);
    for (const [condition, cells] of underConditions) {
      for (const [cell, words] of cells) {
        // A condition gives only what is not given without it.
        for (let i = 0; i < WORDS; i++) words[i] = (words[i] ?? 0) & ~(always.words[cell * WORDS + i] ?? 0);
        tell(source, cell, words, 0, condition);
      }
    }
    always.clear();
  }
  return difference;
}

/** The cells of a source that rules without a condition are about. */
class Row {
  readonly words: Int32Array;
  readonly used: number[] = [];

  constructor(cells: number) {
    this.words = new Int32Array(cells * WORDS);
  }

  add(cell: number, offset: number, low: number, high: number): void {
    const { words } = this;
    const at = cell * WORDS;
    if (
      ((words[at] as number) | (words[at + 1] as number) | (words[at + 2] as number) | (words[at + 3] as number)) ===
      0
    )
      this.used.push(cell);
    words[at + offset] = (words[at + offset] as number) | low;
    words[at + offset + 1] = (words[at + offset + 1] as number) | high;
  }

  clear(): void {
    for (const cell of this.used) this.words.fill(0, cell * WORDS, (cell + 1) * WORDS);
    this.used.length = 0;
  }
}

function cellsOf(all: Map<string, Map<number, Int32Array>>, condition: string): Map<number, Int32Array> {
  const cells = all.get(condition) ?? new Map<number, Int32Array>();
  all.set(condition, cells);
  return cells;
}

function addTo(cells: Map<number, Int32Array>, cell: number, offset: number, low: number, high: number): void {
  const words = cells.get(cell) ?? new Int32Array(WORDS);
  cells.set(cell, words);
  words[offset] = (words[offset] ?? 0) | low;
  words[offset + 1] = (words[offset + 1] ?? 0) | high;
}

interface CommonClass {
  readonly name: string;
  /** Of both policies. */
  readonly permissions: readonly string[];
}

/** What is in one of two policies or in both, by common number. */
interface CommonNames {
  readonly types: readonly string[];
  readonly classes: readonly CommonClass[];
}

function commonNames(left: AnalysedPolicy, right: AnalysedPolicy): CommonNames {
  const policies = [left.db, right.db];
  const all = (names: readonly string[]): string[] => [...new Set(names)].sort(compareNames);
  const types = policies.flatMap(({ types: table }) => table.inValueOrder().filter(({ attribute }) => !attribute));
  const classes = all(policies.flatMap(({ classes: table }) => table.inValueOrder().map(({ name }) => name)));
  return {
    types: all(types.map(({ name }) => name)),
    classes: classes.map((name) => {
      const permissions = policies.flatMap(({ classes: table }) => [...(table.byName(name)?.permissions.keys() ?? [])]);
      return { name, permissions: all(permissions) };
    }),
  };
}

/** Rules of one policy, in common numbers. */
class Side {
  readonly policy: AnalysedPolicy;
  readonly #kind: number;
  readonly #classes: number;
  /** By the value of the type or attribute that is their source. */
  readonly #rules: PolicyRule[][] = [];
  /** Numbers of the types of a type or attribute, by value. */
  readonly #members: (Int32Array | undefined)[] = [];
  readonly #typeNumbers: ReadonlyMap<string, number>;
  /** By value of a class. */
  readonly #classNumbers: number[] = [];
  /** By value of a class, then by bit of its vectors: number of the permission, -1 = none. */
  readonly #permissionNumbers: number[][] = [];

  constructor(policy: AnalysedPolicy, kind: number, { types, classes }: CommonNames) {
    this.policy = policy;
    this.#kind = kind;
    this.#classes = classes.length;
    this.#typeNumbers = new Map(types.map((name, number) => [name, number]));
    for (const [number, { name, permissions }] of classes.entries()) {
      const datum = policy.db.classes.byName(name);
      if (datum === undefined) continue;
      this.#classNumbers[datum.value] = number;
      this.#permissionNumbers[datum.value] = datum.permissionNames.map((permission) =>
        permission === undefined ? -1 : permissions.indexOf(permission),
      );
    }
    for (const rule of policy.rules(kind)) {
      const rules = this.#rules[rule.sourceType] ?? [];
      this.#rules[rule.sourceType] = rules;
      rules.push(rule);
    }
  }

  /** Those that name a type or one of its attributes. */
  *rulesOf(source: string): IterableIterator<PolicyRule> {
    const { types, typeAttributes } = this.policy.db;
    const datum = types.byName(source);
    if (datum === undefined || datum.attribute) return;
    for (const name of typeAttributes.of(datum.value)) yield* this.#rules[name] ?? [];
  }

  vector({ table, rule, class: value }: PolicyRule): { readonly low: number; readonly high: number } {
    const data = table.data(rule);
    const given = this.#kind === AVTAB_AUDITDENY ? ~data : data;
    let low = 0;
    let high = 0;
    for (const [bit, number] of (this.#permissionNumbers[value] ?? []).entries()) {
      if (number < 0 || ((given >>> bit) & 1) === 0) continue;
      if (number < 32) low |= 1 << number;
      else high |= 1 << (number - 32);
    }
    return { low, high };
  }

  /** Those of the targets of a rule. */
  *cells({ targetType, class: value }: PolicyRule): IterableIterator<number> {
    const number = this.#classNumbers[value] ?? 0;
    for (const target of this.#targets(targetType)) yield target * this.#classes + number;
  }

  #targets(type: number): Int32Array {
    const known = this.#members[type];
    if (known !== undefined) return known;
    const { types } = this.policy.db;
    const numbers = this.policy.members(type).map((value) => this.#typeNumbers.get(types.nameOf(value) ?? '') ?? 0);
    const made = Int32Array.from(numbers);
    this.#members[type] = made;
    return made;
  }
}
