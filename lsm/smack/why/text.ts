/** The answer of `lsmfs why --lsm=smack` for people: a verdict, and what decided below it. */
import type { WhyReport } from './why.ts';

const REASONS: Readonly<Record<Exclude<WhyReport['reason'], 'rule' | 'no rule'>, string>> = {
  'star subject': 'built in: a subject labelled * is denied everything',
  web: 'built in: everything is allowed from and to @',
  'star object': 'built in: any access to an object labelled * is allowed',
  'same label': 'built in: the labels are the same',
  unmapped: 'a label has no name in the namespace',
  'floor object': 'built in: everybody may read, execute and lock an object labelled _',
  'hat subject': 'built in: a subject labelled ^ may read, execute and lock everything',
};

const EXCEPTIONS: Readonly<Record<NonNullable<WhyReport['exception']>, string>> = {
  bringup: 'bring-up mode (b in the rule): each use is logged',
  'unconfined subject': 'granted and logged: the subject has the unconfined label',
  'unconfined object': 'granted and logged: the object has the unconfined label',
};

export function formatSmackWhy(report: WhyReport): string {
  const { access, allowed, exception, unknown, remedy } = report;
  const lines = [
    decided(report),
    ...(exception === undefined ? [] : [EXCEPTIONS[exception]]),
    ...unknown.map((label) => `no rule and no task has the label ${label} yet`),
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
