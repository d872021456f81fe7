/**
 * The policy: for each operation blocks by priority, each with rules by priority. Every block whose condition holds has its say, by its
 * first rule whose condition holds; one that denies is enough.
 *
 * Model: cs_write_policy(), cs_update_acl(), cs_read_policy() and cs_check_acl_list() of the version of 2016.
 */
import { type Condition, holds, type Names, namesIn, type Operation, parseCondition } from './condition.ts';

export const POLICY_VERSION = 20120401;
const OPERATIONS: readonly Operation[] = ['execute', 'modify_policy'];
const DEFAULT_PRIORITY = 1000;
const PRIORITIES = 65_536;
/** struct cs_acl_info, and struct cs_name without the name and its NUL. */
const ENTRY = 48;
const NAME = 49;

interface Entry {
  readonly priority: number;
  readonly deny: boolean;
  readonly condition: Condition | undefined;
}

export interface Block extends Entry {
  readonly operation: Operation;
  readonly rules: Entry[];
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
  readonly #blocks: Readonly<Record<Operation, Block[]>> = { execute: [], modify_policy: [] };
  readonly #updates: Count = { count: 0, last: 0 };
  readonly #denials: Count = { count: 0, last: 0 };

  /** @param now seconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** May this be done? Without a policy in force, everything may. */
  permits(operation: Operation, names: Names): boolean {
    for (const block of this.#blocks[operation]) {
      if (!holds(block.condition, names)) continue;
      const rule = block.rules.find(({ condition }) => holds(condition, names));
      if (rule?.deny !== true || !this.loaded) continue;
      this.#add(this.#denials);
      return false;
    }
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
    const blocks = OPERATIONS.flatMap((operation) => this.#blocks[operation]).map(
      ({ priority, operation, condition, rules }) =>
        [
          `${priority} acl ${operation}${condition?.text ?? ''}\n`,
          ...rules.map((rule) => `    ${rule.priority} ${rule.deny ? 'deny' : 'allow'}${rule.condition?.text ?? ''}\n`),
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
      return rule !== undefined && change(block.rules, rule, remove) !== undefined;
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
    const changed = change(this.#blocks[operation], { ...made, operation, rules: [] }, remove);
    if (!remove) selection.block = changed;
    return changed !== undefined;
  }

  #add(counter: Count): void {
    counter.count++;
    counter.last = Math.floor(this.#now());
  }

  /** Conditions and names that are equal are held once. */
  #memory(): number {
    const blocks = OPERATIONS.flatMap((operation) => this.#blocks[operation]);
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

/** Adds an entry behind those of its priority, or removes it. @returns the one that is there or was; `undefined` = there was none. */
function change<T extends Entry>(list: T[], wanted: T, remove: boolean): T | undefined {
  const at = list.findIndex(
    ({ priority, deny, condition }) =>
      priority === wanted.priority && deny === wanted.deny && condition?.text === wanted.condition?.text,
  );
  if (remove) return at < 0 ? undefined : list.splice(at, 1)[0];
  if (at >= 0) return list[at];
  const next = list.findIndex(({ priority }) => priority > wanted.priority);
  list.splice(next < 0 ? list.length : next, 0, wanted);
  return wanted;
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
