/**
 * Lists of audit containers for container managers: `audit/contids` and `audit/netns` in securityfs.
 *
 * No kernel has these. A line of `contids` is `ID PARENT OWNER TASKS`, with `-` for no parent, the owner's process and
 * how many hold it. A line of `netns` is the number of a network namespace and the list of the containers whose tasks
 * are in it: what the series writes into records that are about no task (NETFILTER_PKT).
 */
import type { Tid } from '../../../linux/ids.ts';
import { type InodeNumbers, StaticDirectory, TextFile } from '../../../vfs/pseudo/index.ts';
import type { Changes } from '../../../vfs/tree/changes.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { Task } from '../task.ts';
import type { Audit } from './audit.ts';
import { type AuditContainer, containerLists } from './container.ts';

export interface ContainerNodesHost {
  readonly audit: Audit;
  readonly numbers: InodeNumbers;
  readonly changes: Changes;
  readonly time: bigint;
  tasks(): Iterable<Task>;
  /** Inode number of the network namespace of a thread; `undefined` when that is not known. */
  networkNamespace(tid: Tid): number | undefined;
}

export function containerNodes(host: ContainerNodesHost): DirectoryEntry {
  const { numbers, changes, time } = host;
  const list = (name: string, text: () => string): DirectoryEntry => ({
    name,
    node: new TextFile({ ino: numbers.next(), mode: 0o440, time }, text),
  });
  const entries = [list('contids', () => contids(host)), list('netns', () => networkNamespaces(host))];
  return { name: 'audit', node: new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, changes, entries }) };
}

function contids({ audit }: ContainerNodesHost): string {
  const lines = [...audit.containers.all()].map(
    ({ id, parent, owner, held }) => `${id} ${parent?.id ?? '-'} ${owner.process.tgid} ${held}\n`,
  );
  return lines.join('');
}

function networkNamespaces({ audit, tasks, networkNamespace }: ContainerNodesHost): string {
  const found = new Map<number, Set<AuditContainer>>();
  for (const task of tasks()) {
    const { container } = audit.stateOf(task);
    if (container === undefined) continue;
    const namespace = networkNamespace(task.tid);
    if (namespace === undefined) continue;
    const inside = found.get(namespace) ?? new Set();
    found.set(namespace, inside.add(container));
  }
  return [...found].map(([namespace, inside]) => `${namespace} ${containerLists(inside)}\n`).join('');
}
