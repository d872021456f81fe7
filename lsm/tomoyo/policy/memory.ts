/**
 * How much memory a kernel would have given a policy: what `stat` shows and a quota is compared with.
 *
 * Sizes are those of the structures in security/tomoyo/common.h of a 64-bit Linux 6.12, each rounded up as kmalloc()
 * does. Names and conditions that are equal exist once.
 */
import { type Acl, type AclKind, operandKind } from './acl.ts';
import type { Condition } from './condition.ts';
import type { PolicyNamespace } from './namespace.ts';
import type { Operand } from './values.ts';

const NAME = 40;
const MANAGER = 32;
const PROFILE = 64;
const NAMESPACE = 6400;
const DOMAIN = 96;
const GROUP = 64;
const MEMBER = { path: 32, number: 64, address: 96 } as const;
const TRANSITION = 64;
const AGGREGATOR = 64;
const ACL: Readonly<Record<AclKind, number>> = {
  path: 64,
  path2: 64,
  number: 96,
  mkdev: 192,
  mount: 128,
  inet: 128,
  unix: 64,
  env: 64,
  task: 64,
};
/** struct tomoyo_condition, and what each test adds: its element and its operands. */
const CONDITION = 48;
const TEST = 3;
const NAME_UNION = 16;
const NUMBER_UNION = 32;
const ARGUMENT = 24;

/** kmalloc() has caches of 96 and 192 bytes beside the powers of two. */
export function allocated(size: number): number {
  if (size > 64 && size <= 96) return 96;
  if (size > 128 && size <= 192) return 192;
  return Math.max(8, 2 ** Math.ceil(Math.log2(size)));
}

/** What is counted of a policy. */
export interface CountedPolicy {
  readonly root: object;
  readonly domains: Iterable<{
    readonly name: string;
    readonly namespace: PolicyNamespace;
    readonly acls: Iterable<Acl>;
  }>;
  readonly managers: Iterable<string>;
  readonly namespaces: Iterable<PolicyNamespace>;
  readonly kernel: PolicyNamespace;
}

/** Bytes. */
export function policyMemory(policy: CountedPolicy): number {
  const names = new Set<string>();
  const conditions = new Map<string, Condition>();
  const groups = new Set<string>();
  let bytes = 0;
  const count = (size: number, ...named: (string | undefined)[]): void => {
    bytes += size;
    for (const name of named) if (name !== undefined) names.add(name);
  };
  const countGroup = (namespace: string, kind: string, group: string): void => {
    groups.add(`${namespace} ${kind} ${group}`);
    names.add(group);
  };
  const operand = (namespace: string, kind: string, { text, group }: Operand): void => {
    if (group !== undefined) countGroup(namespace, kind, group);
    else if (kind === 'path') names.add(text);
  };
  const rules = (namespace: string, list: Iterable<Acl>): void => {
    for (const { kind, operands, condition } of list) {
      bytes += ACL[kind];
      operands.forEach((one, at) => {
        operand(namespace, operandKind(kind, at, operands.length), one);
      });
      if (condition !== undefined) conditions.set(condition.text, condition);
    }
  };

  for (const domain of policy.domains) {
    count(domain === policy.root ? 0 : DOMAIN, domain.name);
    rules(domain.namespace.name, domain.acls);
  }
  for (const manager of policy.managers) count(MANAGER, manager);
  for (const namespace of policy.namespaces) {
    const { name } = namespace;
    if (namespace !== policy.kernel) bytes += allocated(NAMESPACE + name.length + 1);
    for (const { comment } of namespace.profiles.values()) count(PROFILE, comment);
    for (const { program, domain } of namespace.transitions) count(TRANSITION, program, domain);
    for (const aggregator of namespace.aggregators) count(AGGREGATOR, aggregator.pattern, aggregator.name);
    for (const kind of ['path', 'number', 'address'] as const) {
      for (const [group, members] of namespace.groups[kind]) {
        countGroup(name, kind, group);
        for (const member of members) count(MEMBER[kind], kind === 'path' ? member : undefined);
      }
    }
    for (const list of namespace.aclGroups.values()) rules(name, list);
  }
  for (const { tests, transition } of conditions.values()) {
    let size = CONDITION;
    if (transition !== undefined) names.add(transition);
    for (const test of tests) {
      size += TEST;
      if (test.kind === 'argv' || test.kind === 'envp') {
        size += ARGUMENT;
        if (test.kind === 'envp') names.add(test.name);
        if (test.value !== undefined) names.add(test.value);
      } else if (test.kind === 'name') {
        size += NAME_UNION;
        names.add(test.value.group ?? test.value.text);
      } else {
        for (const one of [test.left, test.right]) if ('range' in one) size += NUMBER_UNION;
      }
    }
    bytes += allocated(size);
  }
  for (const name of names) bytes += allocated(NAME + name.length + 1);
  return bytes + groups.size * GROUP;
}
