/**
 * The nodes that take and show rules: load, load2, load-self, load-self2, change-rule, and revoke-subject.
 *
 * Model: smk_write_rules_list() of security/smack/smackfs.c, Linux 6.12. What a write says before its first mistake stays in force.
 */

import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import { PseudoFile, SequenceFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry, Handle, Position } from '../../../vfs/tree/node.ts';
import { formatAccess, type RuleChange } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { isVisibleIn, type SmackNamespace, shownIn } from '../namespaces/namespaces.ts';
import { isShort, parseLabel } from '../policy/label.ts';
import { FIXED_RULE, type ParsedRule, parseFixedRule, parseLongRule } from '../policy/rule-text.ts';
import type { SmackfsContext } from './context.ts';

const NEWLINE = 10;
const LONGEST_REVOKED = 256;

type Apply = (rule: RuleChange, caller: Caller) => Errno | undefined;
type Check = (caller: Caller) => Errno | undefined;
/** Parses and applies a whole write; `apply` refuses what is no rule. @returns bytes taken. */
type Parse = (data: Uint8Array, apply: (rule: ParsedRule | undefined) => Errno | undefined) => Result<number>;

export function ruleNodes({ security, init }: SmackfsContext): DirectoryEntry[] {
  const everybody: Apply = (rule) => {
    security.changeRule(rule);
    return undefined;
  };
  const own: Apply = (rule, caller) => security.changeOwnRule(caller, rule);
  const write = (parse: Parse, apply: Apply, check: Check = () => undefined) => writer(security, parse, apply, check);
  const privileged = security.refuseUnprivileged;
  const sequence = (ino: number, mode: number, records: Records, writing: NonNullable<Handle['write']>) =>
    new SequenceFile(init(ino, mode), { records, write: writing, positionalWrites: false });
  return [
    { name: 'load', node: sequence(3, 0o644, loaded(security, isShort), write(fixedRule, everybody, privileged)) },
    { name: 'load-self', node: sequence(11, 0o666, ownRules(security, isShort), write(fixedRule, own)) },
    {
      name: 'load2',
      node: sequence(14, 0o644, loaded(security, anyLength), write(longRules(3), everybody, privileged)),
    },
    { name: 'load-self2', node: sequence(15, 0o666, ownRules(security, anyLength), write(longRules(3), own)) },
    { name: 'revoke-subject', node: writeOnly(18, (data, at, caller) => revoke(security, data, at, caller)) },
    { name: 'change-rule', node: writeOnly(19, write(longRules(4), everybody, privileged)) },
  ];

  function writeOnly(ino: number, writing: NonNullable<Handle['write']>): PseudoFile {
    // Reading gives nothing and does not move.
    const handle: Handle = { writeMovesPosition: false, read: () => new Uint8Array(0), write: writing };
    return new PseudoFile(init(ino, 0o644), () => handle);
  }
}

function writer(security: SmackSecurity, parse: Parse, apply: Apply, check: Check): NonNullable<Handle['write']> {
  return (data, at, caller) => {
    const refused = check(caller);
    if (refused !== undefined) return refused;
    if (at.offset !== 0) return E.EINVAL;
    return parse(data, (rule) => {
      if (rule === undefined) return E.EINVAL;
      const { subject, object, access, remove = ~access } = rule;
      const from = security.named(subject, caller);
      if (failed(from)) return from;
      const to = object === undefined ? E.EINVAL : security.named(object, caller);
      if (failed(to)) return to;
      return apply({ subject: from, object: to, add: access, remove }, caller);
    });
  };
}

/** Exactly one rule per write. */
const fixedRule: Parse = (data, apply) => {
  if (data.length < FIXED_RULE.shortest || data.length > FIXED_RULE.longest) return E.EINVAL;
  return apply(parseFixedRule(data)) ?? data.length;
};

/** Any number of rules. Of a page or more, the lines that fit are taken; the rest is for the writer's next write(2). */
function longRules(words: 3 | 4): Parse {
  return (data, apply) => {
    const cut = data.length >= PAGE_SIZE;
    const text = cut ? data.subarray(0, data.subarray(0, PAGE_SIZE - 1).lastIndexOf(NEWLINE) + 1) : data;
    if (cut && text.length === 0) return E.EINVAL;
    for (let at = 0; at < text.length; ) {
      const rule = parseLongRule(text.subarray(at), words);
      const refused = apply(rule);
      if (refused !== undefined) return refused;
      at += rule?.length ?? 0;
    }
    return text.length;
  };
}

type Shown = (label: string) => boolean;
type Records = (caller: Caller) => Iterable<string>;
const anyLength: Shown = () => true;

/** Nothing of a label that the namespace has no name for. */
function ruleLine(
  namespace: SmackNamespace | undefined,
  [subject, object, access]: readonly [subject: string, object: string, access: number],
  shown: Shown,
): string {
  if (access === 0 || !isVisibleIn(namespace, subject) || !isVisibleIn(namespace, object)) return '';
  const names = [shownIn(namespace, subject), shownIn(namespace, object)];
  return names.every(shown) ? `${names.join(' ')} ${formatAccess(access)}\n` : '';
}

/** All rules, by the age of their subjects. */
function loaded(security: SmackSecurity, shown: Shown): Records {
  return function* (caller) {
    const namespace = security.namespaceOfCaller(caller);
    for (const { name, rules } of security.labels.newestFirst()) {
      yield rules
        .entries()
        .map(([object, access]) => ruleLine(namespace, [name, object, access], shown))
        .join('');
    }
  };
}

function ownRules(security: SmackSecurity, shown: Shown): Records {
  return (caller) => {
    const namespace = security.namespaceOfCaller(caller);
    const { rules } = security.of(security.taskOf(caller));
    return rules.map(({ subject, object, access }) => ruleLine(namespace, [subject, object, access], shown));
  };
}

/** Every rule of a subject becomes empty. One that nobody ever named has none. */
function revoke(security: SmackSecurity, data: Uint8Array, at: Position, caller: Caller): Result<number> {
  if (at.offset !== 0) return E.EINVAL;
  const refused = security.refuseUnprivileged(caller);
  if (refused !== undefined) return refused;
  if (data.length === 0 || data.length > LONGEST_REVOKED) return E.EINVAL;
  const label = parseLabel(data);
  if (label === undefined) return E.EINVAL;
  security.labels.find(label)?.rules.revoke();
  return data.length;
}
