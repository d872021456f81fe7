/**
 * Why does AppArmor allow or deny something? Every profile of the label is asked, and all must allow it.
 *
 * A denial is reported with what would remove it and with what becomes of it: complaining profiles let it happen,
 * except where an explicit deny rule says no without a record. Model: aa_check_perms() in lib.c and its kin, Linux
 * 6.12.
 */

import type { WhyProblem } from '../../framework/inspection/why.ts';
import { findAttachment } from '../decide/index.ts';
import { formatLabel, Label, type Policy, type Profile } from '../policy/index.ts';
import type { Access, ExplainedAccess, RuleBits } from './access.ts';
import { execOf } from './file-access.ts';
import { parseQuestion, type WhyQuestion } from './question.ts';
import type { WhyAnswer, WhyProfile, WhyReport } from './report.ts';

interface ProfileDecision {
  readonly profile: Profile;
  readonly decision: ExplainedAccess;
}

export function why(policy: Policy, question: WhyQuestion): WhyReport | WhyProblem {
  const parsed = parseQuestion(policy, question);
  if ('problem' in parsed) return parsed;
  const { label, access } = parsed;
  const asked = label.profiles.map((profile) => ({ profile, decision: access.decide(profile) }));
  const each = access.permissions.map((permission) => answer(policy, access, asked, permission));
  const answers = joined(each).map((entry) => ({ ...entry, remedies: remedies(policy, access, asked, entry) }));
  const after = access.class === 'file' ? labelAfter(access, asked, each) : undefined;
  return {
    label: formatLabel(policy.root, label, { mode: true }),
    class: access.class,
    object: access.object,
    allowed: answers.every(({ allowed }) => allowed),
    answers,
    ...(after === undefined ? {} : { after: formatLabel(policy.root, after, { mode: true }) }),
  };
}

function answer(policy: Policy, access: Access, asked: readonly ProfileDecision[], permission: string): WhyAnswer {
  const profiles = asked.map(({ profile, decision }) => ofProfile(policy, access, profile, decision, permission));
  const against = profiles.filter(({ verdict, note, exec }) => denies(verdict) || refuses(note, exec));
  return {
    permissions: [permission],
    allowed: against.length === 0,
    forgiven: against.length > 0 && against.every((entry) => entry.logged === 'ALLOWED'),
    profiles,
    remedies: [],
  };
}

const denies = (verdict: WhyProfile['verdict']): boolean => verdict === 'no-rule' || verdict === 'deny-rule';
/** Rules allow it, and there is nothing to go to. */
const refuses = (note: string | undefined, exec: WhyProfile['exec']): boolean =>
  note?.endsWith('ENOENT') === true || (exec !== undefined && exec.target === undefined);

function ofProfile(
  policy: Policy,
  access: Access,
  profile: Profile,
  decision: ExplainedAccess,
  permission: string,
): WhyProfile {
  const shown = formatLabel(policy.root, Label.of(profile), { mode: false });
  const common = { profile: shown, mode: profile.mode };
  const note = decision.note === undefined ? {} : { note: decision.note };
  if (profile.unconfined)
    return { ...common, verdict: 'unconfined', gives: [], ...(access.class === 'change_profile' ? note : {}) };
  if (!decision.mediated) return { ...common, verdict: 'not-mediated', gives: [], ...note };
  const bits = decision.of(permission);
  const verdict = bits.allow ? 'allow-rule' : bits.quiet ? 'deny-rule' : 'no-rule';
  const logged = access.unlogged === true ? undefined : record(profile, bits);
  const { permissions, matched } = decision;
  return {
    ...common,
    verdict,
    ...(logged === undefined ? {} : { logged }),
    gives: bits.allow ? [] : access.all.filter((other) => decision.of(other).allow),
    ...(matched === undefined ? {} : { matched }),
    ...(decision.ownerOnly?.(permission) === true ? { ownerOnly: true } : {}),
    ...(bits.allow && permission === 'x' && permissions !== undefined
      ? { exec: execOf(profile, access.object, permissions, (to) => formatLabel(policy.root, to, { mode: true })).exec }
      : {}),
    ...note,
  };
}

function record({ mode, rules: { auditAll } }: Profile, bits: RuleBits): WhyProfile['logged'] {
  if (bits.allow) return bits.audit || auditAll ? 'AUDIT' : undefined;
  if (bits.quiet && !auditAll) return undefined;
  if (bits.kill || mode === 'kill') return 'KILLED';
  return mode === 'complain' ? 'ALLOWED' : 'DENIED';
}

/** Permissions that differ in nothing else are one answer. */
function joined(answers: readonly WhyAnswer[]): WhyAnswer[] {
  const groups = new Map<string, WhyAnswer>();
  for (const entry of answers) {
    const { permissions, ...reasons } = entry;
    const key = JSON.stringify(reasons);
    const before = groups.get(key)?.permissions ?? [];
    groups.set(key, { ...entry, permissions: [...before, ...permissions] });
  }
  return [...groups.values()];
}

function remedies(
  policy: Policy,
  access: Access,
  asked: readonly ProfileDecision[],
  { permissions, profiles }: WhyAnswer,
) {
  return asked.flatMap(({ profile }, index) => {
    if (profiles[index]?.verdict !== 'no-rule') return [];
    const rule = access.rule(permissions);
    return rule === undefined ? [] : [{ profile: formatLabel(policy.root, Label.of(profile), { mode: false }), rule }];
  });
}

/** What executing the file makes of the label. */
function labelAfter(
  access: Access,
  asked: readonly ProfileDecision[],
  answers: readonly WhyAnswer[],
): Label | undefined {
  if (!answers.some(({ permissions, allowed }) => allowed && permissions.includes('x'))) return undefined;
  const parts = asked.map(({ profile, decision: { permissions } }) => {
    if (profile.unconfined || permissions === undefined) return attached(profile, access.object);
    return execOf(profile, access.object, permissions, () => '').label;
  });
  const [first, ...rest] = parts.filter((part) => part !== undefined);
  return rest.reduce<Label | undefined>((sum, part) => sum?.merge(part), first);
}

/** A program that nothing confines is confined by the profile that attaches to it. Extended attributes are not known. */
function attached(profile: Profile, path: string): Label {
  const found = profile.unconfined ? findAttachment(profile.ns.profiles, { path }).profile : undefined;
  return Label.of(found ?? profile);
}
