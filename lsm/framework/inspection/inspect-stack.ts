/**
 * Collects the state of a whole stack. The only change is that new tuples get compound ids.
 */
import { failed } from '../../../linux/errno.ts';
import type { Claim } from '../labels/claims.ts';
import type { DefaultModule } from '../labels/default-module.ts';
import type { SecidTable } from '../labels/secids.ts';
import type { BootedModule } from '../module.ts';
import type { Task, TaskTable } from '../task.ts';
import type { StackInspection, TaskInspection } from './inspection.ts';

export interface InspectedStack {
  readonly modules: readonly BootedModule[];
  readonly claims: ReadonlyMap<Claim, string>;
  readonly secids: SecidTable;
  readonly defaultModule: DefaultModule;
  readonly tasks: TaskTable;
}

/** @param isMember does a task belong to what is looked at? Others have only come by. */
export function inspectStack(stack: InspectedStack, isMember: (task: Task) => boolean = () => true): StackInspection {
  const members = [...stack.tasks.all()].filter(isMember);
  return {
    modules: stack.modules.map(({ definition: { name, id, proposed, supposed }, module }) => ({
      name,
      id,
      ...(proposed && { proposed }),
      ...(supposed && { supposed }),
      ...module.inspect?.(members),
    })),
    claims: Object.fromEntries(stack.claims),
    tasks: members.map((task) => inspectTask(stack, task)),
    secids: stack.secids.list(),
  };
}

function inspectTask({ modules, secids, defaultModule }: InspectedStack, task: Task): TaskInspection {
  const secid = secids.of(task);
  const labels = modules.flatMap(({ definition }) => {
    const text = secids.text(secid, definition);
    return text === undefined ? [] : [[definition.name, failed(text) ? '?' : text] as const];
  });
  const name = defaultModule.nameFor(task);
  return {
    tid: task.tid,
    tgid: task.process.tgid,
    secid,
    labels: Object.fromEntries(labels),
    ...(name !== undefined && { defaultModule: name }),
  };
}
