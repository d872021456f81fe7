/** Labels of tasks in the initial namespace, for another stack and from one. */
import { textOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import type { LabelCarrier, UnknownLabel } from '../../framework/labels/label-carrier.ts';
import type { AttrName } from '../../framework/module-facts.ts';
import type { Task, TaskBlob } from '../../framework/task.ts';
import { SID } from '../decide/index.ts';
import type { SelinuxNamespace } from '../namespaces/namespace.ts';
import type { TaskSecurity } from '../namespaces/task-security.ts';
import { SECSID_NULL, type Sid, type SymbolTables } from '../policy/index.ts';
import type { ProcessAttributes } from './attr.ts';

export function labelCarrier(
  initial: SelinuxNamespace,
  securities: TaskBlob<TaskSecurity>,
  attributes: Pick<ProcessAttributes, 'seenFrom'>,
): LabelCarrier {
  const text = (task: Task, name: AttrName): string => {
    const value = attributes.seenFrom(initial, task, name);
    return failed(value) ? '' : textOf(value).replace(/\0$/, '');
  };
  const sidOf = (label: string): Sid => {
    const sid = initial.state.contextToSidForced(label);
    return failed(sid) ? SID.unlabeled : sid;
  };
  return {
    unknown: (label) => {
      const loaded = initial.state.loaded;
      if (loaded === undefined || !failed(initial.state.contextToSid(label))) return undefined;
      return whatIsWrong(loaded.state.db, label);
    },
    give: (task) => {
      const [current, fscreate] = [text(task, 'current'), text(task, 'fscreate')];
      return { current, ...(fscreate !== '' && { fscreate }) };
    },
    take: (task, { current, fscreate }) => {
      const security = securities.of(task);
      const made = fscreate === undefined ? SECSID_NULL : sidOf(fscreate);
      securities.set(task, { ...security, current: sidOf(current), fscreate: made });
    },
  };
}

/** Of a text that the policy does not take for a context. */
function whatIsWrong({ users, roles, types }: SymbolTables, label: string): UnknownLabel {
  const [user = '', role = '', type = '', ...range] = label.split(':');
  if (type === '') return { problem: 'a label is USER:ROLE:TYPE:RANGE' };
  const tables = [
    ['user', user, users],
    ['role', role, roles],
    ['type', type, types],
  ] as const;
  for (const [kind, text, table] of tables) {
    if (table.byName(text) !== undefined) continue;
    const known = table.inValueOrder().map(({ name }) => name);
    return { problem: `the policy has no ${kind} ${text}`, part: { text, known } };
  }
  if (range.length === 0) return { problem: 'the range is missing, as in s0' };
  return { problem: `user ${user}, role ${role}, type ${type} and range ${range.join(':')} do not go together` };
}
