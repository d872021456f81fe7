/**
 * The policy: for each operation blocks by priority, each with rules by priority. Every block whose condition holds has its say, by its
 * first rule whose condition holds; one that denies is enough.
 *
 * Model: cs_write_policy(), cs_update_acl(), cs_read_policy() and cs_check_acl_list() of the version of 2016.
 */
import { holds, type Names, namesIn, type Operation, parseCondition } from './condition.ts';
import { type Entry, RuleList } from './rule-list.ts';

export const POLICY_VERSION = 20120401;
const OPERATIONS: readonly Operation[] = ['execute', 'modify_policy'];
const DEFAULT_PRIORITY = 1000;
const PRIORITIES = 65_536;
/** Most programs that are remembered. */
const MODIFIERS = 64;
/** struct cs_acl_info, and struct cs_name without the name and its NUL. */
const ENTRY = 48;
const NAME = 49;

export interface Block extends Entry {
  readonly operation: Operation;
  readonly rules: RuleList<Entry>;
}

/** Of one open of the file: the block that rules are about. */
export interface Selection {
  block: Block | undefined;
}

interface Count {
  count: number;
  /** Seconds since the epoch; 0 = never. */
  last: number;
}

export class Policy {
  /** It is in force. */
  loaded = false;
  version = 0;
  readonly #now: () => number;
  readonly #blocks: Readonly<Record<Operation, RuleList<Block>>> = {
    execute: new RuleList(),
    modify_policy: new RuleList(),
  };
  /** Programs that may change it, as long as what decides that is the same: each line of a write is asked about. */
  readonly #modifiers = new Set<string | undefined>();
  readonly #updates: Count = { count: 0, last: 0 };
  readonly #denials: Count = { count: 0, last: 0 };

  /** @param now seconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** May this be done? Without a policy in force, everything may. */
  permits(operation: Operation, names: Names): boolean {
    const program = names['task.exe'];
    const remembers = operation === 'modify_policy' && this.loaded;
    if (remembers && this.#modifiers.has(program)) return true;
    for (const block of this.#blocks[operation]) {
      if (!holds(block.condition, names)) continue;
      const rule = block.rules.find(({ condition }) => holds(condition, names));
      if (rule?.deny !== true || !this.loaded) continue;
      this.#add(this.#denials);
      return false;
    }
    if (!remembers) return true;
    // Forgotten from so many on: who asks decides which programs these are.
    if (this.#modifiers.size >= MODIFIERS) this.#modifiers.clear();
    this.#modifiers.add(program);
    return true;
  }

  /** Takes a line in normal form. What is malformed changes nothing. */
  write(line: string, selection: Selection): void {
    const remove = line.startsWith('delete ');
    if (this.#update(remove ? line.slice('delete '.length) : line, remove, selection)) this.#add(this.#updates);
  }

  print(): string {
    const stats = [
      `POLICY_VERSION=${this.version}`,
      `stat Policy updated: ${shown(this.#updates)}`,
      `stat Requests denied: ${shown(this.#denials)}`,
      `stat Memory used by policy: ${this.#memory()}`,
    ];
    const blocks = OPERATIONS.flatMap((operation) => [...this.#blocks[operation]]).map(
      ({ priority, operation, condition, rules }) =>
        [
          `${priority} acl ${operation}${condition?.text ?? ''}\n`,
          ...[...rules].map(
            (rule) => `    ${rule.priority} ${rule.deny ? 'deny' : 'allow'}${rule.condition?.text ?? ''}\n`,
          ),
          '\n',
        ].join(''),
    );
    return `${stats.join('\n')}\n\n${blocks.join('')}`;
  }

  #update(line: string, remove: boolean, selection: Selection): boolean {
    const { number, word, rest } = /^(?:(?<number>\d+)\S* ?)?(?<word>\S*) ?(?<rest>.*)$/.exec(line)?.groups ?? {};
    const priority = number === undefined ? DEFAULT_PRIORITY : Number(BigInt.asUintN(32, BigInt(number)));
    if (priority >= PRIORITIES || word === undefined || word === '') return false;
    const { block } = selection;
    if (block !== undefined && (word === 'allow' || word === 'deny')) {
      const rule = entry(block.operation, priority, word === 'deny', rest);
      if (rule === undefined) return false;
      this.#forget(block.operation);
      return (remove ? block.rules.remove(rule) : block.rules.add(rule)) !== undefined;
    }
    selection.block = undefined;
    if (word === 'acl') return this.#updateBlock(priority, rest, remove, selection);
    const version = /^POLICY_VERSION=(\d+)/.exec(word)?.[1];
    if (version !== undefined) this.version = Number(BigInt.asUintN(32, BigInt(version)));
    return version !== undefined;
  }

  #updateBlock(priority: number, rest = '', remove: boolean, selection: Selection): boolean {
    const [name, condition] = cut(rest);
    const operation = OPERATIONS.find((one) => one === name);
    const made = operation && entry(operation, priority, false, condition);
    if (operation === undefined || made === undefined) return false;
    this.#forget(operation);
    if (remove) return this.#blocks[operation].remove(made) !== undefined;
    selection.block = this.#blocks[operation].add({ ...made, operation, rules: new RuleList() });
    return true;
  }

  /** A rule about this changes. */
  #forget(operation: Operation): void {
    if (operation === 'modify_policy') this.#modifiers.clear();
  }

  #add(counter: Count): void {
    counter.count++;
    counter.last = Math.floor(this.#now());
  }

  /** Conditions and names that are equal are held once. */
  #memory(): number {
    const blocks = OPERATIONS.flatMap((operation) => [...this.#blocks[operation]]);
    const entries: Entry[] = blocks.flatMap((block) => [block, ...block.rules]);
    const conditions = new Map(entries.flatMap(({ condition }) => (condition ? [[condition.text, condition]] : [])));
    const names = new Set([...conditions.values()].flatMap(namesIn));
    const sizes = [
      ...entries.map(() => ENTRY),
      ...[...conditions.values()].map(({ size }) => size),
      ...[...names].map((name) => NAME + name.length),
    ];
    return sizes.reduce((sum, size) => sum + allocated(size), 0);
  }
}

/** The first word, and what follows it. */
function cut(text: string): [string, string] {
  const space = text.indexOf(' ');
  return space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)];
}

function entry(operation: Operation, priority: number, deny: boolean, text = ''): Entry | undefined {
  if (text === '') return { priority, deny, condition: undefined };
  const condition = parseCondition(operation, text);
  return condition && { priority, deny, condition };
}

function shown({ count, last }: Count): string {
  if (last === 0) return `${count}`;
  const time = new Date(last * 1000).toISOString();
  return `${count} (Last: ${time.slice(0, 10).replaceAll('-', '/')} ${time.slice(11, 19)})`;
}

/** What kmalloc() takes for so many bytes. */
function allocated(size: number): number {
  const between = [96, 192].find((one) => size <= one && size > (one * 2) / 3);
  if (between !== undefined) return between;
  let power = 8;
  while (power < size) power *= 2;
  return power;
}
