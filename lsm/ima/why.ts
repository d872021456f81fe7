/**
 * `lsmfs why --lsm=ima`: which rules speak of a use of a file, and what of the others does not hold.
 */
import { S_IFMT, S_IFREG } from '../../linux/stat.ts';
import type { AskedFile, WhyProblem, WhyRequest, WhyTold } from '../framework/inspection/why.ts';
import { type ActionFamily, FAMILIES, familyOf, type MatchedUse, matches } from './policy/match.ts';
import type { Policy } from './policy/policy.ts';
import { FUNCS, type Func, type ImaRule, MAY } from './policy/rule.ts';
import { showRule } from './policy/show-rule.ts';
import { maskName, parseMask } from './policy/tokens.ts';

/** What becomes of the file, by one family of actions. */
interface FamilyReport {
  readonly family: ActionFamily;
  readonly done: boolean;
  /** The rule that decided; absent = none speaks of it. */
  readonly rule?: string;
  /** Rules of the family before it that do not speak of it, with the conditions that do not hold. */
  readonly passed: readonly { readonly rule: string; readonly fails: readonly string[] }[];
}

interface ImaWhyReport {
  readonly path: string;
  readonly func: Func;
  readonly mask: string;
  readonly builtin: boolean;
  readonly families: readonly FamilyReport[];
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
export function tell(policy: Policy, { words, file }: WhyRequest): WhyTold | WhyProblem {
  const [path = '', asked = 'FILE_CHECK', access] = words;
  const func = FILE_FUNCS.find((name) => name === asked.toUpperCase());
  if (func === undefined)
    return {
      problem: `'${asked}' is not a hook that files are used by.`,
      fix: `Name one of ${FILE_FUNCS.join(', ')}.`,
    };
  const mask = access === undefined ? maskOf(func) : parseMask(access.toUpperCase())?.bit;
  if (mask === undefined)
    return { problem: `'${access}' is not an access.`, fix: 'Name one of MAY_READ, MAY_WRITE, MAY_EXEC, MAY_APPEND.' };
  if (file === undefined) return { problem: `Nothing is known of ${path}.`, fix: 'Ask where the file is.' };
  if ((file.mode & S_IFMT) !== S_IFREG)
    return { problem: `${path} is not an ordinary file: no rule speaks of it.`, fix: 'Ask about a file.' };
  const report: ImaWhyReport = {
    ...{ path, func, mask: maskName(mask), builtin: policy.isBuiltin },
    families: FAMILIES.map((family) => reportOf(policy.rules, family, accessOf(func, mask, file))),
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

function reportOf(rules: readonly ImaRule[], family: ActionFamily, access: MatchedUse): FamilyReport {
  const own = rules.filter(({ action }) => familyOf(action) === family);
  const at = own.findIndex((rule) => matches(rule, access));
  const passed = (at < 0 ? own : own.slice(0, at)).map((rule) => ({ rule: shown(rule), fails: failing(rule, access) }));
  const rule = own[at];
  if (rule === undefined) return { family, done: false, passed };
  return { family, done: !rule.action.startsWith('dont_'), rule: shown(rule), passed };
}

function shown(rule: ImaRule): string {
  return showRule(rule).trim();
}

/** Conditions of the rule that do not hold, as they stand in it. */
function failing(rule: ImaRule, access: MatchedUse): string[] {
  return CONDITIONS.filter((name) => rule[name] !== undefined).flatMap((name) => {
    const alone: ImaRule = { action: rule.action, [name]: rule[name] };
    return matches(alone, access) ? [] : [shown(alone).slice(rule.action.length + 1)];
  });
}

function formatImaWhy({ path, func, mask, families }: ImaWhyReport): string {
  const lines = families.flatMap(({ family, done, rule, passed }) => {
    const verdict = `  ${done ? '' : 'not '}${DONE[family]}: ${rule ?? 'no rule speaks of it'}`;
    if (rule !== undefined) return [verdict];
    // Rules about other hooks say nothing of this one.
    const close = passed.filter(({ fails }) => !fails.some((text) => text.startsWith('func=')));
    const why = close.slice(0, MOST_SHOWN).map(({ rule: text, fails }) => `    ${text}: not ${fails.join(', not ')}`);
    return [verdict, ...why, ...(close.length > MOST_SHOWN ? [`    and ${close.length - MOST_SHOWN} more`] : [])];
  });
  return [`${path}  ${func} ${mask}`, ...lines, ''].join('\n');
}
