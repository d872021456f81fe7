/**
 * The whole policy: domains, namespaces, managers, counters.
 *
 * Model: security/tomoyo/common.c and domain.c of Linux 6.12.
 */
import { type Acl, parseAcl, printAcl, printTransition, updateAcls } from './acl.ts';
import { Lists } from './lists.ts';
import { policyMemory } from './memory.ts';
import { PolicyNamespace } from './namespace.ts';
import { unsigned } from './profile.ts';
import { beginsWithNamespace, DOMAIN_NAME_LIMIT, isDomainName, isWord } from './words.ts';

const MAX_PROFILES = 256;
const MAX_ACL_GROUPS = 256;

export class Domain {
  readonly name: string;
  readonly namespace: PolicyNamespace;
  profile = 0;
  /** Numbers of acl_groups whose rules count too. */
  readonly groups = new Set<number>();
  quotaExceeded = false;
  transitionFailed = false;
  /** It is not in the list any more; tasks may still be in it. */
  deleted = false;
  readonly acls: Acl[] = [];

  constructor(name: string, namespace: PolicyNamespace) {
    this.name = name;
    this.namespace = namespace;
  }

  /** All rules that count, own ones first. */
  *rules(): Generator<Acl> {
    yield* this.acls;
    for (const [group, rules] of this.namespace.aclGroups) if (this.groups.has(group)) yield* rules;
  }

  print(transitionsOnly: boolean): string {
    const flags = [
      ...(this.quotaExceeded ? ['quota_exceeded'] : []),
      ...(this.transitionFailed ? ['transition_failed'] : []),
      ...[...this.groups].toSorted((a, b) => a - b).map((group) => `use_group ${group}`),
    ];
    const rules = this.acls
      .map((rule) => (transitionsOnly ? printTransition(rule) : printAcl(rule)))
      .filter((line) => line !== undefined);
    const lines = [this.name, `use_profile ${this.profile}`, ...flags, '', ...rules, ''];
    return lines.map((line) => `${line}\n`).join('');
  }
}

export type Counter = 'updates' | 'learning' | 'permissive' | 'enforcing';
export type MemoryKind = 'policy' | 'audit' | 'query';

/** Names in the node `stat`. */
const COUNTERS: readonly (readonly [Counter, string])[] = [
  ['updates', 'update:'],
  ['learning', 'violation in learning mode:'],
  ['permissive', 'violation in permissive mode:'],
  ['enforcing', 'violation in enforcing mode:'],
];
const MEMORY: readonly (readonly [MemoryKind, string])[] = [
  ['policy', 'policy:'],
  ['audit', 'audit log:'],
  ['query', 'query message:'],
];

export class Policy {
  readonly kernel = new PolicyNamespace('<kernel>');
  readonly namespaces: PolicyNamespace[] = [this.kernel];
  readonly root = new Domain('<kernel>', this.kernel);
  readonly domains: Domain[] = [this.root];
  /** Domains and programs that may change the policy. */
  readonly managers: string[] = [];
  managedByNonRoot = false;
  /** The process that was last told that it is no manager; it is told once. */
  lastRefused = 0;
  /** The policy is in force: some program asked for it to be loaded. */
  loaded = false;
  /** Bytes; 0 = no limit. */
  readonly quota: Record<MemoryKind, number> = { policy: 0, audit: 0, query: 0 };
  /** Bytes that records and questions take. */
  readonly used = { audit: 0, query: 0 };
  readonly #counters = new Map<Counter, { count: number; at: number }>();
  readonly #now: () => number;
  /** Is what there is within the limit? */
  readonly fits = (): boolean => this.quota.policy === 0 || policyMemory(this) <= this.quota.policy;
  readonly lists = new Lists(this.fits);

  /** @param now seconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
    for (const program of ['/sbin/modprobe', '/sbin/hotplug']) {
      this.kernel.writeException(`initialize_domain ${program} from any`, false, this.lists);
    }
  }

  count(counter: Counter): void {
    const { count } = this.#counters.get(counter) ?? { count: 0 };
    this.#counters.set(counter, { count: count + 1, at: this.#now() });
  }

  /** tomoyo_gc_thread(), as far as it shows. In a kernel it comes when who wrote closes the node; here, when somebody opens one. */
  collectGarbage(): void {
    this.lists.collect();
    for (const namespace of this.namespaces) {
      namespace.collectGroups(() =>
        this.domains.filter((one) => one.namespace === namespace).flatMap(({ acls }) => acls),
      );
    }
  }

  findDomain(name: string): Domain | undefined {
    return this.domains.find((domain) => domain.name === name);
  }

  /**
   * The namespace that a line or a domain name begins with; made if it is not there. As in the kernel, the first one whose name begins so
   * is taken: tomoyo_find_namespace() compares no further.
   */
  namespace(text: string): PolicyNamespace | undefined {
    const name = text.split(' ', 1)[0] as string;
    const known = this.namespaces.find((namespace) => namespace.name.startsWith(name));
    if (known !== undefined) return known;
    if (name.length >= DOMAIN_NAME_LIMIT || !beginsWithNamespace(name)) return undefined;
    const made = new PolicyNamespace(name);
    this.namespaces.push(made);
    if (this.fits()) return made;
    this.namespaces.pop();
    return undefined;
  }

  /** The domain of this name; made if it is not there. `undefined` = the name is malformed, or there is no room. */
  defineDomain(name: string): Domain | undefined {
    const known = this.findDomain(name);
    if (known !== undefined) return known;
    if (name.length >= DOMAIN_NAME_LIMIT || !isDomainName(name)) return undefined;
    const namespace = this.namespace(name);
    if (namespace === undefined) return undefined;
    const made = new Domain(name, namespace);
    this.domains.push(made);
    if (this.fits()) return made;
    this.domains.pop();
    return undefined;
  }

  /** The first domain of all stays. */
  deleteDomain(name: string): void {
    const at = this.domains.findIndex((domain) => domain.name === name);
    const domain = this.domains[at];
    if (domain === undefined || domain === this.root) return;
    domain.deleted = true;
    this.domains.splice(at, 1);
  }

  /** A line about a domain that is not its name. @returns `false` when nothing changed. */
  writeDomain(domain: Domain, line: string, remove: boolean): boolean {
    const profile = /^use_profile\s*(\d+)/.exec(line)?.[1];
    if (profile !== undefined && unsigned(profile) < MAX_PROFILES) {
      const index = unsigned(profile);
      if ((!this.loaded || domain.namespace.profiles.has(index)) && !remove) domain.profile = index;
      return true;
    }
    const group = /^use_group\s*(\d+)/.exec(line)?.[1];
    if (group !== undefined && unsigned(group) < MAX_ACL_GROUPS) {
      if (remove) domain.groups.delete(unsigned(group));
      else domain.groups.add(unsigned(group));
      return true;
    }
    if (line.startsWith('quota_exceeded')) domain.quotaExceeded = !remove;
    else if (line.startsWith('transition_failed')) domain.transitionFailed = !remove;
    else return this.writeRule(domain, line, remove);
    return true;
  }

  writeRule(domain: Domain, line: string, remove = false): boolean {
    const rule = parseAcl(line);
    if (rule === undefined || !updateAcls(domain.acls, rule, remove, this.lists)) return false;
    domain.namespace.nameGroups(rule);
    return true;
  }

  writeManager(line: string, remove: boolean): boolean {
    if (line === 'manage_by_non_root') {
      this.managedByNonRoot = !remove;
      return true;
    }
    if (!isDomainName(line) && !isWord(line)) return false;
    return this.lists.update(this.managers, line, (manager) => manager, remove);
  }

  /** `Memory used by policy: 4096` sets a limit. */
  writeStat(line: string): void {
    for (const [kind, title] of MEMORY) {
      const start = `Memory used by ${title}`;
      const digits = line.startsWith(start) ? /^\s*(\d+)/.exec(line.slice(start.length))?.[1] : undefined;
      if (digits !== undefined) this.quota[kind] = unsigned(digits);
    }
  }

  printStat(): string {
    const counters = COUNTERS.map(([counter, title]) => {
      const { count, at } = this.#counters.get(counter) ?? { count: 0, at: 0 };
      const last = at === 0 ? '' : ` (Last: ${printTime(at)})`;
      return `Policy ${title.padEnd(30)} ${String(count).padStart(10)}${last}\n`;
    });
    const used: Record<MemoryKind, number> = { policy: policyMemory(this), ...this.used };
    const memory = MEMORY.map(([kind, title]) => {
      const quota = this.quota[kind] === 0 ? '' : ` (Quota: ${String(this.quota[kind]).padStart(10)})`;
      return `Memory used by ${title.padEnd(22)} ${String(used[kind]).padStart(10)}${quota}\n`;
    });
    const total = used.policy + used.audit + used.query;
    return `${[...counters, ...memory].join('')}Total memory used:                    ${String(total).padStart(10)}\n`;
  }
}

/** `2026/01/31 23:59:59`, UTC. */
export function printTime(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString();
  return `${text.slice(0, 10).replaceAll('-', '/')} ${text.slice(11, 19)}`;
}
