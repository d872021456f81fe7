/**
 * Audit container identifiers: what a task belongs to, and the nesting of these.
 *
 * Model: struct audit_contobj of the series "audit: implement container identifier" (version 11, January 2021), which
 * no kernel has merged. A container is held by the tasks that have its number and by the containers inside; it ends
 * with the last of them.
 */
import type { Task } from '../task.ts';
import type { Delivery } from './delivery.ts';
import type { Status } from './status.ts';

/** AUDIT_CID_UNSET: no container. */
export const NO_CONTAINER = 2n ** 64n - 1n;

/** What a container's own audit (instance.ts) is to others. */
export interface ContainerAudit {
  readonly status: Status;
  readonly delivery: Delivery;
}

interface Beginning {
  readonly id: bigint;
  readonly owner: Task;
  readonly parent?: AuditContainer | undefined;
}

export class AuditContainer {
  readonly id: bigint;
  /** The process that set this id first. */
  readonly owner: Task;
  /** The task that it was given to first; absent = nobody has been in it, or it was kept when the last one had ended. */
  first: Task | undefined;
  /** The one that the owner is in. */
  readonly parent: AuditContainer | undefined;
  /** Its own audit: daemon, rules, queue. */
  readonly instance: ContainerAudit;
  /** Tasks and containers that are in it. */
  held = 0;

  constructor({ id, owner, parent }: Beginning, audit: (container: AuditContainer) => ContainerAudit) {
    this.id = id;
    this.owner = owner;
    this.parent = parent;
    this.instance = audit(this);
  }
}

/** The container, then those around it. */
export function* around(container: AuditContainer | undefined): Generator<AuditContainer> {
  for (let one = container; one !== undefined; one = one.parent) yield one;
}

/**
 * As records show it: `4,^2,^1`, the innermost first.
 * @param outermost the last to be shown, whose audit it is shown to; absent = all.
 */
export function containerList(container: AuditContainer, outermost?: AuditContainer): string {
  const ids: string[] = [];
  for (const one of around(container)) {
    ids.push(`${ids.length === 0 ? '' : '^'}${one.id}`);
    if (one === outermost) break;
  }
  return ids.join(',');
}

/** For a place where tasks of several containers are, a network namespace: `2,^1,3,^1`. Each container once. */
export function containerLists(containers: Iterable<AuditContainer>, outermost?: AuditContainer): string {
  const sorted = [...new Set(containers)].sort((a, b) => (a.id < b.id ? -1 : 1));
  return sorted.map((container) => containerList(container, outermost)).join(',');
}
