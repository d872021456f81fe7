/**
 * The directory `audit` of securityfs: what auditctl, auditd and listeners do by netlink(7), by files, and what is known of containers.
 *
 * No kernel has these. Each caller finds his own audit, that of his container; `children/ID` has the same nodes of the audits of
 * containers inside. One mechanism has two faces: what is written becomes the messages that netlink requests have (access.ts).
 */
import { E } from '../../../../linux/errno.ts';
import { DynamicDirectory, type InodeNumbers, StaticDirectory } from '../../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../../vfs/tree/caller.ts';
import type { Changes } from '../../../../vfs/tree/changes.ts';
import type { Directory, DirectoryEntry } from '../../../../vfs/tree/node.ts';
import type { Audit } from '../audit.ts';
import type { AuditContainer } from '../container.ts';
import type { AuditInstance } from '../instance.ts';
import type { RecordNames } from '../record-line.ts';
import { type AccessHost, AuditAccess } from './access.ts';
import { type ContainerTasks, contidsNode, netnsNode } from './container-lists.ts';
import { daemonNode } from './daemon.ts';
import { eventsNode } from './events.ts';
import { instancesNode } from './instances.ts';
import { logNode, queueNode } from './log.ts';
import type { AuditNode, NodeContext } from './node.ts';
import { rulesNode } from './rules.ts';
import { featuresNode, statusNode } from './settings.ts';
import { userNode } from './user.ts';

export interface AuditNodesHost extends AccessHost, ContainerTasks {
  readonly names: RecordNames;
  readonly numbers: InodeNumbers;
  readonly changes: Changes;
  readonly time: bigint;
  /** AUDIT_ARCH_* of the kernel. */
  readonly machine: number;
}

export type { NodeSender } from './access.ts';

export function auditDirectory(host: AuditNodesHost): DirectoryEntry {
  const access = new AuditAccess(host);
  const tree = new AuditTree(host, access);
  return { name: 'audit', node: tree.directory((caller) => access.own(caller)) };
}

class AuditTree {
  readonly #host: AuditNodesHost;
  readonly #access: AuditAccess;
  readonly #ofContainers = new WeakMap<AuditContainer, Directory>();

  constructor(host: AuditNodesHost, access: AuditAccess) {
    this.#host = host;
    this.#access = access;
  }

  directory(instance: (caller: Caller) => AuditInstance, removed?: () => boolean): Directory {
    const { numbers, changes, time, names } = this.#host;
    const context: NodeContext = { access: this.#access, names, numbers, time, instance };
    const nodes: readonly (readonly [string, AuditNode])[] = [
      ['contids', contidsNode(context)],
      ['netns', netnsNode(context, this.#host)],
      ['status', statusNode(context)],
      ['features', featuresNode(context)],
      ['rules', rulesNode(context, this.#host.machine)],
      ['daemon', daemonNode(context)],
      ['events', eventsNode(context)],
      ['log', logNode(context)],
      ['user', userNode(context)],
      ['queue', queueNode(context)],
      ['instances', instancesNode(context)],
    ];
    const entries: DirectoryEntry[] = nodes.map(([name, node]) => ({ name, node }));
    entries.push({ name: 'children', node: this.#children(context, removed) });
    const init = { ino: numbers.next(), mode: 0o755, time, ...(removed && { removed }) };
    // What is in it is the same as long as it is there.
    if (removed === undefined) return new StaticDirectory({ ...init, changes, entries });
    const found = new Map(entries.map(({ name, node }) => [name, node]));
    return new DynamicDirectory({
      ...init,
      nlink: 3,
      lookup: (name) => found.get(name) ?? E.ENOENT,
      entries: () => entries,
    });
  }

  /** A directory for each container in this one. */
  #children({ instance }: NodeContext, removed: (() => boolean) | undefined): Directory {
    const { numbers, time } = this.#host;
    const inside = (caller: Caller): readonly AuditContainer[] => {
      const around = instance(caller);
      return this.#access.reaches(caller, around) ? this.#access.inside(around) : [];
    };
    return new DynamicDirectory({
      ino: numbers.next(),
      mode: 0o755,
      time,
      ...(removed && { removed }),
      lookup: (name, caller) => {
        const found = inside(caller).find(({ id }) => String(id) === name);
        return found === undefined ? E.ENOENT : this.#of(found);
      },
      entries: (caller) => inside(caller).map((one) => ({ name: String(one.id), node: this.#of(one) })),
    });
  }

  #of(container: AuditContainer): Directory {
    const known = this.#ofContainers.get(container);
    if (known !== undefined) return known;
    const audit: Audit = this.#host.audit;
    const instance = audit.ofContainer(container);
    const made = this.directory(
      () => instance,
      () => !this.#access.isThere(instance),
    );
    this.#ofContainers.set(container, made);
    return made;
  }
}
