/** What the audits of containers need of a world: a log for each, and records as they are read there. */
import type { Tid } from '../../../linux/ids.ts';
import type { AuditContainer } from '../../../lsm/framework/audit/container.ts';
import { translateRecord } from '../../../lsm/framework/audit/translate.ts';
import type { BootEnvironment, Stack } from '../../../lsm/library/index.ts';
import type { ContainerLogs } from './container-logs.ts';
import { containerView } from './container-view.ts';

/** @param stack called later: the stack is booted with what this returns. */
export function containerHost(logs: ContainerLogs, stack: () => Stack): NonNullable<BootEnvironment['containers']> {
  return {
    log: (container) => logs.of(container),
    ended: (container) => logs.ended(container),
    translate: (body, container) =>
      translateRecord(
        body,
        containerView(container, () => tasksIn(stack(), container)),
      ),
  };
}

function* tasksIn({ audit, tasks }: Stack, container: AuditContainer): Generator<Tid> {
  for (const task of tasks.all()) if (audit.stateOf(task).container === container) yield task.tid;
}
