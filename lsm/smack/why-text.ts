/** The answer of `lsmfs why --lsm=smack` for people: a verdict, and what decided below it. */
import type { WhyReport } from './why.ts';

const REASONS: Readonly<Record<Exclude<WhyReport['reason'], 'rule' | 'no rule'>, string>> = {
  'star subject': 'built in: who is labelled * may do nothing',
  web: 'built in: everything is allowed from and to @',
  'star object': 'built in: everybody may do everything with what is labelled *',
  'same label': 'built in: the labels are the same',
  'floor object': 'built in: everybody may read, execute and lock what is labelled _',
  'hat subject': 'built in: who is labelled ^ may read, execute and lock everything',
};

const EXCEPTIONS: Readonly<Record<NonNullable<WhyReport['exception']>, string>> = {
  bringup: 'the rule is on trial (b): each use is logged',
  'unconfined subject': 'it happens all the same, and is logged: the subject is the unconfined label',
  'unconfined object': 'it happens all the same, and is logged: the object is the unconfined label',
};

export function formatSmackWhy(report: WhyReport): string {
  const { access, allowed, exception, unknown, remedy } = report;
  const lines = [
    decided(report),
    ...(exception === undefined ? [] : [EXCEPTIONS[exception]]),
    ...unknown.map((label) => `nobody has named the label ${label} yet`),
    ...(remedy === undefined ? [] : ['to allow it:', `  echo '${remedy}' > /sys/fs/smackfs/load2`]),
  ];
  return [`${allowed ? 'allowed' : 'denied'}  ${access}`, ...lines.map((line) => `  ${line}`), ''].join('\n');
}

function decided({ subject, object, rule, reason }: WhyReport): string {
  if (reason === 'no rule') return `there is no rule for ${subject} ${object}`;
  if (reason === 'rule')
    return rule === '' ? `the rule for ${subject} ${object} is empty` : `rule: ${subject} ${object} ${rule}`;
  return REASONS[reason];
}
