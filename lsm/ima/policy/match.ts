/**
 * Which rules speak of an access: ima_match_policy().
 *
 * Rules are walked in order. There are four families of actions (measure, appraise, audit, hash); the first rule of a
 * family that matches, its `dont_` form included, decides it, and the walk ends when all that were asked for are
 * decided.
 */
import type { LabelField } from '../../framework/labels/label-rule.ts';
import type { Template } from '../list/template.ts';
import type { Action, Comparison, Func, IdTest, ImaRule } from './rule.ts';

export const FAMILIES = ['measure', 'appraise', 'audit', 'hash'] as const;
export type ActionFamily = (typeof FAMILIES)[number];

/** Who acts: ids in the initial user namespace. */
export interface RuleCredentials {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  /** The task holds CAP_SETUID, CAP_SETGID. */
  readonly maySetuid: boolean;
  readonly maySetgid: boolean;
}

/** What rules compare of a file. */
export interface MatchedFile {
  readonly fsmagic: bigint;
  readonly fsname: string;
  readonly fsuuid?: string | undefined;
  readonly uid: number;
  readonly gid: number;
}

export interface MatchedUse {
  readonly func: Func;
  readonly mask: number;
  readonly credentials: RuleCredentials;
  /** Absent: data that is no file. */
  readonly file?: MatchedFile;
  /** Of KEY_CHECK and CRITICAL_DATA: name of the keyring, label of the data. */
  readonly data?: string;
  labelMatches?(field: LabelField, value: string): boolean;
}

/** What the rules ask for. */
export interface RuleMatch {
  readonly actions: ReadonlySet<ActionFamily>;
  readonly pcr: number;
  /** Of the rules; absent = the kernel's. */
  readonly template: Template | undefined;
  /** The rule that decided each family. */
  readonly rules: ReadonlyMap<ActionFamily, ImaRule>;
  /** What rules that matched ask for, whatever their action. */
  readonly demands: Readonly<RuleDemands>;
}

export interface RuleDemands {
  signature: boolean;
  modsig: boolean;
  verity: boolean;
  directIo: boolean;
}

const DEFAULT_PCR = 10;

export function familyOf(action: Action): ActionFamily {
  return action.replace('dont_', '') as ActionFamily;
}

export function matchPolicy(
  rules: readonly ImaRule[],
  access: MatchedUse,
  asked: readonly ActionFamily[] = FAMILIES,
): RuleMatch {
  const open = new Set<ActionFamily>(asked);
  const actions = new Set<ActionFamily>();
  const decided = new Map<ActionFamily, ImaRule>();
  const demands: RuleDemands = { signature: false, modsig: false, verity: false, directIo: false };
  let pcr = DEFAULT_PCR;
  let template: Template | undefined;
  for (const rule of rules) {
    if (open.size === 0) break;
    const family = familyOf(rule.action);
    if (!open.has(family) || !matches(rule, access)) continue;
    open.delete(family);
    demands.signature ||= rule.signature === true;
    demands.modsig ||= rule.modsig === true;
    demands.verity ||= rule.verity === true;
    demands.directIo ||= rule.directIo === true;
    if (!rule.action.startsWith('dont_')) {
      actions.add(family);
      decided.set(family, rule);
      if (family === 'appraise') actions.delete('hash');
    }
    if (rule.pcr !== undefined) pcr = rule.pcr;
    template = rule.template ?? template;
  }
  return { actions, pcr, template, rules: decided, demands };
}

function compares({ comparison, id }: IdTest, value: number): boolean {
  const results: Record<Comparison, boolean> = { '=': value === id, '<': value < id, '>': value > id };
  return results[comparison];
}

export function matches(rule: ImaRule, access: MatchedUse): boolean {
  const { func, mask, credentials, file } = access;
  if (func === 'KEY_CHECK' || func === 'CRITICAL_DATA') return rule.func === func && matchesData(rule, access);
  if (rule.func !== undefined && rule.func !== func) return false;
  if (rule.mask !== undefined && (rule.mask.contains ? (rule.mask.bit & mask) === 0 : rule.mask.bit !== mask))
    return false;
  return matchesFile(rule, file) && matchesCredentials(rule, credentials) && matchesLabels(rule, access);
}

/** A list that is absent stands for everything. */
function matchesData(rule: ImaRule, { credentials, data = '' }: MatchedUse): boolean {
  if (rule.uid !== undefined && !compares(rule.uid, credentials.uid)) return false;
  if (rule.gid !== undefined && !compares(rule.gid, credentials.gid)) return false;
  const list = rule.func === 'KEY_CHECK' ? rule.keyrings : rule.dataLabels;
  return list === undefined || list.includes(data);
}

function matchesFile(rule: ImaRule, file: MatchedFile | undefined): boolean {
  const { fsmagic, fsname, fsuuid, fowner, fgroup } = rule;
  const asks = [fsmagic, fsname, fsuuid, fowner, fgroup].some((part) => part !== undefined);
  if (file === undefined) return !asks;
  if (fsmagic !== undefined && fsmagic !== file.fsmagic) return false;
  if (fsname !== undefined && fsname !== file.fsname) return false;
  if (fsuuid !== undefined && fsuuid !== file.fsuuid) return false;
  if (fowner !== undefined && !compares(fowner, file.uid)) return false;
  return fgroup === undefined || compares(fgroup, file.gid);
}

function matchesCredentials(rule: ImaRule, who: RuleCredentials): boolean {
  const any = (test: IdTest, ids: readonly number[]) => ids.some((id) => compares(test, id));
  if (rule.uid !== undefined && !compares(rule.uid, who.uid)) return false;
  if (rule.gid !== undefined && !compares(rule.gid, who.gid)) return false;
  if (rule.euid !== undefined && !any(rule.euid, who.maySetuid ? [who.euid, who.suid, who.uid] : [who.euid]))
    return false;
  return rule.egid === undefined || any(rule.egid, who.maySetgid ? [who.egid, who.sgid, who.gid] : [who.egid]);
}

function matchesLabels({ labels = {} }: ImaRule, access: MatchedUse): boolean {
  return (Object.entries(labels) as [LabelField, string][]).every(
    ([field, value]) => access.labelMatches?.(field, value) ?? false,
  );
}
