/** Rules about messages. */
import { expect, it } from 'vitest';
import { FIELD, LIST, OP } from '../../../linux/audit.ts';
import { taskId, tgidOf } from '../../../linux/ids.ts';
import { TaskTable } from '../task.ts';
import { admitsMessage } from './match.ts';
import type { AuditRule, RuleField } from './rule.ts';
import type { RecordSubject } from './subject.ts';

const SUBJECT: RecordSubject = {
  ...{ pid: tgidOf(7), ppid: tgidOf(1), uids: [0, 0, 0, 0], gids: [0, 0, 0, 0], tty: '(none)', comm: 'c', title: '' },
  ...{ loginuid: 0, sessionid: 1, task: new TaskTable().enter(taskId(7)) },
};
const LABELS = {
  matches: ({ value, order }: { value: string; order?: string }) =>
    value === '?' ? undefined : value === `mine${order ?? ''}`,
};

function admits(...fields: RuleField[]): boolean {
  const rule: AuditRule = {
    ...{ list: LIST.EXCLUDE, prepend: false, action: 2, mask: new Uint32Array(64), legacyLogin: false, fields },
  };
  return admitsMessage([rule], LIST.EXCLUDE, 1300, { subject: SUBJECT, labels: LABELS.matches });
}
const field = (type: number, value: number | string, op: number = OP.EQUAL): RuleField => ({ type, op, value });

it.each<[string, RuleField[], boolean]>([
  ['a label', [field(FIELD.SUBJ_TYPE, 'mine')], false],
  ['another label', [field(FIELD.SUBJ_TYPE, 'x')], true],
  ['no such label', [field(FIELD.SUBJ_ROLE, 'x', OP.NOT_EQUAL)], false],
  ['a level', [field(FIELD.SUBJ_CLR, 'mine>=', OP.GREATER_OR_EQUAL)], false],
  ['a label that no module knows', [field(FIELD.SUBJ_USER, '?')], true],
  ['the same behind a field that is met', [field(FIELD.PID, 7), field(FIELD.SUBJ_USER, '?', OP.NOT_EQUAL)], false],
  ['the label of an object, which a message has not', [field(FIELD.OBJ_USER, 'mine')], true],
  ['nothing', [], true],
])('a rule of the exclude list about %s: admitted %#', (_what, fields, admitted) => {
  expect(admits(...fields)).toBe(admitted);
});
