/**
 * `contids` and `netns`: lists of audit containers for container managers.
 *
 * A line of `contids` is `ID PARENT OWNER TASKS`, with `-` for no parent, the owner's process and how many hold it. A line of `netns`
 * is the number of a network namespace and the list of the containers whose tasks are in it: what the series writes into records that
 * are about no task (NETFILTER_PKT). A container's audit has itself in the lists and what is inside, with numbers as they are there.
 */
import type { Tid } from '../../../../linux/ids.ts';
import { readWhole } from '../../../../vfs/pseudo/index.ts';
import type { Task } from '../../task.ts';
import type { Audit } from '../audit.ts';
import { type AuditContainer, around, containerLists } from '../container.ts';
import type { AuditInstance } from '../instance.ts';
import { AuditNode, type NodeContext } from './node.ts';

export interface ContainerTasks {
  tasks(): Iterable<Task>;
  /** Inode number of the network namespace of a thread; `undefined` when that is not known. */
  networkNamespace(tid: Tid): number | undefined;
}

export function contidsNode(context: NodeContext): AuditNode {
  return listNode(context, (instance) => contids(context.access.audit, instance));
}

export function netnsNode(context: NodeContext, host: ContainerTasks): AuditNode {
  return listNode(context, (instance) => networkNamespaces(context.access.audit, instance, host));
}

function listNode(context: NodeContext, text: (instance: AuditInstance) => string): AuditNode {
  return new AuditNode(context, {
    mode: 0o440,
    open: (_flags, _caller, instance) => ({ writeMovesPosition: false, read: readWhole(() => text(instance)) }),
  });
}

function shows({ container }: AuditInstance, one: AuditContainer): boolean {
  return container === undefined || [...around(one)].includes(container);
}

function contids(audit: Audit, instance: AuditInstance): string {
  const lines = [...audit.containers.all()]
    .filter((one) => shows(instance, one))
    .map((one) => {
      const parent = one === instance.container ? undefined : one.parent;
      const owner = instance.view(`pid=${one.owner.process.tgid}`).slice('pid='.length);
      return `${one.id} ${parent?.id ?? '-'} ${owner} ${one.held}\n`;
    });
  return lines.join('');
}

function networkNamespaces(audit: Audit, instance: AuditInstance, { tasks, networkNamespace }: ContainerTasks): string {
  const found = new Map<number, Set<AuditContainer>>();
  for (const task of tasks()) {
    const { container } = audit.stateOf(task);
    if (container === undefined || !shows(instance, container)) continue;
    const namespace = networkNamespace(task.tid);
    if (namespace === undefined) continue;
    const inside = found.get(namespace) ?? new Set();
    found.set(namespace, inside.add(container));
  }
  return [...found]
    .map(([namespace, inside]) => `${namespace} ${containerLists(inside, instance.container)}\n`)
    .join('');
}
