/** How two policies differ, a line for each difference: ours, and those of setools (differences.py). */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { valuesOf } from '../../../lsm/selinux/analysis/conditions.ts';
import type { Change } from '../../../lsm/selinux/analysis/differences.ts';
import { comparePolicies } from '../../../lsm/selinux/analysis/index.ts';
import type { ToldDifference } from '../../../lsm/selinux/analysis/tell-differences.ts';
import type { PolicyDb } from '../../../lsm/selinux/policy/index.ts';
import { conditionText } from '../../../lsm/selinux/why/expression-text.ts';
import { parsed } from '../policies.ts';
import { numbers } from './questions.ts';

/** What a statement says that has more than its name; setools tells only the names of the others. */
const SHOWN: Readonly<Record<string, string>> = {
  defaults: 'value',
  bounds: 'parent',
  allow: 'permissions',
  auditallow: 'permissions',
  dontaudit: 'permissions',
  type_transition: 'type',
  type_change: 'type',
  type_member: 'type',
  allowxperm: 'commands',
  auditallowxperm: 'commands',
  dontauditxperm: 'commands',
  role_transition: 'role',
  range_transition: 'range',
  initial_sids: 'context',
  fs_use: 'context',
  genfscon: 'context',
  portcon: 'context',
  netifcon: 'context',
  nodecon: 'context',
  ibpkeycon: 'context',
  ibendportcon: 'context',
};
const CONDITIONAL = /^(?:allow|auditallow|dontaudit)(?:xperm)?$|^type_/;
/** setools does not compare them. */
const OURS_ALONE = /^(?:roles ~ \S+ dominates|bounds . (?:role|user)bounds) /;

type Told = { readonly name: string; readonly condition?: string } & Readonly<Record<string, unknown>>;

export function ourDifferences(left: Uint8Array, right: Uint8Array): string[] {
  const question = { sections: [], limit: Number.POSITIVE_INFINITY, summary: true };
  const told = comparePolicies({ image: left, name: 'left' }, { image: right, name: 'right' }, question);
  if ('problem' in told) throw new Error(told.problem);
  const { differences } = told.report as { readonly differences: Readonly<Record<string, ToldDifference>> };
  const conditions = new Map([...conditionsOf(parsed(right)), ...conditionsOf(parsed(left))]);
  const lines = Object.entries(differences).flatMap(([section, { added, removed, modified }]) => {
    const head = ({ name, condition }: Told): string => {
      if (section === 'constraints') return constraintHead(name);
      if (!CONDITIONAL.test(section)) return name;
      return `${name} #${condition === undefined ? '' : conditionOf(conditions, condition)}`;
    };
    const list = (names: readonly string[]) =>
      (section.endsWith('xperm') ? numbers(names) : [...names]).sort().join(',');
    const whole = (sign: string) => (one: Told) => {
      const part = SHOWN[section];
      // Of a rule that one policy has, setools tells the commands of one driver.
      const told = part === 'commands' ? '' : list(part === undefined ? [] : (one[part] as string[]));
      return `${section} ${sign} ${head(one)}${part === undefined ? '' : ` ${part} ${told}`}`;
    };
    const changed = (one: Told): string[] => {
      const { name: _name, condition: _condition, ...changes } = one;
      return Object.entries(changes as Record<string, Change>).map(
        ([part, change]) => `${section} ~ ${head(one)} ${part} +${list(change.added)} -${list(change.removed)}`,
      );
    };
    return [
      ...(added.statements as Told[]).map(whole('+')),
      ...(removed.statements as Told[]).map(whole('-')),
      ...(modified.statements as Told[]).flatMap(changed),
    ];
  });
  return lines.filter((line) => !OURS_ALONE.test(line)).sort(byCodeUnit);
}

/** @param left file, as `right` is. */
export function theirDifferences(left: string, right: string): string[] {
  const script = path.join(import.meta.dirname, 'differences.py');
  const ran = spawnSync('/usr/bin/python3', [script, left, right], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (ran.status !== 0) throw new Error(`differences.py failed: ${ran.stderr}`);
  const lines = ran.stdout.split('\n').filter((line) => line !== '');
  const all = new Set(lines);
  // setools compares the conditions of access vectors by their text: it finds a rule with another text of the same condition twice.
  return lines.filter((line) => otherSign(line) === line || !all.has(otherSign(line))).sort(byCodeUnit);
}

/** Of a line that says that a rule was added: that it was removed, and the other way round. */
function otherSign(line: string): string {
  return line.replace(/^(allow|auditallow|dontaudit) ([+-]) /, (_, section, sign) => {
    return `${section} ${sign === '+' ? '-' : '+'} `;
  });
}

/** setools writes expressions in another way. */
function constraintHead(name: string): string {
  const [, word, of, permissions] = /^(\w+) (\S+)(?: (\w+|\{.*?\}))? \(/.exec(name) ?? [];
  const sorted = permissions?.match(/\w+/g)?.sort().join(',');
  return [word, of, sorted].filter((part) => part !== undefined).join(' ');
}

/** Values of each expression by its text. */
function conditionsOf(db: PolicyDb): [string, string][] {
  return db.conditionals.map(({ expression }, block) => [conditionText(db, expression), valuesOf(db, block) ?? '?']);
}

/** `while (a) is true` as differences.py has it. */
function conditionOf(conditions: ReadonlyMap<string, string>, text: string): string {
  const [, expression = '', when = ''] = /^while \((.*)\) is (true|false)$/.exec(text) ?? [];
  return `${conditions.get(expression)} ${when === 'true' ? 'True' : 'False'}`;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
