/**
 * Audit logs of containers, one file pair for each, so that no container can push out records of another one or of the
 * world. A log is removed with its container.
 */

import { rmSync } from 'node:fs';
import type { AuditContainer } from '../../../lsm/framework/audit/container.ts';
import { translateRecord } from '../../../lsm/framework/audit/translate.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type { BootEnvironment, Stack } from '../../../lsm/library/index.ts';
import type { WorldDirectory } from '../../registry/directory.ts';
import { DaemonLog } from '../log.ts';
import { containerView, type Members } from './container-view.ts';

/** Two files of this size. */
const HALF = 1 << 18;

export class ContainerLogs {
  readonly #directory: WorldDirectory;
  readonly #logs = new Map<AuditContainer, DaemonLog>();

  constructor(directory: WorldDirectory) {
    this.#directory = directory;
  }

  of(container: AuditContainer): DaemonLog {
    const log = this.#logs.get(container) ?? new DaemonLog(this.#directory.containerLog(container.id), HALF);
    this.#logs.set(container, log);
    return log;
  }

  ended(container: AuditContainer): void {
    this.#logs.get(container)?.close();
    this.#logs.delete(container);
    const file = this.#directory.containerLog(container.id);
    for (const name of [file, `${file}.1`]) rmSync(name, { force: true });
  }

  close(): void {
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }
}

/** What the audits of containers need of a world. @param stack called later: the stack is booted with what this returns. */
export function containerHost(logs: ContainerLogs, stack: () => Stack): NonNullable<BootEnvironment['containers']> {
  return {
    log: (container) => logs.of(container),
    ended: (container) => logs.ended(container),
    translate: (body, container) => translateRecord(body, containerView(container, membersOf(stack(), container))),
  };
}

function membersOf({ audit, tasks }: Stack, container: AuditContainer): Members {
  const isIn = (task: Task): boolean => audit.stateOf(task).container === container;
  return {
    has: (tid) => {
      const task = tasks.find(tid);
      return task !== undefined && isIn(task);
    },
    *all() {
      for (const task of tasks.all()) if (isIn(task)) yield task.tid;
    },
  };
}
