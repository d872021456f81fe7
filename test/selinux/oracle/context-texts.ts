/** Texts that are nearly contexts: what people write, and what parsers get wrong. */
import type { PolicyDb } from '../../../lsm/selinux/policy/index.ts';
import type { Random } from '../random.ts';

type Change = (text: string, random: Random, db: PolicyDb) => string;

/** A policy without levels has none to name. */
function aName(random: Random, table: { all(): IterableIterator<{ readonly name: string }> }): string {
  const names = [...table.all()].map(({ name }) => name);
  return random.pick(names.length === 0 ? ['s0', 'c0'] : names);
}

/** A level by any of its names: aliases, categories in any order, repeated, in runs, in runs that are none. */
function anyLevel(random: Random, db: PolicyDb): string {
  const parts = Array.from({ length: random.below(4) }, () => {
    const category = () => aName(random, db.categories);
    return random.pick([category, category, () => `${category()}.${category()}`])();
  });
  return `${aName(random, db.levels)}${parts.length > 0 ? `:${parts.join(',')}` : ''}`;
}

function field(text: string, at: number, value: string): string {
  return text
    .split(':')
    .map((old, i) => (i === at ? value : old))
    .join(':');
}

const CHANGES: readonly Change[] = [
  (text) => text,
  (text, random, db) => field(text, 0, aName(random, db.users)),
  (text, random, db) => field(text, 1, aName(random, db.roles)),
  (text, random, db) => field(text, 2, aName(random, db.types)),
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) => {
    const at = random.below(text.length);
    return text.slice(0, at) + random.pick([':', '-', ',', '.', 'c', 's', '0', 'x', '/']) + text.slice(at);
  },
  (text, random) => {
    const at = random.below(text.length);
    return text.slice(0, at) + text.slice(at + 1);
  },
  (text) => `${text}-${text.split(':').slice(3).join(':').split('-')[0]}`,
  (text, random, db) => `${text.split(':').slice(0, 3).join(':')}:${anyLevel(random, db)}`,
  (text, random, db) => `${text.split(':').slice(0, 3).join(':')}:${anyLevel(random, db)}-${anyLevel(random, db)}`,
  (text) => text.toUpperCase(),
];

/** @param valid a valid context. */
export function contextText(db: PolicyDb, random: Random, valid: string): string {
  const changed = random.pick(CHANGES)(valid, random, db);
  return changed === '' ? ':' : changed;
}
