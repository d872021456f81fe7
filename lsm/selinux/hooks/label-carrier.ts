/** Labels of tasks in the initial namespace, for another stack and from one. */
import { textOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import type { LabelCarrier } from '../../framework/labels/label-carrier.ts';
import type { AttrName } from '../../framework/module-facts.ts';
import type { Task, TaskBlob } from '../../framework/task.ts';
import { SID } from '../decide/index.ts';
import type { SelinuxNamespace } from '../namespaces/namespace.ts';
import type { TaskSecurity } from '../namespaces/task-security.ts';
import { SECSID_NULL, type Sid } from '../policy/index.ts';
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
