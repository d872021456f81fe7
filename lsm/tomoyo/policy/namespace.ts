/**
 * A policy namespace, `<kernel>` or another word: profiles, exceptions, groups and acl_groups of the domains whose names begin with it.
 *
 * Model: struct tomoyo_policy_namespace and tomoyo_write_exception() of Linux 6.12.
 */

import { matchesPattern } from '../../framework/policy-text/pattern.ts';
import { type Acl, groupsOf, parseAcl, printAcl, updateAcls } from './acl.ts';
import type { Lists } from './lists.ts';
import { Profile, unsigned } from './profile.ts';
import { type GroupKind, type Groups, type NumberOperand, parseAddressRange, parseRange } from './values.ts';
import { isDomainName, isPath, isWord, lastWord, Words } from './words.ts';

/** In the order in which they are looked for. */
export const TRANSITIONS = [
  'no_reset_domain',
  'reset_domain',
  'no_initialize_domain',
  'initialize_domain',
  'no_keep_domain',
  'keep_domain',
] as const;
export type TransitionKind = (typeof TRANSITIONS)[number];

export interface TransitionControl {
  readonly kind: TransitionKind;
  /** Absent = any. */
  readonly program?: string;
  /** A domain name, or a path that is the last word of one; absent = any. */
  readonly domain?: string;
}

export interface Aggregator {
  readonly pattern: string;
  readonly name: string;
}

export const GROUP_KINDS: readonly GroupKind[] = ['path', 'number', 'address'];
const MAX_PROFILES = 256;
const MAX_ACL_GROUPS = 256;

export class PolicyNamespace implements Groups {
  /** `<kernel>`. */
  readonly name: string;
  profileVersion = 20150505;
  readonly profiles = new Map<number, Profile>();
  readonly transitions: TransitionControl[] = [];
  readonly aggregators: Aggregator[] = [];
  /** Members by group, as they are printed. A group is there from when it is first named until {@link collectGroups}. */
  readonly groups: Readonly<Record<GroupKind, Map<string, string[]>>> = {
    path: new Map(),
    number: new Map(),
    address: new Map(),
  };
  readonly aclGroups = new Map<number, Acl[]>();

  constructor(name: string) {
    this.name = name;
  }

  matchingName(group: string, name: string): string | undefined {
    return this.groups.path.get(group)?.find((pattern) => matchesPattern(name, pattern));
  }

  hasNumber(group: string, min: bigint, max: bigint): boolean {
    const members = this.groups.number.get(group) ?? [];
    return members.some((member) => {
      const range = parseRange(member) as NumberOperand;
      return min <= range.max && max >= range.min;
    });
  }

  /** A line of `profile`. @returns `false` when it is malformed. */
  writeProfile(line: string): boolean {
    const version = /^PROFILE_VERSION=\s*(\d+)/.exec(line)?.[1];
    if (version !== undefined) {
      this.profileVersion = unsigned(version);
      return true;
    }
    const numbered = /^(\d*)-(.*)$/s.exec(line);
    const index = numbered === null ? MAX_PROFILES : Number(numbered[1] || '0');
    if (index >= MAX_PROFILES) return false;
    let profile = this.profiles.get(index);
    if (profile === undefined) {
      profile = new Profile();
      this.profiles.set(index, profile);
    }
    return profile.set(numbered?.[2] ?? '');
  }

  /** @param prefix what stands before each line. */
  printProfiles(prefix: string): string {
    const sorted = [...this.profiles].toSorted(([a], [b]) => a - b);
    const profiles = sorted.map(([index, profile]) => profile.print(`${prefix}${index}-`));
    return `${prefix}PROFILE_VERSION=${this.profileVersion}\n${profiles.join('')}`;
  }

  /** A line of `exception_policy`. @returns `false` when nothing changed. */
  writeException(line: string, remove: boolean, lists: Lists): boolean {
    const words = new Words(line);
    if (words.skip('aggregator ')) {
      const pattern = words.next();
      const name = words.next();
      if (!isWord(pattern) || !isPath(name)) return false;
      return lists.update(this.aggregators, { pattern, name }, printAggregator, remove);
    }
    for (const kind of TRANSITIONS) {
      if (!words.skip(`${kind} `)) continue;
      const control = parseTransition(kind, words.rest);
      return control !== undefined && lists.update(this.transitions, control, printTransitionControl, remove);
    }
    for (const kind of GROUP_KINDS)
      if (words.skip(`${kind}_group `)) return this.#writeGroup(kind, words, remove, lists);
    const group = /^acl_group (\d+) (.*)$/s.exec(line);
    const index = Number(group?.[1] ?? MAX_ACL_GROUPS);
    const rule = index < MAX_ACL_GROUPS ? parseAcl(group?.[2] ?? '') : undefined;
    if (rule === undefined) return false;
    const rules = this.aclGroups.get(index) ?? [];
    const changed = updateAcls(rules, rule, remove, lists);
    this.aclGroups.set(index, rules);
    if (changed) this.nameGroups(rule);
    return changed;
  }

  /** A rule names these groups: their place in the list is that of the first one who did. */
  nameGroups(rule: Acl): void {
    for (const { kind, group } of groupsOf(rule)) this.#members(kind, group);
  }

  #members(kind: GroupKind, group: string): string[] {
    const known = this.groups[kind].get(group) ?? [];
    this.groups[kind].set(group, known);
    return known;
  }

  /** Lets go of groups without members that no rule names. @param rules of the domains of this namespace. */
  collectGroups(rules: () => Iterable<Acl>): void {
    const empty = GROUP_KINDS.flatMap((kind) =>
      [...this.groups[kind]].filter(([, members]) => members.length === 0).map(([group]) => ({ kind, group })),
    );
    if (empty.length === 0) return;
    const named = [...rules(), ...[...this.aclGroups.values()].flat()].flatMap(groupsOf);
    for (const { kind, group } of empty) {
      if (!named.some((one) => one.kind === kind && one.group === group)) this.groups[kind].delete(group);
    }
  }

  #writeGroup(kind: GroupKind, words: Words, remove: boolean, lists: Lists): boolean {
    const group = words.next();
    if (!isWord(group)) return false;
    const members = this.#members(kind, group);
    const text = words.next();
    const parsed = kind === 'number' ? parseRange(text)?.text : parseAddressRange(text)?.text;
    // Of paths anything is taken, even nothing.
    const member = kind === 'path' ? text : parsed;
    if (member === undefined) return false;
    return lists.update(members, member, (one) => one, remove);
  }

  /** @param prefix what stands before each line. */
  printExceptions(prefix: string): string {
    const lines = [...this.transitions.map(printTransitionControl), ...this.aggregators.map(printAggregator)];
    for (const kind of GROUP_KINDS) {
      for (const [group, members] of this.groups[kind]) {
        for (const member of members) lines.push(`${kind}_group ${group} ${member}`);
      }
    }
    for (const [index, rules] of [...this.aclGroups].toSorted(([a], [b]) => a - b)) {
      for (const rule of rules) lines.push(`acl_group ${index} ${printAcl(rule)}`);
    }
    return lines.map((line) => `${prefix}${line}\n`).join('');
  }

  /** The name that stands for a program in rules and domain names. */
  aggregate(program: string): string {
    return this.aggregators.find(({ pattern }) => matchesPattern(program, pattern))?.name ?? program;
  }

  /** What the exceptions say of a program that a task of this domain executes; `undefined` = a domain of its own below. */
  transitionOf(domain: string, program: string): 'reset' | 'initialize' | 'keep' | undefined {
    const has = (kind: TransitionKind): boolean =>
      this.transitions.some(
        (control) =>
          control.kind === kind &&
          (control.program === undefined || control.program === program) &&
          (control.domain === undefined || control.domain === (isPath(control.domain) ? lastWord(domain) : domain)),
      );
    if (!has('no_reset_domain') && has('reset_domain')) return 'reset';
    if (!has('no_initialize_domain') && has('initialize_domain')) return 'initialize';
    return !has('no_keep_domain') && has('keep_domain') ? 'keep' : undefined;
  }
}

/** `program from domain`, each of which may be `any`; without `from`, the keep kinds name a domain and the others a program. */
function parseTransition(kind: TransitionKind, text: string): TransitionControl | undefined {
  const from = text.indexOf(' from ');
  const keeps = kind === 'keep_domain' || kind === 'no_keep_domain';
  const program = from >= 0 ? text.slice(0, from) : keeps ? 'any' : text;
  const domain = from >= 0 ? text.slice(from + 6) : keeps ? text : 'any';
  if (program !== 'any' && !isPath(program)) return undefined;
  if (domain !== 'any' && !isDomainName(domain) && !isPath(domain)) return undefined;
  return { kind, ...(program !== 'any' && { program }), ...(domain !== 'any' && { domain }) };
}

function printTransitionControl({ kind, program = 'any', domain = 'any' }: TransitionControl): string {
  return `${kind} ${program} from ${domain}`;
}

const printAggregator = ({ pattern, name }: Aggregator): string => `aggregator ${pattern} ${name}`;
