/** What two policies say differently: statements that one of them has, and those that say something else in the other. */
import type { Statement } from './statements.ts';

export interface Modified {
  readonly name: string;
  readonly condition?: string;
  /** Of each part that is not the same. */
  readonly changes: Readonly<Record<string, Change>>;
}

export interface Change {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** All are counted, so many of them are kept. */
export class Kept<T extends { readonly name: string }> {
  readonly #limit: number;
  readonly #items: T[] = [];
  count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param make is not called where the limit is reached: there may be millions. */
  add(make: () => T): void {
    if (this.count++ < this.#limit) this.#items.push(make());
  }

  /** By name. */
  get items(): readonly T[] {
    return this.#items.sort((a, b) => compareNames(a.name, b.name));
  }
}

export class Difference {
  /** Only the second policy has them. */
  readonly added: Kept<Statement>;
  /** Only the first one has them. */
  readonly removed: Kept<Statement>;
  readonly modified: Kept<Modified>;

  /** @param limit of each list. */
  constructor(limit: number) {
    this.added = new Kept(limit);
    this.removed = new Kept(limit);
    this.modified = new Kept(limit);
  }

  get isEmpty(): boolean {
    return this.added.count + this.removed.count + this.modified.count === 0;
  }

  /** Two statements of one name and condition. */
  compare(before: Statement, { name, condition, parts }: Statement): void {
    const both = new Set([...Object.keys(before.parts), ...Object.keys(parts)]);
    const changes = [...both].flatMap((part) => {
      const change = changeOf(before.parts[part] ?? [], parts[part] ?? []);
      return change === undefined ? [] : [[part, change] as const];
    });
    if (changes.length === 0) return;
    this.modified.add(() => ({
      name,
      ...(condition !== undefined && { condition }),
      changes: Object.fromEntries(changes),
    }));
  }
}

export function differenceOf(left: Iterable<Statement>, right: Iterable<Statement>, limit: number): Difference {
  const difference = new Difference(limit);
  const before = new Map<string, Statement>();
  for (const statement of left) before.set(keyOf(statement), statement);
  const seen = new Set<string>();
  for (const statement of right) {
    const key = keyOf(statement);
    if (seen.has(key)) continue;
    seen.add(key);
    const old = before.get(key);
    if (old === undefined) difference.added.add(() => statement);
    else difference.compare(old, statement);
  }
  for (const [key, statement] of before) if (!seen.has(key)) difference.removed.add(() => statement);
  return difference;
}

function keyOf({ name, condition = '' }: Statement): string {
  return `${name}\0${condition}`;
}

function changeOf(before: readonly string[], now: readonly string[]): Change | undefined {
  const had = new Set(before);
  const has = new Set(now);
  const added = [...has].filter((name) => !had.has(name)).sort(compareNames);
  const removed = [...had].filter((name) => !has.has(name)).sort(compareNames);
  return added.length + removed.length === 0 ? undefined : { added, removed };
}

export function compareNames(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
