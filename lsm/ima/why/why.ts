/**
 * `lsmfs why --lsm=ima`: which rules speak of a use of a file, and what of the others does not hold.
 */
import { textOf, untilNul } from '../../../linux/bytes.ts';
import { S_IFMT, S_IFREG } from '../../../linux/stat.ts';
import type { AskedFile, WhyProblem, WhyRequest, WhyTold } from '../../framework/inspection/why.ts';
import type { Measurements } from '../list/measurements.ts';
import { type ActionFamily, FAMILIES, familyOf, type MatchedUse, matches } from '../policy/match.ts';
import type { Policy } from '../policy/policy.ts';
import { FUNCS, type Func, type ImaRule, MAY } from '../policy/rule.ts';
import { type ShownIds, showRule } from '../policy/show-rule.ts';
import { maskName, parseMask } from '../policy/tokens.ts';

/** What becomes of the file, by one family of actions. */
interface FamilyReport {
  readonly family: ActionFamily;
  readonly done: boolean;
  /** The rule that decided; absent = none speaks of it. */
  readonly rule?: string;
  /** Rules of the family before it that do not speak of it, with the conditions that do not hold. */
  readonly passed: readonly { readonly rule: string; readonly fails: readonly string[] }[];
}

/** What one namespace says. */
interface LevelReport {
  readonly namespace: string;
  /** Its rules count. */
  readonly active: boolean;
  readonly builtin: boolean;
  /** Entries of its list with this path, counted from 1. */
  readonly entries: readonly number[];
  readonly families: readonly FamilyReport[];
}

interface ImaWhyReport {
  readonly path: string;
  readonly func: Func;
  readonly mask: string;
  /** The nearest first. */
  readonly namespaces: readonly LevelReport[];
}

/** A namespace that is asked. */
export interface AskedLevel {
  readonly name: string;
  readonly policy: Policy;
  /** Absent = it is not active. */
  readonly measurements: Measurements | undefined;
  /** Ids as its files show them. */
  readonly ids: ShownIds;
}

/** Hooks that a file alone can be asked about. */
const FILE_FUNCS: readonly Func[] = FUNCS.filter(
  (func) => !['KEXEC_CMDLINE', 'KEY_CHECK', 'CRITICAL_DATA', 'SETXATTR_CHECK'].includes(func),
);
const EXECUTING: readonly Func[] = ['BPRM_CHECK', 'CREDS_CHECK', 'MMAP_CHECK', 'MMAP_CHECK_REQPROT'];
/** In the order in which a rule is shown. */
const CONDITIONS = [
  ...(['func', 'mask', 'fsmagic', 'fsname', 'fsuuid', 'uid', 'euid', 'gid', 'egid', 'fowner', 'fgroup'] as const),
  'labels',
] as const;
const DONE: Readonly<Record<ActionFamily, string>> = {
  measure: 'measured',
  appraise: 'appraised',
  audit: 'audited',
  hash: 'hashed',
};
const MOST_SHOWN = 5;

/** The words are the path, a hook (FILE_CHECK where absent) and an access (what the hook has). */
export function tell(levels: readonly AskedLevel[], { words, file }: WhyRequest): WhyTold | WhyProblem {
  const [path = '', asked = 'FILE_CHECK', access] = words;
  const func = FILE_FUNCS.find((name) => name === asked.toUpperCase());
  if (func === undefined)
    return {
      problem: `'${asked}' is not a hook that uses files (func=).`,
      fix: `Name one of ${FILE_FUNCS.join(', ')}.`,
    };
  const mask = access === undefined ? maskOf(func) : parseMask(access.toUpperCase())?.bit;
  if (mask === undefined)
    return {
      problem: `'${access}' is not an access mode (mask=).`,
      fix: 'Name one of MAY_READ, MAY_WRITE, MAY_EXEC, MAY_APPEND.',
    };
  if (file === undefined)
    return { problem: `The file ${path} was not looked at.`, fix: 'Ask on the machine, or in the world, where it is.' };
  if ((file.mode & S_IFMT) !== S_IFREG)
    return {
      problem: `${path} is not a regular file. Rules apply to regular files only.`,
      fix: 'Name a regular file.',
    };
  const report: ImaWhyReport = {
    ...{ path, func, mask: maskName(mask) },
    namespaces: levels.map(({ name, policy, measurements, ids }) => ({
      ...{ namespace: name, active: measurements !== undefined, builtin: policy.isBuiltin },
      entries: entriesOf(measurements, file.path ?? path),
      families: FAMILIES.map((family) => reportOf({ rules: policy.rules, ids }, family, accessOf(func, mask, file))),
    })),
  };
  return { allowed: true, report, text: formatImaWhy(report) };
}

function maskOf(func: Func): number {
  return EXECUTING.includes(func) ? MAY.EXEC : MAY.READ;
}

function accessOf(func: Func, mask: number, { magic, type, uuid, uid, gid, user }: AskedFile): MatchedUse {
  // Who asks may have saved ids, and capabilities, that its rules would look at too; nobody knows them here.
  const credentials = {
    ...user,
    suid: user.euid,
    sgid: user.egid,
    maySetuid: user.euid === 0,
    maySetgid: user.euid === 0,
  };
  return { func, mask, credentials, file: { fsmagic: BigInt(magic), fsname: type, fsuuid: uuid, uid, gid } };
}

function entriesOf(measurements: Measurements | undefined, path: string): number[] {
  return (measurements?.entries ?? []).flatMap(({ template, fields }, index) => {
    const name = fields[template.fields.indexOf('n-ng')];
    return name !== undefined && textOf(untilNul(name)) === path.replaceAll(' ', '_') ? [index + 1] : [];
  });
}

interface ShownRules {
  readonly rules: readonly ImaRule[];
  readonly ids: ShownIds;
}

function reportOf({ rules, ids }: ShownRules, family: ActionFamily, access: MatchedUse): FamilyReport {
  const shown = (rule: ImaRule): string => showRule(rule, ids).trim();
  const own = rules.filter(({ action }) => familyOf(action) === family);
  const at = own.findIndex((rule) => matches(rule, access));
  const passed = (at < 0 ? own : own.slice(0, at)).map((rule) => ({
    rule: shown(rule),
    fails: failing(rule, access, shown),
  }));
  const rule = own[at];
  if (rule === undefined) return { family, done: false, passed };
  return { family, done: !rule.action.startsWith('dont_'), rule: shown(rule), passed };
}

/** Conditions of the rule that do not hold, as they stand in it. */
function failing(rule: ImaRule, access: MatchedUse, shown: (rule: ImaRule) => string): string[] {
  return CONDITIONS.filter((name) => rule[name] !== undefined).flatMap((name) => {
    const alone: ImaRule = { action: rule.action, [name]: rule[name] };
    return matches(alone, access) ? [] : [shown(alone).slice(rule.action.length + 1)];
  });
}

function formatImaWhy({ path, func, mask, namespaces }: ImaWhyReport): string {
  const levels = namespaces.flatMap((level) => {
    const lines = formatLevel(level);
    if (namespaces.length === 1) return lines;
    const inactive = level.active ? '' : ' (not active: its rules do not count)';
    return [`in ${level.namespace}${inactive}`, ...lines];
  });
  return [`${path}  ${func} ${mask}`, ...levels, ''].join('\n');
}

function formatLevel({ families, entries }: LevelReport): string[] {
  const listed = entries.length === 0 ? [] : [`    listed: entry ${entries.join(', ')}`];
  return families.flatMap(({ family, done, rule, passed }) => {
    const list = family === 'measure' ? listed : [];
    const verdict = `  ${done ? '' : 'not '}${DONE[family]}: ${rule ?? 'no rule matches'}`;
    if (rule !== undefined) return [verdict, ...list];
    // Rules about other hooks say nothing of this one.
    const close = passed.filter(({ fails }) => !fails.some((text) => text.startsWith('func=')));
    const why = close.slice(0, MOST_SHOWN).map(({ rule: text, fails }) => `    ${text}: not ${fails.join(', not ')}`);
    return [
      verdict,
      ...list,
      ...why,
      ...(close.length > MOST_SHOWN ? [`    and ${close.length - MOST_SHOWN} more`] : []),
    ];
  });
}
