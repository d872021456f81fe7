/** The answers of `lsmfs why --lsm=apparmor` for people: a verdict per line, what each profile says below it. */
import type { WhyAnswer, WhyExec, WhyProfile, WhyReport } from './report.ts';

export function formatApparmorWhy(report: WhyReport): string {
  const lines = report.answers.flatMap((answer) => formatAnswer(report, answer));
  return `${[...lines, ...(report.answers.length === 0 ? ['nothing to ask for'] : [])].join('\n')}\n`;
}

function formatAnswer(report: WhyReport, answer: WhyAnswer): string[] {
  const { permissions, allowed, forgiven, profiles, remedies } = answer;
  const after =
    permissions.includes('x') && allowed && report.after !== undefined ? [`it runs as ${report.after}`] : [];
  const body = [
    ...profiles.map((profile) => `${profile.profile}${mode(profile)}: ${says(report, profile)}`),
    ...after,
    ...(forgiven ? ['granted: the profiles that deny it are in complain mode'] : []),
    ...(remedies.length > 0 ? ['to allow it:'] : []),
    ...remedies.map(({ profile, rule }) => `  ${rule}${profiles.length > 1 ? `  (in ${profile})` : ''}`),
  ];
  return [`${allowed ? 'allowed' : 'denied'}  ${permissions.join(' ')}`, ...body.map((line) => `  ${line}`)];
}

const mode = ({ verdict, mode: name }: WhyProfile): string => (verdict === 'unconfined' ? '' : ` (${name})`);

function says(report: WhyReport, profile: WhyProfile): string {
  const { ownerOnly, exec, logged, note } = profile;
  return [
    verdict(report, profile),
    ...(ownerOnly === true ? ['for the owner of the file only'] : []),
    ...(exec === undefined ? [] : [transition(exec)]),
    ...(note === undefined ? [] : [note]),
    ...(logged === undefined
      ? []
      : [logged === 'KILLED' ? 'the task is killed, and that is logged' : `logged as ${logged}`]),
  ].join('; ');
}

function verdict({ object }: WhyReport, { verdict: kind, gives, matched }: WhyProfile): string {
  switch (kind) {
    case 'unconfined':
      return 'confines nothing';
    case 'not-mediated':
      return 'does not mediate it';
    case 'allow-rule':
      return 'a rule allows it';
    case 'deny-rule':
      return 'a deny rule refuses it without a record';
    case 'no-rule':
      return [
        'no rule allows it',
        ...(gives.length > 0 ? [`${object} has ${joined(gives)}`] : []),
        ...(matched === undefined
          ? []
          : [matched === '' ? 'no rule is about such names' : `no rule goes beyond ${matched}`]),
      ].join('; ');
  }
}

/** Letters of file rules are written together. */
const joined = (names: readonly string[]): string => names.join(names.every((name) => name.length === 1) ? '' : ' ');

function transition({ rule, named, target, secure }: WhyExec): string {
  const arrow = named === undefined ? '' : ` -> ${named}`;
  const leads = target === undefined ? 'there is no such profile: EACCES' : `to ${target}`;
  return `${rule}${arrow}, ${leads}${secure ? ', environment scrubbed' : ''}`;
}
